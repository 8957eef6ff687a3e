package keepalived

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// small limits make the fuzzer reach them.
var small = Limits{
	FileBytes: 1 << 16, TotalBytes: 1 << 18, Files: 40, IncludeDepth: 4, LineBytes: 4096, Replacements: 64,
	Nesting: 5, Generated: 2000, ExpandedBytes: 1 << 18, BlockDepth: 12, Statements: 4000, Words: 8000, Diagnostics: 50,
}

var seeds = []string{
	"vrrp_instance VI_1 {\n    state MASTER\n    virtual_ipaddress { 10.0.0.1/24 dev eth0 }\n}\n",
	"auth_pass a!b\\#c \"d!e\" # f\n",
	"$A=1 \\\n@main b ${C} \\\n\n$C=${_RANDOM 1 3}${_ENV HOME}\nx $A\n",
	"~SEQ(i,1,3) ~LST({a,b},{1,2},{3}) x${i}_$a $b {\n}\n",
	"include {a,b}\nincludem n*\nglobal_defs {\ninclude_check match -read\nrandom_seed 4\n}",
	"x {{ a.b }} %VIP% <ip> ${Y} {% for %}\n",
	"@a b\n@^a c\n\"unclosed\n'single { \"\n} } {\n",
	"script \"/bin/sh -c 'a \\\"b\\\"'\" user\r\n\x00\n\xef\xbb\xbf",
}

// FuzzParse: no panic, no hang, positions inside the files, limits kept.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, seeds[0])
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		dir := files("a", other, "b", "include a\nx ${A}")
		start := time.Now()
		dir["f"] = files("", text)[""]
		doc, diags := Parse([]string{"f"}, Options{ConfigID: "a", Files: dir, Limits: small, Seed: 1,
			Env: func(string) (string, bool) { return "e", true }})
		if d := time.Since(start); d > 5*time.Second {
			t.Fatalf("took %v", d)
		}
		sources := map[string]string{"f": text, "a": other, "b": "include a\nx ${A}"}
		if err := checkPositions(sources, doc, diags); err != nil {
			t.Fatal(err)
		}
		statements, words := measure(doc.Statements)
		if statements > small.Statements || words > small.Words || len(diags) > small.Diagnostics+2 {
			t.Fatalf("%d statements, %d words, %d diagnostics", statements, words, len(diags))
		}
		if statements == 0 && len(diags) == 0 {
			t.Fatal("nothing read and nothing said")
		}
		for _, d := range diags {
			checkFormat(t, d)
		}
	})
}

func measure(list []*Statement) (statements, words int) {
	for _, s := range list {
		n, m := measure(s.Block)
		statements, words = statements+n+1, words+m+len(s.Words)
	}
	return statements, words
}

// checkFormat: nothing that a terminal obeys, and a caret within the line.
func checkFormat(t *testing.T, d Diagnostic) {
	t.Helper()
	if d.Code == "" || d.Text == "" || d.Severity < Note || d.Severity > Error {
		t.Fatalf("incomplete diagnostic %+v", d)
	}
	text := d.Format()
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		t.Fatalf("control characters in %q", text)
	}
}

// FuzzSplitCommand: no panic; what it yields can be run.
func FuzzSplitCommand(f *testing.F) {
	for _, c := range commandCases {
		f.Add(c.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		argv, rest, err := SplitCommand(raw)
		if err != nil {
			if argv != nil || rest != nil {
				t.Fatalf("result beside the error %v", err)
			}
			return
		}
		if len(argv) == 0 || argv[0] == "" {
			t.Fatalf("no command in %q", argv)
		}
		total := 0
		for _, a := range append(argv, rest...) {
			total += len(a)
		}
		if total > len(raw) {
			t.Fatalf("%d bytes out of %d", total, len(raw))
		}
	})
}

// FuzzUncomment: what is left has no comment when read again, except where
// \# became #; columns only grow.
func FuzzUncomment(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, c := uncomment(literal(s, 1), IsCommand)
		if len(got.s) > len(s) || c.column < 0 || c.column > len(s) {
			t.Fatalf("%q became %q, cut %+v", s, got.s, c)
		}
		last := 0
		for i := range len(got.s) {
			c := got.column(i)
			if c <= last || s[c-1] != got.s[i] {
				t.Fatalf("byte %d of %q is said to be at column %d of %q", i, got.s, c, s)
			}
			last = c
		}
	})
}

// A hostile megabyte costs bounded memory.
func TestMemoryIsBounded(t *testing.T) {
	text := strings.Repeat("~SEQ(a,1,9999) ~SEQ(b,1,9999) x ${a} ${b} {\n", 1<<20/45)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	doc, _ := ParseString("f", text, Options{ConfigID: "main"})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 400<<20 {
		t.Errorf("the document of a hostile megabyte holds %d MiB", used>>20)
	}
	runtime.KeepAlive(doc)
}
