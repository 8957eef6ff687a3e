package datapath

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// TestFeatures tells what this kernel gives, feature by feature, for the table
// that tools/kernels makes; and each is there from the release that we name in
// doc.go and docs/kernels.md, and absent before.
func TestFeatures(t *testing.T) {
	running := kernelVersion(t)
	d := load(t, Config{Fence: true})
	for _, f := range []struct {
		name  string
		since [2]int
		have  func(t *testing.T) bool
	}{
		{"ring buffer", [2]int{5, 8}, func(*testing.T) bool { return d.ring != nil }},
		{"BPF timer", [2]int{5, 15}, func(*testing.T) bool { return d.waker != nil }},
		{"XDP native, frames of several buffers", [2]int{5, 18}, func(t *testing.T) bool { return receives(t, XDP) }},
		{"XDP generic", [2]int{5, 18}, func(t *testing.T) bool { return receives(t, XDPGeneric) }},
		{"clsact", [2]int{4, 5}, hasClsact},
		{"tcx", [2]int{6, 6}, func(t *testing.T) bool { return newLAN(t).hasTCX(t) && receives(t, TC) }},
		{"fence, what arrives", [2]int{5, 18}, func(*testing.T) bool { return d.lease != nil }},
		{"fence, what the host sends", [2]int{6, 6}, hasEgress},
		{"packet socket", [2]int{2, 2}, func(t *testing.T) bool { return receives(t, Socket) }},
	} {
		have := f.have(t)
		word := map[bool]string{true: "yes", false: "no"}[have]
		t.Logf("feature %s: since %d.%d: %s", f.name, f.since[0], f.since[1], word)
		if want := running[0] > f.since[0] || running[0] == f.since[0] && running[1] >= f.since[1]; have != want {
			t.Errorf("%s on %d.%d: %s, want %v", f.name, running[0], running[1], word, want)
		}
	}
}

func kernelVersion(t testing.TB) (v [2]int) {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	release := string(bytes.TrimRight(u.Release[:], "\x00"))
	if _, err := fmt.Sscanf(release, "%d.%d", &v[0], &v[1]); err != nil {
		t.Fatalf("kernel release %q: %v", release, err)
	}
	return v
}

// receives attaches in a mode and checks that an advert comes in.
func receives(t *testing.T, m Mode) bool {
	t.Helper()
	l, d := newLAN(t), load(t, Config{Fence: true})
	l.attach(t, d, m, m)
	l.hears(t, d)
	return true
}

func hasClsact(t *testing.T) (has bool) {
	t.Helper()
	l, d := newLAN(t), load(t, Config{})
	l.Do(func() {
		a, err := d.attachClsact(l.ifindex)
		if err != nil {
			t.Logf("clsact: %v", err)
			return
		}
		has = a.alive()
		if err := a.filter.release(); err != nil {
			t.Error(err)
		}
		if err := netlink.QdiscDel(clsactQdisc(l.ifindex)); err != nil {
			t.Error(err)
		}
	})
	return has
}

func hasEgress(t *testing.T) bool {
	t.Helper()
	l, d := newLAN(t), load(t, Config{Fence: true})
	l.attach(t, d, XDP, XDP)
	return d.attached[l.ifindex].egress != nil
}
