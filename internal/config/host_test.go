package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestThisHost asks the machine that the test runs on.
func TestThisHost(t *testing.T) {
	dir := t.TempDir()
	plain, tool, open, key := filepath.Join(dir, "plain"), filepath.Join(dir, "tool"), filepath.Join(dir, "open"), filepath.Join(dir, "key")
	for path, mode := range map[string]os.FileMode{plain: 0o644, tool: 0o755, open: 0o755, key: 0o600} {
		if err := os.WriteFile(path, []byte("0123456789abcdef0123456789abcdef\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	text := "global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_script c {\nscript " + open + "\n}\nvrrp_script a {\nscript " + plain + "\n}\nvrrp_script b {\nscript \"" + tool + " x\"\nuser root\n}\n" +
		"vrrp_instance VI {\ninterface lo\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1/24 }\n" +
		"auth_hmac {\nkey 1 file:" + key + "\nactive_key 1\n}\ntrack_script {\na\nb\nc\n}\nnotify \"" + dir + "\" no-such-user\n}\n" +
		"vrrp_instance W {\ninterface nosuch0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.2/24 }\n" +
		"use_vmac group no-such-group\n}\nvrrp_instance X {\ninterface lo\nvirtual_router_id 2\nvirtual_ipaddress { 192.0.2.3/24 use_vmac group default }\nuse_vmac group 7\n}\n"
	file := filepath.Join(dir, "test.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	host := ThisHost()
	host.Executable = func(path string) error {
		if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return errors.New("that is none")
		}
		return nil
	}
	host.Insecure = func(path, user string) error {
		if path == open {
			return errors.New("all can write it, as " + user)
		}
		return nil
	}
	s, findings := Load([]string{file}, host)
	said := formatAll(findings)
	for _, want := range []string{
		`vrrp_script a: "` + plain + `" cannot be run: that is none`, `notify: "` + dir + `" cannot be run: that is none`, "loopback interface",
		`vrrp_script c: enable_script_security forbids to run "` + open + `" as root: all can write it, as root`,
		`interface "nosuch0" does not exist`, `interface group "no-such-group" is neither`, `no user "no-such-user"`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if strings.Count(said, "interface group") != 1 {
		t.Errorf("a good group is blamed:\n%s", said)
	}
	if strings.Contains(said, tool) {
		t.Errorf("a good script is blamed:\n%s", said)
	}
	if got := s.Instances[0].Auth.HMAC.Keys[0].Key.Reveal(); got != "0123456789abcdef0123456789abcdef" {
		t.Errorf("the key's file was read as %d bytes", len(got))
	}
}
