package keepalived

import "sort"

// span says where the bytes of a text from at up to the next span come from.
type span struct {
	at       int   // first byte of the text it speaks of
	col      int   // column of that byte in the physical line
	expanded bool  // every byte has column col: they replace a use at that column
	trail    Trail // nil: the trail of the line
}

// text is a string whose bytes know their columns. Spans are sorted by at, the
// first one is at 0.
type text struct {
	s     string
	spans []span
}

func literal(s string, col int) text {
	return text{s: s, spans: []span{{col: col}}}
}

// span returns the span that byte i belongs to.
func (t text) span(i int) span {
	n := sort.Search(len(t.spans), func(n int) bool { return t.spans[n].at > i })
	return t.spans[n-1]
}

// column is the column of byte i; i may be one past the end.
func (t text) column(i int) int {
	sp := t.span(i)
	if sp.expanded {
		return sp.col
	}
	return sp.col + i - sp.at
}

// expanded reports whether any byte of [i, j) replaces something.
func (t text) expanded(i, j int) bool {
	for n := sort.Search(len(t.spans), func(n int) bool { return t.spans[n].at > i }) - 1; n < len(t.spans); n++ {
		if t.spans[n].at >= j {
			break
		}
		if t.spans[n].expanded {
			return true
		}
	}
	return false
}

// slice is bytes [i, j) with their columns.
func (t text) slice(i, j int) text {
	if i == 0 && j == len(t.s) {
		return t
	}
	var b textBuilder
	b.add(t, i, j)
	return b.text(t.column(i))
}

// trim is the text without blanks at both ends.
func (t text) trim() text {
	i, j := 0, len(t.s)
	for i < j && isBlank(t.s[i]) {
		i++
	}
	for i < j && isBlank(t.s[j-1]) {
		j--
	}
	return t.slice(i, j)
}

// replacing is value in the place of byte i: every byte has i's column. A nil
// trail keeps that of the place.
func (t text) replacing(i int, value string, trail Trail) text {
	if trail == nil {
		trail = t.span(i).trail
	}
	return text{s: value, spans: []span{{col: t.column(i), expanded: true, trail: trail}}}
}

// textBuilder joins pieces of texts.
type textBuilder struct {
	s     []byte
	spans []span
}

// add appends bytes [i, j) of t.
func (b *textBuilder) add(t text, i, j int) {
	if i >= j {
		return
	}
	at := len(b.s)
	b.s = append(b.s, t.s[i:j]...)
	first := sort.Search(len(t.spans), func(n int) bool { return t.spans[n].at > i }) - 1
	for n := first; n < len(t.spans) && t.spans[n].at < j; n++ {
		sp := t.spans[n]
		if sp.at < i {
			if !sp.expanded {
				sp.col += i - sp.at
			}
			sp.at = i
		}
		sp.at += at - i
		b.spans = append(b.spans, sp)
	}
}

// text is what was built; col is the column of an empty one.
func (b *textBuilder) text(col int) text {
	if len(b.spans) == 0 {
		return literal("", col)
	}
	return text{s: string(b.s), spans: b.spans}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func skipBlanks(s string, i int) int {
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	return i
}

func isNameStart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// nameEnd is the end of the name that starts at s[i]; i itself when none does.
func nameEnd(s string, i int) int {
	if i >= len(s) || !isNameStart(s[i]) {
		return i
	}
	for i < len(s) && (isNameStart(s[i]) || '0' <= s[i] && s[i] <= '9') {
		i++
	}
	return i
}
