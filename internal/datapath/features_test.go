package datapath

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
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
		{"on a bridge", [2]int{2, 2}, func(t *testing.T) bool { return receivesOn(t, &netlink.Bridge{}, true) }},
		{"on a macvlan", [2]int{2, 6}, func(t *testing.T) bool {
			return receivesOn(t, &netlink.Macvlan{Mode: netlink.MACVLAN_MODE_BRIDGE}, false)
		}},
	} {
		have := f.have(t)
		word := map[bool]string{true: "yes", false: "no"}[have]
		t.Logf("feature %s: since %d.%d: %s", f.name, f.since[0], f.since[1], word)
		if want := running[0] > f.since[0] || running[0] == f.since[0] && running[1] >= f.since[1]; have != want {
			t.Errorf("%s on %d.%d: %s, want %v", f.name, running[0], running[1], word, want)
		}
	}
}

// TestOptionalDevices receives on devices that a kernel may be built without;
// those that tools/kernels boots have them.
func TestOptionalDevices(t *testing.T) {
	for _, c := range []struct {
		name    string
		since   string
		device  netlink.Link
		enslave bool
		tags    []uint16
	}{
		{"on a VLAN device", "2.4", &netlink.Vlan{VlanId: 7, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q}, false, []uint16{7}},
		{"on a bond", "2.2", activeBackup(), true, nil},
	} {
		word := "yes"
		if !receivesOn(t, c.device, c.enslave, c.tags...) {
			word = "no such device"
		}
		t.Logf("feature %s: since %s: %s", c.name, c.since, word)
	}
}

func activeBackup() netlink.Link {
	b := netlink.NewLinkBond(netlink.LinkAttrs{})
	b.Mode, b.Miimon = netlink.BOND_MODE_ACTIVE_BACKUP, 10
	return b
}

// receivesOn receives on a device over eth0 in every mode that auto may take;
// false when the kernel does not know the kind of device.
func receivesOn(t *testing.T, dev netlink.Link, enslave bool, tags ...uint16) bool {
	t.Helper()
	for _, want := range []Mode{Auto, TC, Socket} {
		l, d := newLAN(t), load(t, Config{Fence: true})
		*dev.Attrs() = netlink.NewLinkAttrs()
		dev.Attrs().Name = "over0"
		if !enslave {
			dev.Attrs().ParentIndex = l.ifindex
		}
		if err := l.Netlink().LinkAdd(dev); errors.Is(err, unix.EOPNOTSUPP) {
			return false
		} else if err != nil {
			t.Fatalf("make a %s: %v", dev.Type(), err)
		}
		if enslave {
			l.Down("eth0") // a bond takes only what is down
			if err := l.Netlink().LinkSetMaster(l.Link("eth0"), dev); err != nil {
				t.Fatal(err)
			}
			l.Up("eth0")
		}
		l.Up("over0")
		l.ifindex = l.Index("over0")
		if err := l.Netlink().LinkSetAllmulticastOn(l.Link("over0")); err != nil {
			t.Fatal(err)
		}
		var used Mode
		l.Do(func() {
			var err error
			if err = d.SetRouters([]Router{l.router(7)}); err != nil {
				t.Fatal(err)
			}
			if used, err = d.Attach(l.ifindex, want); err != nil {
				t.Fatalf("attach to a %s: %v", dev.Type(), err)
			}
		})
		if want == Auto {
			t.Logf("auto on a %s is %s", dev.Type(), used)
		}
		if dev.Type() == "bond" {
			l.Do(func() {
				if _, err := d.Attach(l.ifindex, XDP); err == nil {
					t.Error("native XDP on a bond, where it hears nothing")
				}
				if _, err := d.Attach(l.ifindex, want); err != nil { // an attempt in vain detaches
					t.Fatal(err)
				}
			})
		}
		sink := &recorder{}
		start(t, d, sink)
		testnet.Eventually(t, patience, func() error { // a bond waits for its carrier
			l.send(t, frame(advert(7, "192.0.2.9", nil), tags...))
			return sink.heardAtLeast(1)()
		})
	}
	return true
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
