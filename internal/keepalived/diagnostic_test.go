package keepalived

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// Every testdata/diagnostics/*.conf is read; what is said about it, as an
// operator sees it, stands beside it in *.golden.
func TestDiagnosticsGolden(t *testing.T) {
	t.Chdir("testdata/diagnostics")
	names, err := filepath.Glob("*.conf")
	if err != nil || len(names) < 8 {
		t.Fatalf("files %v, error %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			_, diags := Parse([]string{name}, Options{ConfigID: "main",
				Env: func(string) (string, bool) { return "", false }})
			var b strings.Builder
			for _, d := range diags {
				b.WriteString(d.Format())
			}
			golden := strings.TrimSuffix(name, ".conf") + ".golden"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("says\n%swant\n%s", b.String(), want)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		line      string
		column    int
		want, pad string
	}{
		{"abc", 2, "abc", " "},
		{"\ta\tb", 4, "\ta\tb", "\t \t"},
		{"é b", 4, "é b", "  "},
		{"a\x1b[31mb\xffc\u0085d", 7, "a?[31mb?c?d", "      "},
		{"abc", 9, "abc", "   "},
		{"", 1, "", ""},
	} {
		line, pad := excerpt(c.line, c.column)
		if line != c.want || pad != c.pad {
			t.Errorf("%q, column %d: %q, %q; want %q, %q", c.line, c.column, line, pad, c.want, c.pad)
		}
	}
	long := strings.Repeat("é", 500) + "HERE" + strings.Repeat("x", 500)
	line, pad := excerpt(long, 1001)
	at := len([]rune(pad))
	if r := []rune(line); !slices.Equal(r[at:at+4], []rune("HERE")) || len(line) > maxExcerpt+20 {
		t.Errorf("the caret stands under %q of %q", string(r[at:at+4]), line)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	const text = "authentication { auth_type PASS auth_pass \"s3cret!\" }\nauth_hmac {\nkey 1 hex:s3cret#0\n}\nauth_pass s3cret!x\n"
	doc, diags := ParseString("f", text, Options{})
	var lines []string
	for _, s := range append(doc.Statements, doc.Statements[1].Block...) {
		lines = append(lines, s.Line)
	}
	for _, d := range diags {
		lines = append(lines, d.Format())
	}
	if all := strings.Join(lines, "\n"); strings.Contains(all, "s3cret") {
		t.Errorf("a password is shown in\n%s", all)
	}
	if want := `authentication { auth_type PASS auth_pass "*******" }`; len(lines) < 5 || len(diags) != 2 ||
		strings.Count(lines[0], "*") != 6 {
		t.Errorf("%d diagnostics, line %s, want %s", len(diags), lines[0], want)
	}
}

func TestStrings(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Pos{}.String(), ""}, {Pos{File: "f"}.String(), "f"}, {Pos{"f", 2, 0}.String(), "f:2"}, {Pos{"f", 2, 3}.String(), "f:2:3"},
		{Note.String(), "note"}, {Warning.String(), "warning"}, {Error.String(), "error"},
		{Diagnostic{Code: "c", Severity: Note, Pos: Pos{"f", 2, 3}, Text: "t"}.Format(), "f:2:3: note: t [c]\n"},
		{Step{StepInclude, "x", Pos{"f", 2, 3}}.String(), "included from f:2:3"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
