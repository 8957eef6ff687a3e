package keepalived

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
)

// maxKeepalivedLine is how many bytes of a line keepalived reads at once. It
// throws away the first 1023 bytes of a longer line and reads the rest as a
// line of its own. Nobody can depend on that, so we read the whole line.
const maxKeepalivedLine = 1023

// file reads the lines of a file.
func (p *parser) file(name string, data []byte, trail Trail) {
	if !p.admit(name, data, trail) {
		return
	}
	lines := strings.Split(string(data), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	p.doc.Files = append(p.doc.Files, FileInfo{
		Name: name, Bytes: len(data), Lines: len(lines), SHA: sha256.Sum256(data)})
	p.reading = append(p.reading, name)
	for i, s := range lines {
		if p.stopped {
			break
		}
		p.physical(line{file: name, num: i + 1, trail: trail}, s)
	}
	p.endPending(name)
	p.reading = p.reading[:len(p.reading)-1]
	p.tree.lastLine = Pos{File: name, Line: max(len(lines), 1), Column: 1}
}

// admit checks a file as a whole.
func (p *parser) admit(name string, data []byte, trail Trail) bool {
	top := line{file: name, num: 1, text: literal("", 1), trail: trail}
	if len(data) > p.limits.FileBytes {
		p.hardLimit(top, "FileBytes", p.limits.FileBytes, "the file has more than %d bytes")
		return false
	}
	if p.totals.bytes += len(data); p.totals.bytes > p.limits.TotalBytes {
		p.hardLimit(top, "TotalBytes", p.limits.TotalBytes, "all files together have more than %d bytes")
		return false
	}
	if p.totals.files++; p.totals.files > p.limits.Files {
		p.hardLimit(top, "Files", p.limits.Files, "more than %d files are read")
		return false
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		p.report(Diagnostic{Code: "encoding", Severity: Error, Pos: top.pos(0), Trail: trail,
			Text: "the file is UTF-16 text", Remedy: "save it as UTF-8"})
		return false
	}
	return true
}

// physical reads one line of a file.
func (p *parser) physical(l line, s string) {
	s = strings.TrimRight(s, "\r")
	bom := 0
	if l.num == 1 && strings.HasPrefix(s, "\ufeff") {
		bom = len("\ufeff")
	}
	l.src = masked(s, p.opt.Secret)
	l.text = literal(s[bom:], 1+bom)
	if bom > 0 {
		p.warn(l, 0, "byte-order-mark", "the file begins with a byte order mark, which keepalived takes for a part of the first word",
			"save the file as UTF-8 without a byte order mark")
	}
	switch {
	case strings.IndexByte(s, 0) >= 0:
		l.src = strings.ReplaceAll(l.src, "\x00", " ")
		p.warn(l, strings.IndexByte(l.s, 0), "nul-byte", "the line contains a NUL byte and is ignored, as keepalived does",
			"remove the byte, or the line")
		return
	case len(s) > p.limits.LineBytes:
		l.src = l.src[:200]
		p.lineLimit(l, "LineBytes", p.limits.LineBytes, "the line is longer than %d bytes")
		return
	case len(s) > maxKeepalivedLine:
		p.warn(l, maxKeepalivedLine-bom, "line-too-long",
			fmt.Sprintf("the line has %d bytes; keepalived throws away the first %d and reads the rest as another line, we read it whole",
				len(s), maxKeepalivedLine), "split the line")
	}
	p.feed(l)
}

// warn reports a warning at byte i of a line.
func (p *parser) warn(l line, i int, code, text, remedy string) {
	p.complain(Warning, l, i, code, text, remedy)
}

func (p *parser) complain(s Severity, l line, i int, code, text, remedy string) {
	p.report(Diagnostic{Code: code, Severity: s, Pos: l.pos(i), Trail: l.trailAt(i), Line: l.src,
		Text: text, Remedy: remedy})
}

// feed takes a line through the language: condition, comment, definition,
// generator, expansion. What is left is logical lines.
func (p *parser) feed(l line) {
	if p.stopped {
		return
	}
	if p.pending != nil {
		// Conditions in the body of a definition count at the use.
		l, more := p.withoutComment(l)
		p.continueDefinition(l, more)
		return
	}
	l, condition := p.condition(l.with(l.trim()))
	ends := strings.HasSuffix(l.s, `\`)
	l, more := p.withoutComment(l)
	l = l.trimmed()
	switch name, value, ok := assignment(l.s); {
	case ok:
		p.skipPending = condition
		p.define(l, name, value, more)
	case condition != "" || l.s == "":
	default:
		if more {
			p.warn(l, 0, "comment-backslash", "the comment of this line ends in a backslash, which keepalived takes for a part of the line",
				"remove the backslash")
		} else if ends && !l.made {
			p.warn(l, len(l.s)-1, "continuation", "a backslash at the end of a line is an ordinary character: only definitions go on in the next line",
				"remove it, and write the statement on one line")
		}
		p.read(l)
	}
}

// read takes a line that is neither conditional nor a definition further.
func (p *parser) read(l line) {
	if isGenerator(l.s) {
		p.generate(l)
	} else if !p.afterBrace(l, p.read) {
		p.expanded(l)
	}
}

// afterBrace splits a line at a brace with something behind it that counts
// only at the beginning of a line: each piece between braces is a line of its
// own. What stands before goes to head. For keepalived such a piece reaches to
// the end of the line; we end it at the "}" of the block around it.
func (p *parser) afterBrace(l line, head func(line)) bool {
	at := pieceStart(l.s, p.opt.Command)
	if at == 0 {
		return false
	}
	if !p.spend(l, len(l.s)) {
		return true
	}
	end := at + reach(l.s[at:], p.opt.Command)
	if end < len(l.s) {
		p.warn(l, at, "brace-reach", `keepalived takes the "}" behind this for a part of it`, `write the "}" on a line of its own`)
	}
	for _, part := range []line{l.with(l.slice(at, end)), l.with(l.slice(end, len(l.s)))} {
		if head != nil {
			head(l.with(l.slice(0, at)))
			head = nil
		}
		p.feed(part)
	}
	return true
}

// expanded replaces definitions, and reads what they made.
func (p *parser) expanded(l line) {
	l, tail, changed, ok := p.expand(l)
	if !ok {
		return
	}
	if changed {
		l.stripped = false
		l, _ = p.withoutComment(l)
		l = l.trimmed()
	}
	if len(tail) > 0 && tail[0].nesting > p.limits.Nesting {
		p.lineLimit(l, "Nesting", p.limits.Nesting, "multi-line definitions are nested more than %d deep")
		return
	}
	if name, value, ok := assignment(l.s); ok {
		p.define(l, name, value, false)
	} else if isGenerator(l.s) {
		p.generate(l)
	} else if !p.afterBrace(l, p.logical) {
		p.logical(l)
	}
	for _, next := range tail {
		p.feed(next)
	}
}

func (l line) trimmed() line { return l.with(l.trim()) }

// condition cuts "@id" or "@^id" from a line, and returns it if it does not hold.
func (p *parser) condition(l line) (rest line, failed string) {
	if !strings.HasPrefix(l.s, "@") {
		return l, ""
	}
	end := 1
	for end < len(l.s) && !isBlank(l.s[end]) {
		end++
	}
	if id, unless := strings.CutPrefix(l.s[1:end], "^"); (id == p.id) == unless {
		failed = l.s[:end]
	}
	return l.with(l.slice(end, len(l.s)).trim()), failed
}

// withoutComment cuts the comment, and warns when that cuts a word: nobody
// sees why a password is wrong. It tells whether the comment ends in a
// backslash.
func (p *parser) withoutComment(l line) (line, bool) {
	if l.stripped {
		return l, false
	}
	t, c := uncomment(l.text, p.opt.Command)
	if c.inWord {
		p.report(Diagnostic{
			Code: "comment-in-word", Severity: Warning,
			Pos: Pos{File: l.file, Line: l.num, Column: c.column}, Trail: l.trailAt(min(len(t.s), len(l.s)-1)), Line: l.src,
			Text:   "the rest of this word is a comment: # and ! end a word anywhere outside double quotes",
			Remedy: `put the word in double quotes, or put a blank before the comment`,
		})
	}
	l.stripped = true
	return l.with(t), c.more
}
