package keepalived

// line is one line on its way to statements: as it stands in a file, or what
// expansion made of it. It belongs to one physical line for ever.
type line struct {
	text
	file     string
	num      int    // from 1
	src      string // the physical line with secrets masked
	trail    Trail
	made     bool // by a definition or a generator
	stripped bool // comments are cut already
	nesting  int  // generators and multi-line definitions around it
}

func (l line) pos(i int) Pos { return Pos{File: l.file, Line: l.num, Column: l.column(i)} }

// trailAt is the history of byte i.
func (l line) trailAt(i int) Trail {
	if t := l.span(i).trail; t != nil {
		return t
	}
	return l.trail
}

// with is the line with other text.
func (l line) with(t text) line {
	l.text = t
	return l
}

// masked is a physical line as it may be shown: what follows a secret keyword
// becomes stars, byte for byte. Quotes, braces and comment characters stay.
func masked(src string, secret func(string) bool) string {
	for i := 0; i < len(src); {
		start := i
		for i < len(src) && !isBlank(src[i]) && src[i] != '{' && src[i] != '}' {
			i++
		}
		if i > start && secret(src[start:i]) {
			return src[:i] + stars(src[i:])
		}
		if i == start {
			i++
		}
	}
	return src
}

func stars(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch c {
		case ' ', '\t', '"', '{', '}', '#', '!', '\r':
		default:
			b[i] = '*'
		}
	}
	return string(b)
}
