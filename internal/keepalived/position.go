package keepalived

import "strconv"

// Pos is a place in a file. Line and Column count from 1; Column counts bytes
// of the physical line. The zero Pos means "nowhere in particular".
type Pos struct {
	File   string
	Line   int
	Column int
}

// IsValid reports whether the position names a line.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String is file:line:column, with what is unknown left out.
func (p Pos) String() string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	return s
}

// StepKind says by which means text came to stand where it was read.
type StepKind uint8

// The three ways in which text can come from somewhere else.
const (
	StepInclude    StepKind = iota + 1 // the file was included by the statement at Pos
	StepDefinition                     // the text is the value of the definition at Pos
	StepGenerator                      // the line was repeated by the ~SEQ or ~LST at Pos
)

// Step is one link in the history of a statement or a word.
type Step struct {
	Kind StepKind
	Name string // file pattern, "$NAME", or "~SEQ i=3"
	Pos  Pos
}

// String is the step in words, as a note under a diagnostic.
func (s Step) String() string {
	switch s.Kind {
	case StepInclude:
		return "included from " + s.Pos.String()
	case StepDefinition:
		return "value of " + s.Name + ", defined at " + s.Pos.String()
	case StepGenerator:
		return "repeated by " + s.Name + " at " + s.Pos.String()
	}
	return s.Pos.String()
}

// Trail is how text came to be, outermost step first. It is empty for text
// that stands literally in a file named on the command line. Trails are shared
// between statements: never change one.
type Trail []Step

// with returns the trail one step longer, without touching the old one.
func (t Trail) with(s Step) Trail {
	longer := make(Trail, len(t)+1)
	copy(longer, t)
	longer[len(t)] = s
	return longer
}
