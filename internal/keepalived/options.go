package keepalived

import "io/fs"

// Options says in whose name the text is read. The zero value reads from the
// operating system with default limits and the host's name as identity.
type Options struct {
	// ConfigID decides conditional lines (@id); empty means the host name up
	// to its first dot, as keepalived without -i.
	ConfigID string

	// Env looks up ${_ENV NAME}; nil means os.LookupEnv.
	Env func(string) (string, bool)

	// Files is where text comes from; nil means the operating system.
	Files FileSystem

	// Command reports whether a keyword takes a raw command line, in which
	// $VAR, {{…}}, %x% and <x> belong to the command. Nil means IsCommand.
	Command func(keyword string) bool

	// Secret reports whether a keyword's value must not be shown. Nil means IsSecret.
	Secret func(keyword string) bool

	// Seed makes ${_RANDOM} repeatable; 0 means unpredictable.
	Seed uint64

	Limits Limits
}

// FileSystem is what the parser asks about files. Patterns of Glob have no
// brace alternatives. ReadFile returns at most limit+1 bytes.
type FileSystem interface {
	Glob(pattern string) ([]string, error)
	Stat(name string) (fs.FileInfo, error)
	ReadFile(name string, limit int) ([]byte, error)
}

// Limits bound what text may cost. Zero fields have the defaults named here.
type Limits struct {
	FileBytes     int // bytes of one file: 4 MiB
	TotalBytes    int // bytes of all files: 16 MiB
	Files         int // files read, a file counts as often as it is included: 4096
	IncludeDepth  int // includes inside includes: 32
	LineBytes     int // one line, also after expansion: 16 KiB
	Replacements  int // uses of definitions replaced in one line: 1024
	Nesting       int // generators and multi-line definitions inside each other: 16
	Generated     int // lines made by generators and multi-line definitions: 200 000
	ExpandedBytes int // bytes they and single definitions made: 32 MiB
	BlockDepth    int // blocks inside blocks: 64
	Statements    int // statements in all: 250 000
	Words         int // words in all: 1 000 000
	Diagnostics   int // diagnostics kept: 1000
}
