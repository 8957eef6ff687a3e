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
			" authentication {\n  auth_type PASS\n  auth_pass " + password + "\n }\n virtual_ipaddress {\n  192.0.2.9/24\n }\n}\n"
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
	for _, f := range found {
		text := f.Format()
		if !strings.Contains(text, "vrrp_instance VI_1 {\n    ^") {
			t.Errorf("no line with a caret:\n%s", text)
		}
		if strings.Contains(text, "first") && f.Code == "peer-auth" || strings.Contains(text, "second") {
			t.Errorf("a password is shown:\n%s", text)
		}
	}
}
