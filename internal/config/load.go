package config

import (
	"os"
	"slices"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// Load reads files, as if they were one, into settings. The settings are
// never nil, but must not be used when Failed(findings).
func Load(files []string, opt Options) (*Settings, []Finding) {
	if opt.Hostname == "" {
		// Without a name router_id is empty, which hurts nobody.
		opt.Hostname, _ = os.Hostname()
	}
	r := &reader{opt: opt, named: map[string]bool{}, said: map[Pos]bool{}}
	text, complaints := keepalived.Parse(files, keepalived.Options{
		ConfigID: opt.ConfigID, Env: opt.Env, Files: opt.Files, Secret: secretWord,
	})
	r.fromDiagnostics(complaints)
	doc := newDocument()
	r.doc = doc
	readBlock(r, topTable, text.Statements, doc, doc.have)
	s := r.resolve(doc)
	s.ID = opt.ConfigID
	for _, f := range text.Files {
		s.Files = append(s.Files, File{Path: f.Name, Bytes: f.Bytes, Lines: f.Lines})
	}
	r.nothingToDo(s, text, files)
	r.advise(s, doc)
	return s, order(r.findings, s.Files)
}

// nothingToDo makes an empty configuration an error: a daemon that idles for
// want of one has cost people a night (field case 2).
func (r *reader) nothingToDo(s *Settings, text *keepalived.Document, files []string) {
	if len(s.Instances) > 0 || Failed(r.findings) {
		return
	}
	where := spot{}
	if len(files) > 0 {
		where.pos.File = files[0]
	}
	if len(text.Statements) == 0 {
		size := 0
		for _, f := range s.Files {
			size += f.Bytes
		}
		r.err(codeEmptyFile, where, "name the right file with -f", "nothing is configured: %d bytes read, no statement among them", size)
		return
	}
	r.err(codeNoInstance, where, "add a vrrp_instance, or name the right file with -f",
		"no vrrp_instance is configured: there is nothing to do")
}

// failedAt reports whether an Error already points at the statement's line.
func (r *reader) failedAt(st *statement) bool {
	return slices.ContainsFunc(r.findings, func(f Finding) bool {
		return f.Severity == Error && f.Pos.File == st.Pos.File && f.Pos.Line == st.Pos.Line
	})
}
