package keepalived

import (
	"fmt"
	"slices"
)

// tree is the document being built: the open blocks, innermost last.
type tree struct {
	root   *[]*Statement
	frames []frame
	last   *Statement // what a "{" would belong to; nil when nothing can own one
	// floor is how many blocks were open when the file being read began.
	floor    int
	lastLine Pos
	suspects []suspect // blocks that probably lack their "}", in reading order
	early    *closing  // the first block that was closed by a "}" of other indentation
}

// frame is an open block.
type frame struct {
	owner  *Statement // nil for a "{" without a statement before it
	list   *[]*Statement
	at     place // of the statement, or of the brace when there is none
	indent int   // of the statement when it begins its line, otherwise -1
	inner  int   // of the first statement inside that begins a line, otherwise -1
}

// closing remembers which brace closed which block.
type closing struct {
	what     string
	open, at Pos
}

func (t *tree) list() *[]*Statement {
	if n := len(t.frames); n > 0 {
		return t.frames[n-1].list
	}
	return t.root
}

// inside reports whether the innermost open block is a top-level block with
// this keyword.
func (t *tree) inside(keyword string) bool {
	return len(t.frames) == 1 && t.frames[0].owner != nil && t.frames[0].owner.Keyword() == keyword
}

func (t *tree) add(s *Statement, l line, i int) {
	t.noteIndent(s, l, i)
	list := t.list()
	*list = append(*list, s)
	t.last = s
}

// drop makes s the owner of a following block, without a place in the tree.
func (t *tree) drop(s *Statement) { t.last = s }

// dropped follows the braces of a line that is not used, so that the blocks
// around it stay as they are. What stands in its own block is not used either.
func (p *parser) dropped(l line) {
	open, closed := 0, 0
	for b := newBraces(l.s, p.opt.Command); b.next(); {
		switch {
		case l.s[b.at] == '{':
			open++
		case open > 0:
			open--
		default:
			closed++
		}
	}
	for range min(closed, p.limits.BlockDepth) {
		p.tree.close(p, l, 0)
	}
	for range open {
		if p.stopped {
			return
		}
		p.tree.drop(&Statement{Words: []Word{{Text: "a line that is not used", Pos: l.pos(0)}}, Pos: l.pos(0), Trail: l.trailAt(0), Line: l.src})
		p.tree.open(p, l, 0)
	}
}

// include tells that a "{" after an include belongs to nothing.
func (t *tree) include() { t.last = nil }

// open begins a block. Without a statement to own it, what stands inside
// belongs to the block around it, so that only the brace is lost.
func (t *tree) open(p *parser, l line, i int) {
	if len(t.frames) >= p.limits.BlockDepth {
		p.hardLimit(l, "BlockDepth", p.limits.BlockDepth, "blocks are nested more than %d deep")
		return
	}
	f := frame{owner: t.last, list: t.list(), at: l.place(i), indent: -1, inner: -1}
	if t.last == nil {
		p.complain(Error, l, i, "brace-unexpected", `"{" does not follow a keyword`, `remove it and its "}", or write the keyword of the block before it`)
	} else {
		t.last.HasBlock = true
		f.list = &t.last.Block
		f.at = place{t.last.Pos, t.last.Trail, t.last.Line}
		f.indent = indentAt(t.last.Line, t.last.Pos.Column)
	}
	t.frames = append(t.frames, f)
	t.last = nil
}

// close ends the innermost block.
func (t *tree) close(p *parser, l line, i int) {
	t.last = nil
	n := len(t.frames)
	if n == 0 {
		t.extra(p, l, i)
		return
	}
	if n == t.floor {
		p.warn(l, i, "brace-include", fmt.Sprintf(`the "}" closes a block that another file opened, at %s`, t.frames[n-1].at.pos),
			"open and close a block in the same file")
		t.floor--
	}
	f := t.frames[n-1]
	t.frames = t.frames[:n-1]
	t.noteClose(f, l, i)
	if f.owner != nil {
		f.owner.BlockEnd = l.pos(i)
	}
}

// extra reports a "}" that closes nothing.
func (t *tree) extra(p *parser, l line, i int) {
	remedy := `remove it, or find the "{" that is missing above`
	if t.early != nil {
		remedy = fmt.Sprintf(`look at %s: the "}" there closed %s of line %d, which is indented differently`, t.early.at, t.early.what, t.early.open.Line)
	}
	p.complain(Error, l, i, "brace-extra", `"}" without an open block`, remedy)
}

// enter begins a file; it returns what leave wants back.
func (t *tree) enter() int {
	floor := t.floor
	t.floor = len(t.frames)
	t.last = nil
	return floor
}

// leave ends an included file.
func (t *tree) leave(p *parser, name string, trail Trail, floor int) {
	if n := len(t.frames); n > t.floor && !p.stopped {
		f := t.frames[n-1]
		p.report(Diagnostic{Code: "brace-include", Severity: Warning, Pos: f.at.pos, Trail: f.at.trail, Line: f.at.line,
			Text:   fmt.Sprintf("%s is still open at the end of the included file %s", f.what(), name),
			Remedy: "open and close a block in the same file"})
	}
	t.floor = min(floor, len(t.frames))
	t.last = nil
}

// missingBraces ends a main file: every block must be closed.
func (p *parser) missingBraces(name string) {
	t := &p.tree
	n := len(t.frames)
	t.last, t.floor = nil, 0
	if p.stopped {
		n = 0
	}
	for _, f := range t.unclosed(n) {
		p.report(Diagnostic{Code: "brace-missing", Severity: Error, Pos: f.open.pos, Trail: f.open.trail, Line: f.open.line,
			Text:   fmt.Sprintf(`%s is never closed (%d missing "}" at the end of %s)`, f.what, n, name),
			Remedy: f.remedy})
	}
	for _, f := range slices.Backward(t.frames) {
		if f.owner != nil {
			f.owner.BlockEnd = t.lastLine
		}
	}
	t.frames, t.suspects, t.early = nil, nil, nil
}

// what names a block.
func (f frame) what() string {
	if f.owner == nil {
		return `the block of this "{"`
	}
	if args := f.owner.Args(); len(args) > 0 {
		return fmt.Sprintf("the block of %q", f.owner.Keyword()+" "+args[0].Text)
	}
	return fmt.Sprintf("the block of %q", f.owner.Keyword())
}
