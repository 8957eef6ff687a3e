package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
)

// What a start would refuse about a script is a finding with a place, so that `xvrrp check` says it before.
func TestLoadLooksAtScripts(t *testing.T) {
	dir := t.TempDir() // below /tmp, which everybody can write
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	script, orphan, file := filepath.Join(dir, "notify.sh"), filepath.Join(dir, "orphan.sh"), filepath.Join(dir, "test.conf")
	for path, text := range map[string]string{
		script: "#!/bin/sh\n",
		orphan: "#!/no/such/shell\n",
		file: "global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_instance VI {\ninterface lo\nvirtual_router_id 1\n" +
			"virtual_ipaddress { 192.0.2.1/24 }\nnotify " + script + "\nnotify_master " + orphan + "\nnotify_backup " + script + " nobody\n}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, findings := Load([]string{file}, "")
	var said []string
	for _, f := range findings {
		if f.Severity == config.Error && f.Code != "loopback" {
			said = append(said, f.String())
		}
	}
	want := []string{file + ":9:1: error: notify: enable_script_security forbids", file + ":10:1: error: notify_master: "}
	if len(said) != len(want) {
		t.Fatalf("%d errors, want %d (as nobody the script gains nothing):\n%s", len(said), len(want), strings.Join(said, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(said[i], want[i]) {
			t.Errorf("%q does not begin with %q", said[i], want[i])
		}
	}
}
