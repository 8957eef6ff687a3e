package test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewriteDocs = flag.Bool("rewrite-docs", false, "write what is not served into docs/migrating.md")

const (
	lackingBegin = "<!-- not served: begin; written by go test ./test -run NotServed -rewrite-docs -->\n"
	lackingEnd   = "<!-- not served: end -->\n"
)

// docs/migrating.md is honest about what has no effect: its list is what
// `xvrrp check` says.
func TestMigratingListsWhatIsNotServed(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "docs", "migrating.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), lackingBegin)
	listed, after, ended := strings.Cut(rest, lackingEnd)
	if !found || !ended {
		t.Fatal("docs/migrating.md has no list of what is not served")
	}
	want := lacking(t)
	switch {
	case listed == want:
	case *rewriteDocs:
		if err := os.WriteFile(path, []byte(before+lackingBegin+want+lackingEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/migrating.md does not list what xvrrp check says is not served; run this test with -rewrite-docs. It is now:\n%s", want)
	}
}

// lacking is what `xvrrp check` says has no effect, a table row for each reason.
func lacking(t *testing.T) string {
	t.Helper()
	// It exits with 1 if something is wrong with the file beside: no matter.
	out, err := exec.Command(binary, "check", "--offline", "--json", "-f", filepath.Join("testdata", "lacking.conf")).Output()
	var report struct {
		Findings []struct{ Code, Text, Remedy string }
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("xvrrp check: %v, %v:\n%s", err, jsonErr, out)
	}
	words := map[string][]string{} // by what to do instead
	for _, f := range report.Findings {
		if f.Code == "not-served" {
			words[f.Remedy] = append(words[f.Remedy], "`"+strings.Fields(f.Text)[0]+"`")
		}
	}
	var b strings.Builder
	b.WriteString("| words | instead |\n| --- | --- |\n")
	for _, why := range slices.Sorted(maps.Keys(words)) {
		slices.Sort(words[why])
		b.WriteString("| " + strings.Join(slices.Compact(words[why]), ", ") + " | " + why + " |\n")
	}
	return b.String()
}
