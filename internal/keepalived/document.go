package keepalived

// Document is everything that was read, in reading order.
type Document struct {
	Statements []*Statement
	Files      []FileInfo
}

// FileInfo says which text was read, so that a later run can tell whether it
// is still the same.
type FileInfo struct {
	Name  string
	Bytes int
	Lines int
	SHA   [32]byte // SHA-256 of the file's bytes
}

// Statement is one logical line: a keyword, its words, and maybe a block.
// There is always at least one word.
type Statement struct {
	Words []Word

	// Raw is the text after the keyword, comments removed and definitions
	// expanded but quotes and escapes untouched: what SplitCommand wants.
	Raw string

	Block    []*Statement
	HasBlock bool // true also for an empty block

	Pos      Pos // of the keyword
	BlockEnd Pos // of the closing brace; of the end of file when it is missing
	Trail    Trail

	// Line is the physical source line at Pos, for the caret. The value of a
	// secret keyword (Options.Secret) is masked with '*' of the same length.
	Line string
}

// Word is one word of a statement, after comment removal, quoting, expansion.
type Word struct {
	Text   string
	Quoted bool // stood in double quotes; such a word may be empty
	// Expanded: some bytes came from a definition or a generator's variable,
	// so the source at Pos reads differently.
	Expanded bool
	Pos      Pos   // of the first byte (the quote, when quoted); of the use, when expanded
	Trail    Trail // the statement's, or a longer one when the word comes from a definition
}

// Keyword is the text of the first word.
func (s *Statement) Keyword() string { return s.Words[0].Text }

// Args are the words after the keyword.
func (s *Statement) Args() []Word { return s.Words[1:] }
