package show

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Width is the number of columns that no line exceeds.
const Width = 100

// Paper is what text is written on.
type Paper struct {
	// Colour: escape sequences are understood at the other end.
	Colour bool
	// Zone is where the reader is; nil is UTC.
	Zone *time.Location
}

// ink is an SGR escape sequence's number; 0 is none.
type ink int

const (
	plain  ink = 0
	bold   ink = 1
	faint  ink = 2
	red    ink = 31
	green  ink = 32
	yellow ink = 33
	blue   ink = 34
)

var sgr = map[ink]string{bold: "\x1b[1m", faint: "\x1b[2m", red: "\x1b[1;31m", green: "\x1b[32m", yellow: "\x1b[33m", blue: "\x1b[34m"}

func (p Paper) paint(i ink, text string) string {
	if !p.Colour || i == plain || text == "" {
		return text
	}
	return sgr[i] + text + "\x1b[0m"
}

// inkOf is the colour of a state.
func inkOf(s control.State) ink {
	switch s {
	case control.Master:
		return green
	case control.Backup:
		return blue
	case control.Fault:
		return red
	}
	return yellow
}

// Line is one sentence, broken where it must be.
func (p Paper) Line(text string) string { return wrap("", clean(text)) }

// columns is how wide a text is shown. Marks that are wider or narrower than
// one column do not occur in what we print, and are taken as one.
func columns(s string) int { return utf8.RuneCountInString(s) }

// clean makes foreign text safe for a terminal: one line, nothing that moves
// the cursor or turns the direction of writing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
}

// fit shortens text to a number of columns; what is missing shows as an
// ellipsis.
func fit(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width <= 1 {
		return strings.Repeat("…", max(width, 0))
	}
	return string([]rune(s)[:width-1]) + "…"
}

// wrap breaks text at blanks into lines of at most Width columns. The first
// line begins with first, the others with as many blanks.
func wrap(first, text string) string {
	indent := strings.Repeat(" ", columns(first))
	room := Width - columns(first)
	var b strings.Builder
	line, lead := "", first
	flush := func() {
		b.WriteString(strings.TrimRight(lead+line, " "))
		b.WriteByte('\n')
		line, lead = "", indent
	}
	for _, word := range strings.Fields(text) {
		for columns(word) > room { // no blank to break at
			if line != "" {
				flush()
			}
			line = string([]rune(word)[:room])
			word = string([]rune(word)[room:])
			flush()
		}
		if line != "" && columns(line)+1+columns(word) > room {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" || b.Len() == 0 {
		flush()
	}
	return b.String()
}
