package keepalived

// Parse reads the files one after the other, as if they were one text, except
// that every block must end in the file in which it began. The document is
// never nil; it holds what could be understood even when there are errors.
func Parse(files []string, opt Options) (*Document, []Diagnostic) { return &Document{}, nil }

// ParseString reads text as if it were the contents of the file name.
func ParseString(name, text string, opt Options) (*Document, []Diagnostic) {
	return &Document{}, nil
}
