package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// prose are the pages for people, by their path from here.
func prose(t *testing.T) map[string]string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("..", "docs", "*.md"))
	if err != nil || len(pages) < 10 {
		t.Fatalf("pages: %q, %v", pages, err)
	}
	all := map[string]string{}
	for _, p := range append(pages, filepath.Join("..", "README.md")) {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all[p] = string(text)
	}
	return all
}

// Every link to a file leads somewhere.
func TestDocsLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	seen := 0
	for page, text := range prose(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)\s#]+)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d links were found", seen)
	}
}

// Every command that the pages have a reader type exists, and has the options
// that it is typed with.
func TestDocsCommandsExist(t *testing.T) {
	t.Parallel()
	help := map[string]string{}
	of := func(command string) string {
		if _, asked := help[command]; !asked {
			out, err := exec.Command(binary, command, "--help").CombinedOutput()
			if err != nil {
				out = nil
			}
			help[command] = string(out)
		}
		return help[command]
	}
	// In code spans and in the lines of blocks.
	typed := regexp.MustCompile("(?m)(?:`|^\\$ |^)xvrrp ((?:--?[a-z-]+ \\S+ )*)([a-z]+)\\b([^`\n#]*)")
	option := regexp.MustCompile(`(?:^|[\s\[])(--?[a-z][a-z-]*)`)
	for page, text := range prose(t) {
		for _, m := range typed.FindAllStringSubmatch(text, -1) {
			command, rest := m[2], m[3]
			if strings.HasPrefix(strings.TrimSpace(rest), "{") || strings.HasPrefix(m[0], "xvrrp") && !knownCommand(command) {
				continue // the block of the configuration; prose
			}
			words := of(command)
			if words == "" {
				t.Errorf("%s: there is no command %q: %s", page, command, m[0])
				continue
			}
			for _, o := range option.FindAllStringSubmatch(rest, -1) {
				if !regexp.MustCompile(`(?m)(^|[\s,])`+regexp.QuoteMeta(o[1])+`([\s,]|$)`).MatchString(words) && !globalOption(o[1]) {
					t.Errorf("%s: xvrrp %s has no option %s: %s", page, command, o[1], m[0])
				}
			}
		}
	}
	for _, c := range []string{"run", "check", "status", "explain", "events", "who", "watch", "doctor", "drill", "advise"} {
		if help[c] == "" {
			t.Errorf("no page has its reader type xvrrp %s", c)
		}
	}
}

// knownCommand tells whether the program lists the word.
func knownCommand(word string) bool {
	out, err := exec.Command(binary, "--generate-bash-completion").Output()
	return err == nil && regexp.MustCompile(`(?m)^`+word+`(:|$)`).Match(out)
}

func globalOption(o string) bool {
	out, err := exec.Command(binary, "--help").Output()
	return err == nil && regexp.MustCompile(`(?m)[\s,]`+regexp.QuoteMeta(o)+`[\s,]`).Match(out)
}

// What docs/troubleshooting.md says that check says, it says: the files are in
// testdata. The page may leave lines out; those that it has come in this order.
func TestTroubleshootingShowsWhatCheckSays(t *testing.T) {
	t.Parallel()
	page := prose(t)[filepath.Join("..", "docs", "troubleshooting.md")]
	blocks := regexp.MustCompile("(?s)```\n\\$ xvrrp (check -f a.conf --peer b.conf)\n(.*?)```").FindAllStringSubmatch(page, -1)
	cases := []string{"case2", "case4"}
	if len(blocks) != len(cases) {
		t.Fatalf("the page shows %d outputs of check, testdata has %d", len(blocks), len(cases))
	}
	l := newLAN(t, case1Network)
	l.a.AddAddress("eth0", "2001:db8::1/64")
	for i, c := range cases {
		said := checkIn(t, l.a, filepath.Join("testdata", "troubleshooting", c))
		if err := inOrder(blocks[i][2], said); err != nil {
			t.Errorf("%s: %v\ncheck says:\n%s", c, err, said)
		}
	}
	for _, n := range strings.Fields("F1. F2. F3. F4. F5. F6. F7. F8. F9. F10. F11. F12. F13. F14.") {
		if !strings.Contains(page, "\n**"+n+" ") {
			t.Errorf("the page does not answer %s", n)
		}
	}
}

// checkIn runs the two files of a directory, on a node.
func checkIn(t *testing.T, n *node, dir string) string {
	t.Helper()
	for _, name := range []string{"a.conf", "b.conf"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		n.write(name, string(text))
	}
	cmd := exec.Command(binary, "check", "-f", "a.conf", "--peer", "b.conf")
	cmd.Dir = n.dir
	p := n.StartCmd(cmd)
	if err := p.Wait(patience); err != nil {
		t.Fatalf("check: %v\n%s", err, p.Output())
	}
	return p.Output()
}

// inOrder fails for the first line of the shown text that is not in the rest
// of what was said.
func inOrder(shown, said string) error {
	rest := strings.Split(said, "\n")
next:
	for line := range strings.Lines(shown) {
		line = strings.TrimSuffix(line, "\n")
		if line == "..." {
			continue
		}
		for i, have := range rest {
			if have == line {
				rest = rest[i+1:]
				continue next
			}
		}
		return fmt.Errorf("the page shows a line that is not said, or not there: %q", line)
	}
	return nil
}
