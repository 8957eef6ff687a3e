package keepalived

import (
	"fmt"
	"strconv"
	"strings"
)

// logical splits a line at its braces. Every piece is a statement.
func (p *parser) logical(l line) {
	s := l.s
	for i := skipBlanks(s, 0); i < len(s) && !p.stopped; i = skipBlanks(s, i) {
		switch {
		case s[i] == '{' && bracePlaceholder(s, i) == 0:
			p.tree.open(p, l, i)
			i++
		case s[i] == '}':
			p.tree.close(p, l, i)
			i++
		default:
			i = p.piece(l, i)
		}
	}
}

// piece reads the statement that begins at byte i, up to a brace or the end.
func (p *parser) piece(l line, i int) int {
	w := words{l: l, end: i}
	w.next(p)
	if checks, ok := p.includeKeyword(w.list[0].Text); ok && !w.list[0].Quoted {
		end := patternEnd(l.s, w.end)
		p.tree.include()
		p.include(l.with(l.slice(i, end)), checks, l.s[w.end:end])
		return end
	}
	first := w.end
	for w.next(p) {
	}
	p.statement(&w, i, first)
	return w.end
}

// patternEnd is the end of an include pattern: the line's, or a brace that
// closes what the pattern did not open.
func patternEnd(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return i
}

// statement adds one logical line to the tree.
func (p *parser) statement(w *words, start, first int) {
	l, s := w.l, &Statement{Words: w.list, Line: w.l.src}
	s.Raw = strings.Trim(l.s[first:w.end], " \t")
	s.Pos, s.Trail = l.pos(start), l.trailAt(start)
	p.totals.statements++
	p.totals.words += len(w.list)
	switch {
	case p.totals.statements > p.limits.Statements:
		p.hardLimit(l, "Statements", p.limits.Statements, "there are more than %d statements")
		return
	case p.totals.words > p.limits.Words:
		p.hardLimit(l, "Words", p.limits.Words, "there are more than %d words")
		return
	case isControlLine(s):
		return // of a template; reported with the placeholder
	}
	if strings.HasPrefix(s.Keyword(), "@") && !s.Words[0].Quoted {
		p.complain(Error, l, start, "condition-place", fmt.Sprintf("the condition %q does not stand at the beginning of a line as it is written", s.Keyword()),
			"write one condition, at the beginning of the line, not in a definition")
		p.tree.drop(s)
		return
	}
	if len(s.Words) > 1 && strings.HasPrefix(s.Keyword(), "$") && strings.HasPrefix(s.Words[1].Text, "=") {
		p.complain(Error, l, start, "definition-blank", fmt.Sprintf("a blank stands before the equals sign, so this is no definition of %s", s.Keyword()),
			fmt.Sprintf("write %s=", s.Keyword()))
		p.tree.drop(s)
		return
	}
	p.tree.add(s, l, start)
	if p.tree.inside("global_defs") {
		p.heed(s)
	}
}

// isControlLine reports whether a statement is nothing but {% … %}.
func isControlLine(s *Statement) bool {
	return len(s.Words) == 1 && !s.Words[0].Quoted && strings.HasPrefix(s.Keyword(), "{%")
}

// heed follows the two settings that concern the reading itself.
func (p *parser) heed(s *Statement) {
	switch s.Keyword() {
	case "include_check":
		p.setIncludeCheck(s)
	case "random_seed":
		if len(s.Words) < 2 {
			return
		}
		if n, err := strconv.ParseUint(s.Words[1].Text, 10, 64); err == nil {
			p.seed(n)
		} // otherwise it is a wrong number, as any other setting can have one
	}
}
