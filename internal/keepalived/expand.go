package keepalived

import (
	"fmt"
	"slices"
	"strings"
)

// use is one $NAME or ${NAME …} in a line.
type use struct {
	start, end int
	name, args string // args: what stands after the name inside the braces
	braces     bool
}

// findUse returns the first use at or after byte i. $NAME counts only before a
// blank, a comma, a closing parenthesis or the end of the line.
func findUse(s string, i int) (use, bool) {
	for ; i < len(s); i++ {
		if s[i] != '$' {
			continue
		}
		if u, ok := useAt(s, i); ok {
			return u, true
		}
	}
	return use{}, false
}

func useAt(s string, i int) (use, bool) {
	if i+1 < len(s) && s[i+1] == '{' {
		end := nameEnd(s, i+2)
		if end == i+2 {
			return use{}, false
		}
		u := use{start: i, name: s[i+2 : end], braces: true}
		n := strings.IndexAny(s[end:], "{}")
		if n < 0 || s[end+n] != '}' || n > 0 && !isBlank(s[end]) {
			return use{}, false
		}
		u.args, u.end = strings.Trim(s[end:end+n], " \t"), end+n+1
		return u, true
	}
	end := nameEnd(s, i+1)
	if end == i+1 || end < len(s) && !isBlank(s[end]) && s[end] != ',' && s[end] != ')' {
		return use{}, false
	}
	return use{start: i, end: end, name: s[i+1 : end]}, true
}

// expand replaces uses of definitions until none is left. The tail are the
// further lines of a multi-line definition at the end of the line, first line
// first. It returns false when a limit was hit; that is reported.
func (p *parser) expand(l line) (out line, tail []line, changed, ok bool) {
	replaced := 0
	var tails [][]line // of the innermost definition last
	for {
		again := false
		for i := 0; ; {
			u, found := findUse(l.s, i)
			if !found {
				break
			}
			value, more, known := p.value(l, u)
			if !known {
				i = u.start + 1
				continue
			}
			var b textBuilder
			b.add(l.text, 0, u.start)
			b.add(value, 0, len(value.s))
			i = len(b.s)
			b.add(l.text, u.end, len(l.s))
			l.text = b.text(l.column(u.start))
			if len(more) > 0 {
				tails = append(tails, more)
			}
			changed, again = true, true
			if replaced++; !p.mayExpand(l, replaced) {
				return l, nil, true, false
			}
		}
		if !again {
			slices.Reverse(tails)
			return l, slices.Concat(tails...), changed, true
		}
	}
}

// mayExpand checks the limits after one more replacement in l.
func (p *parser) mayExpand(l line, replaced int) bool {
	switch {
	case p.stopped:
	case replaced > p.limits.Replacements:
		p.lineLimit(l, "Replacements", p.limits.Replacements,
			"more than %d definitions are used in one line: a definition probably contains itself")
	case len(l.s) > p.limits.LineBytes:
		p.lineLimit(l, "LineBytes", p.limits.LineBytes,
			"the line is longer than %d bytes after its definitions are expanded")
	default:
		return p.spend(l, len(l.s))
	}
	return false
}

// value is what replaces u, and the lines that follow.
func (p *parser) value(l line, u use) (text, []line, bool) {
	d := p.definitions[u.name]
	if d == nil {
		s, ok := p.predefined(l, u)
		return l.replacing(u.start, s, nil), nil, ok
	}
	if u.args != "" || d.multi() && u.end < len(strings.TrimRight(l.s, " \t")) {
		return text{}, nil, false
	}
	if d.stale {
		p.report(Diagnostic{
			Code: "generator-variable", Severity: Warning, Pos: l.pos(u.start), Trail: l.trailAt(u.start), Line: l.src,
			Text: fmt.Sprintf("$%s still has its last value (%q) from the generator at %s",
				d.name, d.lines[0].s, d.pos),
			Remedy: "define the variable anew if that is what you want",
		})
	}
	if d.variable {
		return l.replacing(u.start, d.lines[0].s, nil), nil, true
	}
	at := func(b bodyLine) text {
		step := Step{Kind: StepDefinition, Name: "$" + d.name, Pos: b.pos}
		return l.replacing(u.start, b.s, l.trailAt(u.start).with(step))
	}
	if d.multi() && !p.mayRepeat(l, d) {
		return text{}, nil, true
	}
	var more []line
	for _, b := range d.lines[1:] {
		next := l
		next.text = at(b)
		next.trail = next.spans[0].trail
		next.nesting++
		next.stripped, next.made = true, true
		more = append(more, next)
	}
	return at(d.lines[0]), more, true
}

// mayRepeat checks the limits before the lines of d are copied.
func (p *parser) mayRepeat(l line, d *definition) bool {
	bytes := 0
	for _, b := range d.lines {
		bytes += len(b.s) + 64*(len(l.trail)+1)
	}
	if p.generated += len(d.lines) - 1; p.generated > p.limits.Generated {
		p.hardLimit(l, "Generated", p.limits.Generated, "definitions made more than %d lines")
		return false
	}
	return p.spend(l, bytes)
}
