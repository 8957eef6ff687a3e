package law

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type listed struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", Module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all = append(all, p)
	}
}

func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if below, ok := strings.CutSuffix(p, "/..."); ok {
			return path == below || strings.HasPrefix(path, below+"/")
		}
		return path == p
	})
}

func inModule(modules []string, path string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
}

// verdict returns why rule forbids importing path, or "".
func verdict(rule Rule, path string) string {
	own, ours := strings.CutPrefix(path, Module+"/")
	foreign := strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
	switch {
	case matches(TestOnly, own) || inModule(TestOnly, path):
		if ours && matches(rule.Own, own) && own == "internal/testnet" {
			return "" // test/ holds the lab's own helpers for its tests
		}
		return "is for tests only"
	case ours && !matches(rule.Own, own):
		return "is a package of ours that it may not know"
	case !ours && foreign && !inModule(rule.Modules, path):
		return "is a module that it may not use"
	case !ours && !foreign && rule.Pure && !slices.Contains(pure, path):
		return "is not pure"
	}
	return ""
}

func TestImports(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, Module+"/")
		if name == "internal/scratch" || len(p.GoFiles) == 0 {
			continue
		}
		rule, ok := Rules[name]
		if !ok {
			t.Errorf("%s is not in the package map: add it with its one idea, or put the code where it belongs", name)
			continue
		}
		seen++
		for _, path := range p.Imports {
			if why := verdict(rule, path); why != "" {
				t.Errorf("%s imports %s, which %s", name, path, why)
			}
		}
	}
	if seen < 2 {
		t.Fatalf("go list named %d packages of the map", seen)
	}
}

// clocks are the functions of package time that read or wait for a clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// TestPureHasNoClock looks through the sources of pure packages for clocks
// and for go statements.
func TestPureHasNoClock(t *testing.T) {
	files := 0
	for _, p := range packages(t) {
		if !Rules[strings.TrimPrefix(p.ImportPath, Module+"/")].Pure {
			continue
		}
		for _, f := range p.GoFiles {
			files++
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatalf("parse %s: %v", f, err)
			}
			for _, found := range impure(file) {
				t.Errorf("%s: %s", fset.Position(found.Pos()), "a pure package starts no goroutine and reads no clock")
			}
		}
	}
	if files == 0 {
		t.Fatal("no pure package was read")
	}
}

func impure(file *ast.File) []ast.Node {
	var found []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, n)
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// TestTheLawBites proves that the two tests above can fail.
func TestTheLawBites(t *testing.T) {
	for _, c := range []struct{ pkg, path string }{
		{"pkg/vrrp", "net"},
		{"pkg/vrrp", Module + "/internal/engine"},
		{"internal/egress", Module + "/internal/announce"},
		{"internal/egress", "github.com/vishvananda/netlink"},
		{"internal/engine", Module + "/internal/datapath"},
		{"internal/address", Module + "/internal/testnet"},
	} {
		if verdict(Rules[c.pkg], c.path) == "" {
			t.Errorf("%s may import %s", c.pkg, c.path)
		}
	}
	src := "package p\nimport \"time\"\nfunc f() { go f(); time.Now() }\n"
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(impure(file)); got != 2 {
		t.Errorf("the scan found %d of 2 offences", got)
	}
}
