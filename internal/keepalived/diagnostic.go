package keepalived

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity says what a diagnostic means for the daemon.
type Severity uint8

// Error: something is lost or cannot mean what its writer wanted; do not start
// with it. Warning: it can be read, but probably surprises. Note: good to know.
const (
	Note Severity = iota + 1
	Warning
	Error
)

// String is the word printed in a diagnostic.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "unknown"
}

// Diagnostic is one complaint about the text.
type Diagnostic struct {
	Code     string // stable, lower case with dashes
	Severity Severity
	Pos      Pos
	Text     string // what is wrong
	Remedy   string // what to do; may be empty
	Trail    Trail
	Line     string // the source line at Pos; may be empty
}

// String is the first line of Format, without the newline:
// file:line:column: severity: text [code].
func (d Diagnostic) String() string {
	return visible(d.Pos.String() + ": " + d.Severity.String() + ": " + d.Text + " [" + d.Code + "]")
}

// Format is the diagnostic as a person reads it: the complaint, the source
// line with a caret, how the text came to be (nearest step first), the remedy.
// It ends in a newline.
func (d Diagnostic) Format() string {
	var b strings.Builder
	b.WriteString(d.String() + "\n")
	if d.Line != "" {
		line, pad := excerpt(d.Line, d.Pos.Column)
		b.WriteString("    " + line + "\n")
		if d.Pos.Column > 0 {
			b.WriteString("    " + pad + "^\n")
		}
	}
	for _, step := range slices.Backward(d.Trail) {
		b.WriteString("    " + visible(step.String()) + "\n")
	}
	if d.Remedy != "" {
		b.WriteString("    remedy: " + visible(d.Remedy) + "\n")
	}
	return b.String()
}

// maxExcerpt is how many bytes of a source line are shown.
const maxExcerpt = 160

// excerpt is what to print of a line, and the blanks that bring a caret under
// its column. Tabs stay tabs in both, so that they line up; what a terminal
// might obey is replaced.
func excerpt(line string, column int) (string, string) {
	at := min(max(column-1, 0), len(line))
	from, to := 0, len(line)
	if at > maxExcerpt*3/4 {
		from = at - maxExcerpt/2
	}
	for from > 0 && from < len(line) && !utf8.RuneStart(line[from]) {
		from--
	}
	before, after := "", ""
	if from > 0 {
		before = "… "
	}
	if to-from > maxExcerpt {
		to, after = from+maxExcerpt, " …"
	}
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, before+line[from:at])
	return before + visible(line[from:to]) + after, pad
}

// visible replaces what a terminal obeys and what nobody can see.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}
