package command

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSecure(t *testing.T) {
	// A test's usual directory is below one that everybody may write.
	safe, err := os.MkdirTemp("/var/lib", "xvrrp-secure-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(safe); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(safe, 0o755); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(safe, name) }
	write(t, at("good"), "#!/bin/sh\n", 0o755)
	write(t, at("all"), "#!/bin/sh\n", 0o757)
	write(t, at("group"), "#!/bin/sh\n", 0o775)
	write(t, at("rootgroup"), "#!/bin/sh\n", 0o775)
	write(t, at("owned"), "#!/bin/sh\n", 0o755)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chown(at("group"), 0, 65534))
	must(os.Chown(at("owned"), 65534, 0))
	must(os.Mkdir(at("open"), 0o755))
	write(t, at("open/script"), "#!/bin/sh\n", 0o755)
	must(os.Chmod(at("open"), 0o777))
	must(os.Symlink("good", at("link")))
	must(os.Symlink("open/script", at("badlink")))
	must(os.Symlink("loop", at("loop")))
	must(os.Symlink("../../../../../"+at("good"), at("up")))
	must(os.Symlink(safe, at("dirlink")))

	for _, c := range []struct {
		path string
		uid  uint32
		ok   bool
	}{
		{at("good"), 0, true},
		{"/usr/bin/env", 0, true},
		{"/bin/sh", 0, true}, // a link on merged-/usr systems
		{at("rootgroup"), 0, true},
		{at("link"), 0, true},
		{at("up"), 0, true},
		{at("dirlink/good"), 0, true},
		{at("all"), 0, false},
		{at("group"), 0, false},
		{at("owned"), 0, false},
		{at("open/script"), 0, false},
		{at("badlink"), 0, false},
		{at("dirlink/all"), 0, false},
		{at("loop"), 0, false},
		{at("missing"), 0, false},
		{at("open/script"), 65534, true}, // not as root: nothing to gain
	} {
		err := Secure(c.path, c.uid)
		if (err == nil) != c.ok {
			t.Errorf("%s as %d: %v, want ok %v", c.path, c.uid, err, c.ok)
		}
	}
	if err := Secure(at("all"), 0); !errors.Is(err, ErrInsecure) {
		t.Errorf("not ErrInsecure: %v", err)
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		user, group string
		want        Identity
		ok          bool
	}{
		{"root", "", Identity{UID: 0, GID: 0}, true},
		{"nobody", "", Identity{UID: 65534, GID: 65534}, true},
		{"nobody", "root", Identity{UID: 65534, GID: 0}, true},
		{"0", "", Identity{}, true},
		{"4242", "4243", Identity{UID: 4242, GID: 4243}, true},
		{"no_such_user_here", "", Identity{}, false},
		{"nobody", "no_such_group_here", Identity{}, false},
	} {
		got, err := Resolve(c.user, c.group, false)
		if (err == nil) != c.ok || err == nil && (got.UID != c.want.UID || got.GID != c.want.GID) {
			t.Errorf("%s:%s: %+v, %v", c.user, c.group, got, err)
		}
	}
}
