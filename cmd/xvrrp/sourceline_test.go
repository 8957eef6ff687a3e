package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
)

// What two nodes' files disagree in is shown with its line and a caret, and
// without the passwords that differ.
func TestPeerFindingsShowTheirLine(t *testing.T) {
	node := func(name, password string) *config.Settings {
		path := filepath.Join(t.TempDir(), name)
		text := "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 100\n" +
			" authentication { auth_type PASS\n auth_pass " + password + " }\n virtual_ipaddress {\n  192.0.2.9/24\n }\n}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, found := config.Load([]string{path}, config.Options{})
		if config.Failed(found) {
			t.Fatal(found)
		}
		return s
	}
	found := withLines(config.Compare([]*config.Settings{node("a", "first"), node("b", "second")}).Findings)
	if len(found) == 0 {
		t.Fatal("two passwords and nothing is found")
	}
	shown := map[string]string{"peer-auth": "     authentication {\n     ^\n", "peer-equal": "     priority 100\n     ^\n"}
	for _, f := range found {
		text := f.Format()
		if want, one := shown[f.Code]; one && !strings.Contains(text, want) {
			t.Errorf("no line with a caret:\n%s", text)
		}
		delete(shown, f.Code)
		if strings.Contains(text, "first") && f.Code == "peer-auth" || strings.Contains(text, "second") {
			t.Errorf("a password is shown:\n%s", text)
		}
	}
	if len(shown) > 0 {
		t.Errorf("nothing was found of %v", shown)
	}
}

// Of a line that holds more than the keyword, nothing is shown that could be a
// secret.
func TestLinesKeepSecrets(t *testing.T) {
	for _, c := range []struct {
		line, word, shown string
	}{
		{"    authentication { auth_type PASS auth_pass hush }", "authentication", "    authentication {"},
		{"vrrp_instance VI_1 { authentication { auth_pass hush } advert_int 1 }", "advert_int", ""},
		{"vrrp_instance VI_1 { authentication { auth_pass hush } }", "vrrp_instance", "vrrp_instance VI_1 {"},
		{"    advert_int 1\r", "advert_int", "    advert_int 1"},
	} {
		if got := harmless(c.line, strings.Index(c.line, c.word)+1); got != c.shown {
			t.Errorf("of %q at %s is shown %q, want %q", c.line, c.word, got, c.shown)
		}
	}
}
