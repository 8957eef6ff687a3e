package keepalived

import (
	"fmt"
	"slices"
	"strings"
)

// words reads the words of one piece of a line.
type words struct {
	l       line
	list    []Word
	end     int  // first byte that is not read yet
	command bool // the keyword takes a command line
}

// next reads a word. It returns false at a brace and at the end of the line.
func (w *words) next(p *parser) bool {
	s := w.l.s
	i := skipBlanks(s, w.end)
	if i == len(s) || s[i] == '}' || s[i] == '{' && bracePlaceholder(s, i) == 0 {
		w.end = i
		return false
	}
	start := i
	quoted := s[i] == '"'
	if quoted {
		i = w.quoted(p, start)
	} else {
		i = w.bare(start)
	}
	w.end = i
	var b textBuilder
	if quoted {
		b.s = append(b.s, strings.TrimSuffix(s[start+1:max(i, start+1)], `"`)...)
	} else {
		b.s = append(b.s, s[start:i]...)
	}
	w.list = append(w.list, Word{
		Text: string(b.s), Quoted: quoted, Expanded: w.l.expanded(start, i),
		Pos: w.l.pos(start), Trail: w.l.trailAt(start),
	})
	if len(w.list) == 1 {
		w.command = p.opt.Command(w.list[0].Text)
	}
	w.look(p, start, i, quoted)
	return true
}

// quoted is the end of the word whose opening quote is s[start].
func (w *words) quoted(p *parser, start int) int {
	s := w.l.s
	for i := start + 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && w.command:
			i++
		case s[i] == '"':
			return i + 1
		}
	}
	p.complain(Error, w.l, start, "quote", "the double quote is never closed on this line",
		`close it; a quoted word ends on the line on which it begins`)
	return len(s)
}

// bare is the end of the word without quotes that starts at s[i]. The braces
// of an undefined ${NAME} and of a placeholder belong to it: for keepalived
// they would open and close blocks, and ruin the rest of the file.
func (w *words) bare(i int) int {
	s := w.l.s
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && w.command && i+1 < len(s):
			i++
		case isBlank(c), c == '"', c == '}':
			return i
		case c == '$':
			if u, ok := useAt(s, i); ok && u.braces {
				i = u.end - 1
			}
		case c == '{':
			end := bracePlaceholder(s, i)
			if end == 0 {
				return i
			}
			i = end - 1
		}
	}
	return min(i, len(s))
}

// look finds what probably is not meant in a word.
func (w *words) look(p *parser, start, end int, quoted bool) {
	l, s := w.l, w.l.s[start:end]
	if !w.command || !quoted {
		if what := placeholder(s); what != "" && (!w.command || strings.HasPrefix(what, "{")) {
			p.templates.see(p, l, start+strings.Index(s, what), what)
		}
	}
	if c := strings.IndexFunc(s, isOddBlank); c >= 0 && !quoted {
		p.warn(l, start+c, "odd-character", fmt.Sprintf("the word contains the character %+q, which looks like a blank or a quote but is none", []rune(s[c:])[0]),
			"replace it by an ordinary blank or quote, or put the word in double quotes")
	}
	for i := strings.IndexByte(s, '$'); i >= 0 && i < len(s); i++ {
		if s[i] == '$' {
			w.lookAtUse(p, start+i, quoted)
		}
	}
}

// isOddBlank is true for what a web page or an office program puts where a
// person sees a blank or a quote.
func isOddBlank(r rune) bool {
	switch r {
	case '\u00a0', '\u200b', '\u2007', '\u202f', '\u2060', '\u3000', '\ufeff', '\u201c', '\u201d', '\v', '\f', '\r':
		return true
	}
	return false
}

// lookAtUse explains why the dollar at byte i of the line is still there.
func (w *words) lookAtUse(p *parser, i int, quoted bool) {
	l := w.l
	if u, ok := useAt(l.s, i); ok && u.braces && p.definitions[u.name] == nil {
		if w.command && quoted {
			p.sawUndefined(u.name, l.place(i)) // may be a variable of a shell
			return
		}
		if p.definedElsewhere(l, i, u.name, quoted || w.command) {
			return
		}
		p.complain(severityOfUndefined(quoted || w.command), l, i, "undefined", fmt.Sprintf("%s is not defined", l.s[u.start:u.end]),
			"define it above (or render the template, if this is one), or put the word in double quotes if it is meant literally")
		return
	}
	end := nameEnd(l.s, i+1)
	if end == i+1 && i+1 < len(l.s) && l.s[i+1] == '{' {
		end = nameEnd(l.s, i+2)
	}
	name := strings.TrimPrefix(l.s[i+1:end], "{")
	switch d := p.definitions[name]; {
	case name == "":
	case d == nil:
		if w.command && quoted || !p.definedElsewhere(l, i, name, quoted || w.command) {
			p.sawUndefined(name, l.place(i))
		}
	case d.multi():
		p.complain(Error, l, i, "definition-use", fmt.Sprintf("$%s has several lines and is replaced only at the end of a line", name),
			"put nothing after it on its line")
	default:
		p.warn(l, i, "definition-use", fmt.Sprintf("$%s is not replaced here: before it ends must come a blank, a comma, a closing parenthesis or the end of the line", name),
			fmt.Sprintf("write ${%s}", name))
	}
}

// definedElsewhere explains a name that stands in definitions for other hosts only: a file that several nodes share is often looked at
// under the name of a host that is none of them.
func (p *parser) definedElsewhere(l line, i int, name string, literal bool) bool {
	conditions := p.elsewhere[name]
	if len(conditions) == 0 {
		return false
	}
	p.complain(severityOfUndefined(literal), l, i, "undefined",
		fmt.Sprintf("$%s is defined for %s only, and this host's id is %q", name, strings.Join(slices.Compact(slices.Clone(conditions)), ", "), p.id),
		"define it for this id, too, or name the id that is meant: -i ID, or --peer FILE@ID")
	return true
}

func severityOfUndefined(literal bool) Severity {
	if literal {
		return Warning
	}
	return Error
}

// sawUndefined remembers a name that may yet be defined, too late.
func (p *parser) sawUndefined(name string, at place) {
	if _, seen := p.undefined[name]; !seen {
		p.undefined[name] = at
	}
}
