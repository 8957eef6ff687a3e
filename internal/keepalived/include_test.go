package keepalived

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// memory is a FileSystem of a test.
type memory fstest.MapFS

func (m memory) Glob(pattern string) ([]string, error) { return fs.Glob(fstest.MapFS(m), pattern) }
func (m memory) Stat(name string) (fs.FileInfo, error) { return fs.Stat(fstest.MapFS(m), name) }
func (m memory) ReadFile(name string, limit int) ([]byte, error) {
	data, err := fs.ReadFile(fstest.MapFS(m), name)
	return data[:min(len(data), limit+1)], err
}

func files(pairs ...string) memory {
	m := memory{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1]), Mode: 0o644}
	}
	return m
}

func TestInclude(t *testing.T) {
	dir := files(
		"a.conf", "A", "b.conf", "B", "d/c.conf", "C\ninclude e/d.conf\nC2", "d/e/d.conf", "D",
		".hidden.conf", "H", "x.conf.d/1", "X1", "x.conf.d/10", "X10", "x.conf.d/2", "X2",
		"empty", "", "sp ace", "S", "vars", "$A=1", "open", "o {\n", "close", "}\n", "self", "include self\nZ",
		"loop1", "include loop2", "loop2", "include d/../loop1", "pwd", "x ${_PWD}", "d/pwd", "x ${_PWD}",
		"unfinished", "$U=a \\\nb \\",
	)
	dir["run.sh"] = &fstest.MapFile{Data: []byte("R"), Mode: 0o755}
	dir["bin/prog"] = &fstest.MapFile{Data: []byte("R"), Mode: 0o755}
	for _, v := range []vector{
		{"one", "x\ninclude a.conf\ny", "x; A; y", ""},
		{"glob order", "include x.conf.d/*", "X1; X10; X2", ""},
		{"a wildcard hides dots", "include *.conf", "A; B", ""},
		{"a dot shows dots", "include .h*", "H", ""},
		{"alternatives, in their order", "include {b,a}.conf", "B; A", ""},
		{"alternatives inside", "include {d/{c,e/d},a}.conf", "C; D; C2; D; A", ""},
		{"relative to the including file", "include d/c.conf", "C; D; C2", ""},
		{"comment", "include a.conf # c", "A", ""},
		{"blanks in a name", "include sp ace", "S", ""},
		{"quoted", `include "a.conf"`, "A", ""},
		{"in a block", "x {\ninclude a.conf\ny\n}", "x {A; y}", ""},
		{"in a block on its line", "x { include {a,b}.conf } y", "x {A; B}; y", ""},
		{"conditional", "@main include a.conf\n@other include b.conf\nx", "A; x", ""},
		{"by definition", "$P=a\n$K=include\n$K ${P}.conf", "A", ""},
		{"by generator", "~LST(f,a,b) include ${f}.conf", "A; B", ""},
		{"definitions survive", "include vars\nx${A}", "x1", ""},
		{"directory of the file", "include pwd\ninclude d/pwd\nx ${_PWD}", "x .; x d; x .", ""},
		{"empty file", "x\ninclude empty", "x", ""},
		{"no name", "x\ninclude\ninclude\t\"\"", "x", "2:1 include-missing, 3:1 include-missing"},
		{"no such file", "x\ninclude nope", "x", "2:1 include-missing"},
		{"no match", "x\ninclude nope*", "x", ""},
		{"bad pattern", "x\ninclude a[\ninclude {a", "x", "2:1 include-pattern, 3:1 include-pattern"},
		{"executable", "x\ninclude run.sh", "x", "2:1 include-kind"},
		{"directory", "x\ninclude d", "x", "2:1 include-kind"},
		{"no include keyword", "includex a.conf", "includex a.conf", ""},
		{"cycle", "x\ninclude self", "x; Z", "1:1 include-cycle"},
		{"longer cycle", "x\ninclude loop1", "x", "1:1 include-cycle"},
		{"main file", "x\ninclude f", "x", "2:1 include-cycle"},
		{"block across files", "include open\nx\ninclude close\ny", "o {x}; y", "1:1 brace-include, 1:1 brace-include"},
		{"block not closed in the include", "include open\nx", "o {x}", "1:1 brace-include, 1:1 brace-missing"},
		{"brace after an include", "x\ninclude a.conf\n{\ny\n}", "x; A; y", "3:1 brace-unexpected"},
		{"brace before an include's", "x\ninclude braces\n", "x", "2:1 include-missing"},
		{"unfinished definition", "include unfinished\nx\n$U", "x; a; b", "1:1 definition-unfinished"},
	} {
		t.Run(v.name, func(t *testing.T) {
			doc, diags := parseIn(dir, v.text)
			if got := dump(doc.Statements); got != v.want {
				t.Errorf("%q\n reads as %s\n not as   %s", v.text, got, v.want)
			}
			if got := brief(diags); got != v.said {
				t.Errorf("%q\n says %s\n not  %s", v.text, got, v.said)
			}
		})
	}
}

func parseIn(m memory, text string) (*Document, []Diagnostic) {
	m["f"] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	return Parse([]string{"f"}, Options{ConfigID: "main", Files: m})
}

// Which include says what is an error: one row a keyword, one column a
// disappointment.
func TestIncludeVariants(t *testing.T) {
	dir := files("a", "A")
	dir["secret"] = &fstest.MapFile{Mode: 0o644}
	broken := unreadable{dir}
	errors := func(text string) string {
		_, diags := Parse([]string{"f"}, Options{Files: broken.with(text)})
		var got []string
		for _, d := range diags {
			if d.Severity == Error {
				got = append(got, d.Code)
			}
		}
		return strings.Join(got, " ")
	}
	const missing, read = "include-missing", "include-unreadable"
	for _, row := range []struct{ before, keyword, unreadable, plain, wildcard, brace string }{
		{"", "include", "", "", "", ""},
		{"", "includer", read, "", "", ""},
		{"", "includem", "", missing, "", ""},
		{"", "includew", "", missing, missing, ""},
		{"", "includeb", "", "", "", missing},
		{"", "includea", read, missing, missing, missing},
		{"include_check", "include", read, missing, missing, missing},
		{"include_check read", "include", read, "", "", ""},
		{"include_check readable +match", "include", read, missing, "", ""},
		{"include_check\ninclude_check -read -brace_match", "include", "", missing, missing, ""},
		{"include_check\ninclude_check wildcard_match", "include", "", "", missing, ""},
		{"include_check brace_match", "include", "", "", "", missing},
	} {
		for _, c := range []struct{ pattern, want string }{
			{"secret", row.unreadable}, {"nope", row.plain}, {"nope*", row.wildcard}, {"{a,nope}", row.brace},
		} {
			text := fmt.Sprintf("global_defs {\n%s\n}\n%s %s\nx", row.before, row.keyword, c.pattern)
			if got := errors(text); got != c.want {
				t.Errorf("%s: errors %q, want %q", text, got, c.want)
			}
		}
	}
	if got := errors("global_defs {\ninclude_check match foo\n}"); got != "include-check" {
		t.Errorf("a wrong word of include_check: errors %q", got)
	}
}

// unreadable refuses to read the file "secret".
type unreadable struct{ memory }

func (u unreadable) with(text string) unreadable {
	u.memory["f"] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	return u
}

func (u unreadable) ReadFile(name string, limit int) ([]byte, error) {
	if name == "secret" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.memory.ReadFile(name, limit)
}

func TestIncludeLimits(t *testing.T) {
	many := files("a", strings.Repeat("include b\n", 100), "b", strings.Repeat("include c\n", 100), "c", "x")
	_, diags := parseIn(many, "include a")
	if got := brief(diags); got == "" || !strings.Contains(diags[0].Text, "limit Files = 4096") {
		t.Errorf("many includes: %s", got)
	}
	deep := memory{}
	for i := range 50 {
		deep[fmt.Sprint(i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "x%d\ninclude %d", i, i+1), Mode: 0o644}
	}
	_, diags = parseIn(deep, "include 0")
	if got := brief(diags); got == "" || !strings.Contains(diags[0].Text, "limit IncludeDepth = 32") {
		t.Errorf("deep includes: %s", got)
	}
	if _, diags = parseIn(memory{}, "include "+strings.Repeat("{a,b}", 30)); brief(diags) != "1:1 include-pattern, 0:0 file-empty" &&
		brief(diags) != "1:1 include-pattern" {
		t.Errorf("2^30 alternatives: %s", brief(diags))
	}
}

// Real files: several main files, a missing one, a directory, a relative name.
func TestRealFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	one := write("one", "a {\n")
	two := write("two", "b\ninclude sub/*\ninclude nothing/*")
	write("sub/three", "c ${_PWD}")
	empty := write("empty", "# nothing\n")
	doc, diags := Parse([]string{one, two, filepath.Join(dir, "none"), dir, empty}, Options{})
	if got, want := dump(doc.Statements), "a {}; b; c "+filepath.Join(dir, "sub"); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if got, want := brief(diags), "1:1 brace-missing, 0:0 file-missing, 0:0 file-unreadable, 0:0 file-empty"; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
	for _, d := range diags {
		if d.Severity != Error || d.Remedy == "" || !strings.HasPrefix(d.Pos.File, dir) {
			t.Errorf("want an error with file and remedy: %s", d.Format())
		}
	}
	if len(doc.Files) != 4 || doc.Files[1].Lines != 3 || doc.Files[1].Bytes != 33 {
		t.Errorf("files %+v", doc.Files)
	}
}
