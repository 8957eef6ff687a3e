package config

import (
	"fmt"
	"strings"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// A statement is what the text reader gives; the short name keeps the tables
// of keywords readable.
type statement = keepalived.Statement

// reader collects findings while statements become settings.
type reader struct {
	opt      Options
	findings []Finding
	kept     [Error + 1]int // findings met, by severity
	// doc takes top-level blocks that a missing brace left inside another.
	doc *document
	// said holds the places of the text reader's Errors: what a word that it
	// could not read is not, need not be said.
	said map[Pos]bool
	// unbalanced: braces are missing or too many, so that statements stand in
	// blocks where they do not belong.
	unbalanced bool
	// templated: the text holds placeholders, which is said already.
	templated bool
	// preferences counts the rules of each family that named none.
	preferences map[uint8]uint32
	// hostList is what Options.Interfaces said, asked once.
	hostList  []HostInterface
	hostAsked bool
	// named remembers which keywords that have no effect were named already.
	named map[string]bool
	// lines are those of routes and rules, of which the settings know only the place.
	lines map[Pos]spot
}

// spot is a place that a finding can point to.
type spot struct {
	pos   Pos
	line  string
	trail []Step
}

// at is the keyword of a statement.
func at(st *statement) spot {
	if st == nil {
		return spot{}
	}
	return spot{Pos(st.Pos), st.Line, steps(st.Trail)}
}

// arg is the i-th word after the keyword, or the keyword when there is none.
func arg(st *statement, i int) spot {
	if args := st.Args(); i >= 0 && i < len(args) {
		w := args[i]
		s := spot{Pos(w.Pos), st.Line, steps(w.Trail)}
		if w.Pos.Line != st.Pos.Line || w.Pos.File != st.Pos.File {
			s.line = ""
		}
		return s
	}
	return at(st)
}

func steps(trail keepalived.Trail) []Step {
	var out []Step
	for _, s := range trail {
		out = append(out, Step{Pos(s.Pos), s.String()})
	}
	return out
}

func (r *reader) add(sev Severity, code string, s spot, remedy, format string, args ...any) {
	if (r.unbalanced || r.templated) && consequences[code] || sev == Error && (r.saidAt(s.pos) || r.templated && placeholder(s)) {
		return
	}
	r.keep(Finding{
		Severity: sev, Code: code, Pos: s.pos, Line: s.line, Trail: s.trail,
		Text: fmt.Sprintf(format, args...), Remedy: remedy,
	})
}

// mostFindings is where complaining of one severity ends: nobody reads further.
const mostFindings = 1000

// keep adds a finding, up to the limit. That there are more is a warning in
// itself: a thousand virtual routers with one remark each are no error.
func (r *reader) keep(f Finding) {
	r.kept[f.Severity]++
	switch n := r.kept[f.Severity]; {
	case n <= mostFindings:
		r.findings = append(r.findings, f)
	case n == mostFindings+1:
		r.findings = append(r.findings, Finding{Severity: Warning, Code: codeTooMany, Pos: f.Pos,
			Text:   fmt.Sprintf("there are more than %d findings of this severity (%v); the rest is not shown", mostFindings, f.Severity),
			Remedy: "mend the first ones and check again"})
	}
}

// consequences are complaints that a misplaced brace causes by the dozen: one
// clear complaint about the brace is better.
var consequences = map[string]bool{
	codeNoVRID: true, codeNoInterface: true, codeNoAddresses: true, codeUnknownMember: true, codeUnknownTracker: true,
	codeMissingValue: true, codeUnused: true, codeUnexpectedBlock: true, codeAuthIgnored: true, codeUnicastNoPeer: true,
	codeMasterNoPriority: true, codeBadKey: true,
}

// placeholder reports whether the word at a place is one that the text reader
// has called unrendered already; it names the first and counts the rest.
func placeholder(s spot) bool {
	if s.pos.Column < 1 || s.pos.Column > len(s.line) {
		return false
	}
	word := s.line[s.pos.Column-1:]
	for _, sign := range []string{"{{", "{%", "{#", "%", "<", "${"} {
		if strings.HasPrefix(word, sign) {
			return true
		}
	}
	return false
}

// saidAt reports whether the text reader's Error points at exactly this place.
func (r *reader) saidAt(pos Pos) bool { return pos.Line > 0 && r.said[pos] }

func (r *reader) err(code string, s spot, remedy, format string, args ...any) {
	r.add(Error, code, s, remedy, format, args...)
}

func (r *reader) warn(code string, s spot, remedy, format string, args ...any) {
	r.add(Warning, code, s, remedy, format, args...)
}

func (r *reader) note(code string, s spot, remedy, format string, args ...any) {
	r.add(Note, code, s, remedy, format, args...)
}

// once reports whether key is named for the first time.
func (r *reader) once(key string) bool {
	if r.named[key] {
		return false
	}
	r.named[key] = true
	return true
}

// fromDiagnostics takes over what the text reader had to say.
func (r *reader) fromDiagnostics(list []keepalived.Diagnostic) {
	for _, d := range list {
		r.unbalanced = r.unbalanced || strings.HasPrefix(d.Code, "brace-") && d.Severity == keepalived.Error
		r.templated = r.templated || d.Code == "template"
		sev := Note
		switch d.Severity {
		case keepalived.Error:
			sev = Error
		case keepalived.Warning:
			sev = Warning
		}
		if sev == Error {
			r.said[Pos(d.Pos)] = true
		}
		r.keep(Finding{
			Severity: sev, Code: d.Code, Pos: Pos(d.Pos), Text: d.Text,
			Remedy: d.Remedy, Line: d.Line, Trail: steps(d.Trail),
		})
	}
}

// quote shows a word of the file in a message, shortened when it is long.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most] + "…"
	}
	return `"` + strings.ToValidUTF8(visible(s), "?") + `"`
}
