package keepalived

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
)

// Parse reads the files one after the other, as if they were one text, except
// that every block must end in the file in which it began. The document is
// never nil; it holds what could be understood even when there are errors.
func Parse(files []string, opt Options) (*Document, []Diagnostic) {
	p := newParser(opt)
	for _, name := range files {
		p.mainFile(name, func() ([]byte, error) {
			return p.files.ReadFile(name, p.limits.FileBytes)
		})
	}
	return p.finish()
}

// ParseString reads text as if it were the contents of the file name.
func ParseString(name, text string, opt Options) (*Document, []Diagnostic) {
	p := newParser(opt)
	p.mainFile(name, func() ([]byte, error) { return []byte(text), nil })
	return p.finish()
}

// parser reads lines and builds the tree as it goes: an include_check or a
// random_seed that was read counts for the lines after it.
type parser struct {
	opt       Options
	limits    Limits
	files     FileSystem
	realFiles bool // files are those of the operating system
	id        string
	dice      *rand.Rand

	doc         *Document
	diagnostics []Diagnostic
	said        map[complaint]bool
	stopped     bool // a hard limit was hit: read no more

	definitions map[string]*definition
	pending     *definition // a multi-line definition that goes on
	skipPending string      // … under this condition, which does not hold
	undefined   map[string]place
	elsewhere   map[string][]string // names that only other hosts define, with the conditions of those lines

	reading   []string // files being read, outermost first
	checks    includeChecks
	totals    totals
	generated int
	templates templateSeen
	tree      tree
}

// complaint is what makes two diagnostics the same.
type complaint struct {
	code, text string
	pos        Pos
}

// totals is what was spent of the limits that count the whole run.
type totals struct{ bytes, files, expanded, statements, words int }

// place is where something was seen, with all that a diagnostic needs.
type place struct {
	pos   Pos
	trail Trail
	line  string
}

func (l line) place(i int) place { return place{l.pos(i), l.trailAt(i), l.src} }

func newParser(opt Options) *parser {
	if opt.Env == nil {
		opt.Env = os.LookupEnv
	}
	if opt.Command == nil {
		opt.Command = IsCommand
	}
	if opt.Secret == nil {
		opt.Secret = IsSecret
	}
	p := &parser{
		opt: opt, limits: opt.Limits.withDefaults(), files: opt.Files, id: opt.ConfigID,
		doc: &Document{}, definitions: map[string]*definition{}, undefined: map[string]place{}, elsewhere: map[string][]string{}, said: map[complaint]bool{},
	}
	if p.files == nil {
		p.files, p.realFiles = osFiles{}, true
	}
	if p.id == "" {
		p.id = hostID()
	}
	if opt.Seed != 0 {
		p.seed(opt.Seed)
	}
	p.tree.root = &p.doc.Statements
	return p
}

// hostID is the host name up to its first dot. A host without a name has the
// empty identity: then no @id line counts, and every @^id line.
func hostID() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// mainFile reads a file that must be there and must say something.
func (p *parser) mainFile(name string, read func() ([]byte, error)) {
	if p.stopped {
		return
	}
	before := p.totals.statements
	data, err := read()
	if err != nil {
		d := Diagnostic{Code: "file-unreadable", Severity: Error, Pos: Pos{File: name},
			Text: "cannot read the file: " + cause(err), Remedy: "check the name and the permissions"}
		if errors.Is(err, fs.ErrNotExist) {
			d.Code, d.Text, d.Remedy = "file-missing", "there is no such file", "check the name, or name another file with -f"
		}
		p.report(d)
		return
	}
	p.file(name, data, nil)
	p.missingBraces(name)
	if p.totals.statements == before && !p.stopped && !p.failed(name) {
		p.report(Diagnostic{Code: "file-empty", Severity: Error, Pos: Pos{File: name},
			Text:   "the file says nothing: it has no statement",
			Remedy: "write at least one vrrp_instance, or name another file with -f"})
	}
}

// failed reports whether a file has an error already that explains why it has
// no statements.
func (p *parser) failed(name string) bool {
	for _, d := range p.diagnostics {
		if d.Severity == Error && d.Pos.File == name {
			return true
		}
	}
	return false
}

// cause is an error without the file name, which stands before it anyway.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func (p *parser) finish() (*Document, []Diagnostic) {
	p.templates.finish(p)
	return p.doc, p.diagnostics
}

// report adds a diagnostic, up to the limit. What is found again in the next
// round of a generator, or in a file that is read twice, is said once.
func (p *parser) report(d Diagnostic) {
	key := complaint{d.Code, d.Text, d.Pos}
	if p.said[key] {
		return
	}
	if len(p.said) <= p.limits.Diagnostics {
		p.said[key] = true
	}
	switch n := len(p.diagnostics); {
	case n < p.limits.Diagnostics:
		p.diagnostics = append(p.diagnostics, d)
	case n == p.limits.Diagnostics:
		p.diagnostics = append(p.diagnostics, Diagnostic{
			Code: "too-many-diagnostics", Severity: Error, Pos: d.Pos,
			Text:   fmt.Sprintf("there are more than %d complaints; the rest is not shown", n),
			Remedy: "mend the first ones and check again",
		})
	}
}
