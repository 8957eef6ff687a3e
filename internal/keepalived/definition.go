package keepalived

import (
	"fmt"
	"strings"
)

// definition is the value of $NAME: one line, or several.
type definition struct {
	name  string
	pos   Pos
	src   string // the line at pos, as it may be shown
	lines []bodyLine

	// variable is set for the variable of a generator: the trail of the
	// repeated line says enough about it. It is stale after the last round.
	variable, stale bool
}

// bodyLine is one line of a definition's value, as it will be read at the use.
type bodyLine struct {
	s   string
	pos Pos
}

func (d *definition) multi() bool { return len(d.lines) > 1 }

// assignment splits "$NAME=value". There is no blank before the equals sign.
func assignment(s string) (name string, value int, ok bool) {
	if len(s) == 0 || s[0] != '$' {
		return "", 0, false
	}
	end := nameEnd(s, 1)
	if end == 1 || end >= len(s) || s[end] != '=' {
		return "", 0, false
	}
	return s[1:end], skipBlanks(s, end+1), true
}

// define reads the first line of a definition. A trailing backslash leaves it
// open: the following lines belong to it. More: its comment ends in one.
func (p *parser) define(l line, name string, value int, more bool) {
	s, open := continued(l.s[value:])
	d := &definition{name: name, pos: l.pos(0), src: l.src}
	d.lines = []bodyLine{{s: s, pos: l.pos(value)}}
	if open || more {
		p.pending = d
		return
	}
	p.setDefinition(d)
}

// continueDefinition adds a line to the open definition. The first line that
// does not end in a backslash is the last one.
func (p *parser) continueDefinition(l line, more bool) {
	d := p.pending
	s, open := continued(l.s)
	if strings.TrimLeft(s, " \t") != "" {
		d.lines = append(d.lines, bodyLine{s: s, pos: l.pos(0)})
	}
	if !open && !more {
		p.pending = nil
		p.setDefinition(d)
	}
}

func (p *parser) setDefinition(d *definition) {
	if condition := p.skipPending; condition != "" {
		p.skipPending = ""
		p.elsewhere[d.name] = append(p.elsewhere[d.name], condition)
		if d.multi() {
			p.report(Diagnostic{
				Code: "definition-condition", Severity: Warning, Pos: d.pos, Line: d.src,
				Text:   fmt.Sprintf("the condition before $%s does not hold; keepalived skips the first line of its value and reads the others, we skip all", d.name),
				Remedy: "put the condition before each line of the value",
			})
		}
		return
	}
	if use, early := p.undefined[d.name]; early {
		delete(p.undefined, d.name)
		p.report(Diagnostic{
			Code: "definition-order", Severity: Warning, Pos: use.pos, Trail: use.trail, Line: use.line,
			Text:   fmt.Sprintf("$%s is used here but defined only later, at %s", d.name, d.pos),
			Remedy: "move the definition above its first use",
		})
	}
	p.definitions[d.name] = d
}

// continued cuts the backslash that says that a value goes on.
func continued(s string) (string, bool) {
	s = strings.TrimRight(s, " \t")
	if !strings.HasSuffix(s, `\`) {
		return s, false
	}
	return s[:len(s)-1], true
}

// endPending ends a definition that the end of a file left open.
func (p *parser) endPending(file string) {
	d := p.pending
	if d == nil || d.pos.File != file {
		return
	}
	p.pending = nil
	p.report(Diagnostic{
		Code: "definition-unfinished", Severity: Warning, Pos: d.pos, Line: d.src,
		Text:   fmt.Sprintf("the file ends inside the definition of $%s: its last line ends in a backslash", d.name),
		Remedy: `remove the last "\"`,
	})
	p.setDefinition(d)
}
