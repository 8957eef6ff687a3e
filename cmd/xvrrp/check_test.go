package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shared = `@lba $PRIO=150
@lbb $PRIO=100
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority $PRIO
    priorty 3
    virtual_ipaddress { 192.0.2.100/24 }
}
`

// One file for several nodes is held against itself, under the id of each.
func TestCheckSharedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shared.conf")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(shared, "    priorty 3\n", "    smtp_alert\n", 1))
	out, err := try(t, "check", "--offline", "-f", file, "-i", "lba", "--peer", file+"@lbb")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"all is well:       lba", "lba dies:          lbb"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out, "smtp_alert has no effect"); n != 1 {
		t.Errorf("what is wrong with the one file is said %d times:\n%s", n, out)
	}

	out, err = try(t, "check", "--offline", "-f", file, "-i", "lba", "--peer", file+"@lbc")
	if exitOf(err) != exitFailed || !strings.Contains(out, `$PRIO is defined for @lba, @lbb only, and this host's id is "lbc"`) {
		t.Errorf("an id that the file does not know: %v\n%s", err, out)
	}

	named := file + "@lbb" // a file of that name is that file
	if err := os.WriteFile(named, []byte(strings.NewReplacer("    priorty 3\n", "", "$PRIO\n", "90\n").Replace(shared)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ = try(t, "check", "--offline", "-f", file, "-i", "lba", "--peer", named); !strings.Contains(out, "shared.conf dies: ") {
		t.Errorf("the file with an @ in its name was not read:\n%s", out)
	}
}
