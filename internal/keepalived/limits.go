package keepalived

import "fmt"

func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.FileBytes, 4<<20)
	set(&l.TotalBytes, 16<<20)
	set(&l.Files, 4096)
	set(&l.IncludeDepth, 32)
	set(&l.LineBytes, 16<<10)
	set(&l.Replacements, 1024)
	set(&l.Nesting, 16)
	set(&l.Generated, 200_000)
	set(&l.ExpandedBytes, 32<<20)
	set(&l.BlockDepth, 64)
	set(&l.Statements, 250_000)
	set(&l.Words, 1_000_000)
	set(&l.Diagnostics, 1000)
	return l
}

// lineLimit says that a line is dropped because it hit a limit.
func (p *parser) lineLimit(l line, name string, value int, format string) {
	p.report(Diagnostic{
		Code: "limit", Severity: Error, Pos: l.pos(0), Trail: l.trailAt(0), Line: l.src,
		Text:   fmt.Sprintf(format, value) + fmt.Sprintf(" (limit %s = %d)", name, value),
		Remedy: "the line is not used; split it or mend the definitions it uses",
	})
	p.dropped(l)
}

// hardLimit ends the reading: the text as a whole asks too much.
func (p *parser) hardLimit(l line, name string, value int, format string) {
	if p.stopped {
		return
	}
	p.stopped = true
	d := Diagnostic{
		Code: "limit", Severity: Error, Pos: l.pos(0), Trail: l.trailAt(0), Line: l.src,
		Text:   fmt.Sprintf(format, value) + fmt.Sprintf(" (limit %s = %d)", name, value),
		Remedy: "reading stops here; nothing after this line was looked at",
	}
	if len(p.diagnostics) > p.limits.Diagnostics {
		p.diagnostics = p.diagnostics[:p.limits.Diagnostics] // this one must be seen
		p.limits.Diagnostics++
	}
	p.report(d)
}

// spend counts bytes that expansion made.
func (p *parser) spend(l line, n int) bool {
	if p.totals.expanded += n; p.totals.expanded > p.limits.ExpandedBytes {
		p.hardLimit(l, "ExpandedBytes", p.limits.ExpandedBytes, "definitions and generators made more than %d bytes")
		return false
	}
	return true
}
