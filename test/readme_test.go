package test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// README.md shows what the commands answer, with its own configuration, and what
// the log of a takeover is: the same but for the numbers.
func TestReadmeShowsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	page := prose(t)[filepath.Join("..", "README.md")]
	config := regexp.MustCompile("(?s)```\n(vrrp_instance .*?)```").FindStringSubmatch(page)
	if config == nil {
		t.Fatal("the page has no configuration")
	}
	l := newLAN(t, "192.0.2.%d/24")
	for _, n := range l.nodes {
		n.loopback() // it listens there
		n.write("both.conf", strings.ReplaceAll(config[1], "priority 100", map[string]string{"a": "priority 150", "b": "priority 100"}[n.Name]))
	}
	start := func(n *node) *testnet.Process {
		p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "run", "-f", n.dir+"/both.conf")
		says(t, p, "Startup complete", patience)
		return p
	}
	a := start(l.a)
	l.owned("192.0.2.100", "a", patience)
	b := start(l.b)
	says(t, b, "master set to "+l.a.ip, patience)

	asked := 0
	for _, block := range regexp.MustCompile("(?s)```\n(\\$ .*?)```").FindAllStringSubmatch(page, -1) {
		for _, one := range strings.Split(strings.TrimPrefix(block[1], "$ "), "\n$ ") {
			command, shown, _ := strings.Cut(one, "\n")
			command, _, _ = strings.Cut(command, "#")
			on := map[string]*node{"status": l.b, "who": l.c, "drill": l.a}[words(command)[1]]
			if on == nil {
				t.Errorf("nobody is asked %q here", command)
				continue
			}
			asked++
			testnet.Eventually(t, patience, func() error {
				said, code := on.ask(words(command)[1:]...)
				if code != 0 {
					return fmt.Errorf("%s: exit %d\n%s", command, code, said)
				}
				return shows([]string{shown}, said)
			})
		}
	}
	if asked != 3 {
		t.Errorf("%d commands were asked", asked)
	}
	logged := regexp.MustCompile("(?s)```\n(level=INFO .*?)```").FindStringSubmatch(page)
	if logged == nil {
		t.Fatal("the page has no log")
	}
	a.Kill()
	testnet.Eventually(t, patience, func() error {
		_, after, _ := strings.Cut(b.Output(), "level=INFO msg=\"(VI_1) Receive advertisement timeout\"")
		return shows(strings.Split(strings.TrimSpace(logged[1]), "\n")[1:], after)
	})
}
