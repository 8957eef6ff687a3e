package keepalived

import "strings"

// quoting follows the double quotes of a line from left to right, the way in
// which it must be done before words are known: for comments and for braces.
//
// In an ordinary value nothing is special inside quotes, so "ab\" is the word
// ab\. On a command line a backslash protects the byte after it, so that
// "echo \"a\"" is one quoted piece. keepalived 2.2.7 mixes the two rules.
type quoting struct {
	command func(string) bool
	inside  bool
	escapes bool // the statement at hand is a command line
}

// start tells that a statement begins at s[i].
func (q *quoting) start(s string, i int) {
	end := i
	for end < len(s) && !isBlank(s[end]) && s[end] != '"' && s[end] != '{' && s[end] != '}' {
		end++
	}
	q.escapes = q.command(s[i:end])
}

// comment is what uncomment cut.
type comment struct {
	column int  // of the comment character; 0: there is no comment
	inWord bool // it cuts a word
	more   bool // it ends in a backslash: a definition goes on
}

// uncomment cuts the comment of a line and unescapes \# and \!.
func uncomment(t text, command func(string) bool) (text, comment) {
	s := t.s
	q := quoting{command: command}
	if !commentable(s) {
		return t, comment{}
	}
	q.start(s, skipBlanks(s, 0))
	var b textBuilder
	done := 0 // bytes of s that are in b
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && !q.inside && i+1 < len(s) && isComment(s[i+1]):
			b.add(t, done, i)
			done = i + 1
			i++
		case c == '\\' && !q.inside && i+1 < len(s) && s[i+1] == '\\':
			i++ // so that the second one does not protect a comment character
		case c == '\\' && q.escapes:
			i++
		case c == '"':
			q.inside = !q.inside
		case q.inside:
		case c == '{' || c == '}':
			q.start(s, skipBlanks(s, i+1))
		case isComment(c):
			b.add(t, done, i)
			return b.text(t.column(0)), comment{
				column: t.column(i),
				inWord: i > 0 && !endsWord(s[i-1]),
				more:   strings.HasSuffix(strings.TrimRight(s, " \t"), `\`),
			}
		}
	}
	b.add(t, done, len(s))
	return b.text(t.column(0)), comment{}
}

// endsWord reports whether no word goes on after c.
func endsWord(c byte) bool { return isBlank(c) || c == '{' || c == '}' || c == '"' }

func isComment(c byte) bool { return c == '#' || c == '!' }

// commentable reports whether uncomment has anything to do.
func commentable(s string) bool { return strings.ContainsAny(s, "#!") }
