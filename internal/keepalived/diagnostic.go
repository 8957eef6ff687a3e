package keepalived

// Severity says what a diagnostic means for the daemon.
type Severity uint8

// Error: the text cannot mean what its writer wanted, do not start with it.
// Warning: it can be read, but probably surprises. Note: good to know.
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

// Format is the diagnostic as a person reads it, ending in a newline.
func (d Diagnostic) Format() string { return d.String() + "\n" }

// String is the first line of Format, without the newline.
func (d Diagnostic) String() string {
	return d.Pos.String() + ": " + d.Severity.String() + ": " + d.Text + " [" + d.Code + "]"
}
