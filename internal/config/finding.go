package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity ranks a Finding.
type Severity uint8

// A Note is about something legal that surprises people, a Warning about
// something that will hurt or has no effect, an Error about a file that must
// not be run.
const (
	Note Severity = iota
	Warning
	Error
)

// String returns the word that check prints.
func (s Severity) String() string {
	return [...]string{"note", "warning", "error"}[s]
}

// MarshalText lets JSON carry the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one complaint about a configuration.
type Finding struct {
	Severity Severity `json:"severity"`
	// Code is stable: docs/checks.md explains each.
	Code string `json:"code"`
	Pos  Pos    `json:"pos"`
	// Text says what is wrong, with the value and the name.
	Text string `json:"text"`
	// Remedy says what to do, in one line; empty when Text says it all.
	Remedy string `json:"remedy,omitempty"`
	// Line is the offending line as it stands in the file.
	Line string `json:"line,omitempty"`
	// Trail is how the reader came to the line: includes and expansions,
	// outermost first.
	Trail []Step `json:"trail,omitempty"`
}

// Step is one include or expansion on the way to a line. Text names the place
// too: "included from main.conf:3:1".
type Step struct {
	Pos  Pos    `json:"pos"`
	Text string `json:"text"`
}

// String prints the place as compilers do; an unknown column or line is left
// out.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// MarshalJSON names the parts.
func (p Pos) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File   string `json:"file"`
		Line   int    `json:"line,omitempty"`
		Column int    `json:"column,omitempty"`
	}{p.File, p.Line, p.Column})
}

// Same reports whether two findings complain of one thing at one place.
func (f Finding) Same(other Finding) bool {
	return f.Code == other.Code && f.Pos == other.Pos && f.Text == other.Text
}

// String is the first line of Format.
func (f Finding) String() string {
	where := f.Pos.String()
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%s: %s [%s]", where, f.Severity, f.Text, f.Code)
}

// Format prints the finding for people: the complaint, how the reader came to
// the line, the line with a caret under the word, and the remedy.
func (f Finding) Format() string {
	var b strings.Builder
	b.WriteString(f.String())
	b.WriteByte('\n')
	for _, s := range f.Trail {
		fmt.Fprintf(&b, "    %s\n", s.Text)
	}
	if f.Line != "" {
		line := visible(f.Line)
		fmt.Fprintf(&b, "    %s\n", line)
		if f.Pos.Column > 0 {
			fmt.Fprintf(&b, "    %s^\n", caretPad(line, f.Pos.Column))
		}
	}
	if f.Remedy != "" {
		fmt.Fprintf(&b, "    remedy: %s\n", f.Remedy)
	}
	return b.String()
}

// caretPad returns the white space that puts a caret under the byte at column
// (from 1). Tabs stay tabs, so that the caret stands right at any tab width.
func caretPad(line string, column int) string {
	end := min(column-1, len(line))
	var b strings.Builder
	for _, r := range line[:end] {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// visible keeps control characters of a file away from a terminal, one byte
// for one byte, so that columns stay true.
func visible(line string) string {
	if !strings.ContainsFunc(line, isControl) {
		return line
	}
	b := []byte(line)
	for i, c := range b {
		if c != '\t' && (c < 0x20 || c == 0x7f) {
			b[i] = '?'
		}
	}
	return string(b)
}

func isControl(r rune) bool { return r != '\t' && (r < 0x20 || r == 0x7f) }

// Failed reports whether any finding is an Error.
func Failed(findings []Finding) bool { return Worst(findings) == Error }

// Worst returns the highest severity; a clean file gives Note.
func Worst(findings []Finding) Severity {
	worst := Note
	for _, f := range findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// order sorts findings by the order in which their files were read, then by
// place, keeping the order of those at one place, and drops repetitions.
func order(findings []Finding, files []File) []Finding {
	rank := make(map[string]int, len(files))
	for i, f := range files {
		if _, seen := rank[f.Path]; !seen {
			rank[f.Path] = i + 1
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if d := rank[a.Pos.File] - rank[b.Pos.File]; d != 0 {
			return d
		}
		if d := a.Pos.Line - b.Pos.Line; d != 0 {
			return d
		}
		return a.Pos.Column - b.Pos.Column
	})
	return slices.CompactFunc(findings, Finding.Same)
}
