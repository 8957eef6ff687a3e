package keepalived

import "strings"

// braces walks over the braces of a line that open and close blocks: not those
// in double quotes, of ${NAME}, or of a placeholder.
type braces struct {
	s  string
	q  quoting
	at int // of the present brace
}

func newBraces(s string, command func(string) bool) *braces {
	b := &braces{s: s, q: quoting{command: command}, at: -1}
	b.q.start(s, skipBlanks(s, 0))
	return b
}

// next goes to the next brace and tells whether there is one.
func (b *braces) next() bool {
	s := b.s
	for b.at++; b.at < len(s); b.at++ {
		switch c := s[b.at]; {
		case c == '\\' && b.q.escapes:
			b.at++
		case c == '"':
			b.q.inside = !b.q.inside
		case b.q.inside:
		case c == '$':
			if u, ok := useAt(s, b.at); ok && u.braces {
				b.at = u.end - 1
			}
		case c == '{':
			if end := bracePlaceholder(s, b.at); end > 0 {
				b.at = end - 1
				continue
			}
			fallthrough
		case c == '}':
			b.q.start(s, skipBlanks(s, b.at+1))
			return true
		}
	}
	return false
}

// pieceStart is the first byte after a brace where a condition, a definition
// or a generator begins; 0 when there is none.
func pieceStart(s string, command func(string) bool) int {
	if !strings.ContainsAny(s, "{}") || !strings.ContainsAny(s, "@$~") {
		return 0
	}
	for b := newBraces(s, command); b.next(); {
		at := skipBlanks(s, b.at+1)
		rest := s[at:]
		if strings.HasPrefix(rest, "@") || isGenerator(rest) {
			return at
		}
		if _, _, ok := assignment(rest); ok {
			return at
		}
	}
	return 0
}

// reach is how far a piece goes: to the "}" that closes the block around it,
// or to the end of the line.
func reach(s string, command func(string) bool) int {
	depth := 0
	for b := newBraces(s, command); b.next(); {
		if s[b.at] == '{' {
			depth++
		} else if depth--; depth < 0 {
			return b.at
		}
	}
	return len(s)
}
