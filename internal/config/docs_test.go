package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docExample is one code of docs/checks.md with its examples: none, one
// configuration, or those of two nodes.
type docExample struct {
	code, severity string
	onHost         bool
	texts          []string
}

var (
	docHeading = regexp.MustCompile("(?m)^### `([a-z0-9-]+)` \\((note|warning|error)\\)$")
	docFence   = regexp.MustCompile("(?s)```conf([^\n]*)\n(.*?)```")
)

func checksDoc(t *testing.T) []docExample {
	t.Helper()
	text, err := os.ReadFile("../../docs/checks.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []docExample
	parts := docHeading.FindAllStringSubmatchIndex(string(text), -1)
	for n, p := range parts {
		end := len(text)
		if n+1 < len(parts) {
			end = parts[n+1][0]
		}
		e := docExample{code: string(text[p[2]:p[3]]), severity: string(text[p[4]:p[5]])}
		for _, f := range docFence.FindAllStringSubmatch(string(text[p[1]:end]), -1) {
			e.onHost = e.onHost || strings.TrimSpace(f[1]) == "host"
			e.texts = append(e.texts, f[2])
		}
		out = append(out, e)
	}
	return out
}

// TestDocsListEveryCode compares the codes in the sources with those in the
// documentation.
func TestDocsListEveryCode(t *testing.T) {
	var documented []string
	for _, e := range checksDoc(t) {
		documented = append(documented, e.code)
	}
	inCode := append(codesIn(t, "codes.go", regexp.MustCompile(`= "([a-z0-9-]+)"`)), lexerCodes(t)...)
	slices.Sort(inCode)
	inCode = slices.Compact(inCode)
	for _, c := range inCode {
		if !slices.Contains(documented, c) {
			t.Errorf("docs/checks.md does not explain %s", c)
		}
	}
	for _, c := range documented {
		if !slices.Contains(inCode, c) {
			t.Errorf("docs/checks.md explains %s, which nothing reports", c)
		}
	}
}

func codesIn(t *testing.T, file string, pattern *regexp.Regexp) (out []string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pattern.FindAllStringSubmatch(string(src), -1) {
		out = append(out, m[1])
	}
	return out
}

// lexerCodes are the codes of package keepalived.
func lexerCodes(t *testing.T) (out []string) {
	files, err := filepath.Glob("../keepalived/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("sources of package keepalived: %v", err)
	}
	calls := regexp.MustCompile(`(?:Code:\s+|d\.Code, d\.Text, d\.Remedy = |(?:warn|complain)\((?:[^"\n]*?, ))"([a-z0-9-]+)"`)
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			out = append(out, codesIn(t, f, calls)...)
		}
	}
	return out
}

// TestDocsExamples reads every example and wants its code.
func TestDocsExamples(t *testing.T) {
	lexical := lexerCodes(t)
	without := []string{codeEmptyFile, codeHostUnknown, codeTooMany}
	for _, e := range checksDoc(t) {
		t.Run(e.code, func(t *testing.T) {
			if len(e.texts) == 0 {
				if !slices.Contains(lexical, e.code) && !slices.Contains(without, e.code) {
					t.Error("there is no example")
				}
				return
			}
			found := exampleFindings(t, e)
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == e.code && f.Severity.String() == e.severity }) {
				t.Errorf("no %s with this code among:\n%s", e.severity, formatAll(found))
			}
		})
	}
}

func exampleFindings(t *testing.T, e docExample) []Finding {
	t.Helper()
	if len(e.texts) == 1 {
		opt := inMemory(map[string]string{"example.conf": e.texts[0]})
		if e.onHost {
			opt = onLabHost(opt)
		}
		_, findings := Load([]string{"example.conf"}, opt)
		return findings
	}
	texts := map[string]string{"a.conf": e.texts[0], "b.conf": e.texts[1]}
	a := mustLoad(t, []string{"a.conf"}, inMemory(texts))
	b := mustLoad(t, []string{"b.conf"}, inMemory(texts))
	return Compare([]*Settings{a, b}).Findings
}

// onLabHost adds a host with two interfaces, a few accounts and programs.
func onLabHost(opt Options) Options {
	opt.Interfaces = func() ([]HostInterface, error) {
		return []HostInterface{
			{Name: "lo", MTU: 65536, Loopback: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}},
			{Name: "eth0", MTU: 1500, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("fe80::2/64")}},
			{Name: "eth1", MTU: 1500},
		}, nil
	}
	known := func(names ...string) func(string) error {
		return func(name string) error {
			if slices.Contains(names, name) {
				return nil
			}
			return errors.New("not known here")
		}
	}
	opt.User, opt.Group = known("root", "nobody"), known("root", "nogroup")
	opt.Executable = known("/usr/bin/true", "/usr/bin/pgrep", "/usr/bin/logger", "/tmp/notify.sh")
	opt.Insecure = func(path, _ string) error { return known("/usr/bin/true", "/usr/bin/pgrep", "/usr/bin/logger")(path) }
	opt.ReadKey = func(path string) ([]byte, fs.FileMode, error) {
		if path == "/etc/keepalived/exposed.key" {
			return []byte("a-key-of-at-least-thirty-two-bytes\n"), 0o644, nil
		}
		return nil, 0, fs.ErrNotExist
	}
	return opt
}
