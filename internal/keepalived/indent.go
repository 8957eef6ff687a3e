package keepalived

import (
	"fmt"
	"slices"
)

// When a "}" is missing, the parser notices at the end of the file, and knows
// only how many. People indent, so indentation tells which block was meant.

// suspect is a block that probably lacks its "}".
type suspect struct {
	open   place
	what   string
	remedy string
}

// maxSuspects bounds the work in files that are not indented at all.
const maxSuspects = 64

// indentAt is how far a line is indented when column is its first byte that is
// no blank, otherwise -1. A tab goes to the next multiple of 8.
func indentAt(src string, column int) int {
	indent := 0
	for i := range len(src) {
		switch {
		case i == column-1:
			return indent
		case src[i] == '\t':
			indent += 8 - indent%8
		case src[i] == ' ':
			indent++
		default:
			return -1
		}
	}
	return -1
}

// noteIndent looks at a statement that begins its line: when it is not
// indented deeper than its block, as its predecessors were, then the block
// should have ended before it.
func (t *tree) noteIndent(s *Statement, l line, i int) {
	n := len(t.frames)
	if n == 0 {
		return
	}
	f := &t.frames[n-1]
	indent := indentAt(l.src, l.column(i))
	if indent < 0 || f.indent < 0 || f.at.pos.File != l.file {
		return
	}
	if f.inner < 0 {
		f.inner = indent
	}
	if indent <= f.indent && f.inner > f.indent || indent == f.indent && s.Keyword() == f.keyword() {
		t.suspect(*f, fmt.Sprintf(`write a "}" before line %d`, l.num))
	}
}

// noteClose looks at a "}" that begins its line: when it stands further left
// than the block it closes, it was meant for an outer one.
func (t *tree) noteClose(f frame, l line, i int) {
	indent := indentAt(l.src, l.column(i))
	if indent < 0 || f.indent < 0 || f.at.pos.File != l.file {
		return
	}
	switch {
	case indent < f.indent:
		t.suspect(f, fmt.Sprintf(`write a "}" before line %d`, l.num))
	case indent == f.indent:
		// Closed where it should be; whatever was odd inside does not matter.
		t.suspects = slices.DeleteFunc(t.suspects, func(s suspect) bool { return s.open.pos == f.at.pos })
	case t.early == nil && indent > f.indent:
		t.early = &closing{what: f.what(), open: f.at.pos, at: l.pos(i)}
	}
}

func (t *tree) suspect(f frame, remedy string) {
	if len(t.suspects) == maxSuspects {
		return
	}
	for _, s := range t.suspects {
		if s.open.pos == f.at.pos {
			return
		}
	}
	t.suspects = append(t.suspects, suspect{open: f.at, what: f.what(), remedy: remedy})
}

// unclosed names as many blocks as braces are missing: first the suspects,
// then the outermost of those that are open.
func (t *tree) unclosed(missing int) []suspect {
	named := slices.Clone(t.suspects[:min(missing, len(t.suspects))])
	for _, f := range t.frames {
		if len(named) == missing {
			break
		}
		known := slices.ContainsFunc(named, func(s suspect) bool { return s.open.pos == f.at.pos })
		if !known {
			named = append(named, suspect{open: f.at, what: f.what(), remedy: `write its "}"`})
		}
	}
	return named
}

func (f frame) keyword() string {
	if f.owner == nil {
		return ""
	}
	return f.owner.Keyword()
}
