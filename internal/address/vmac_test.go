package address

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// vmacs opens a holder on the host. Its methods must be called inside h.Do.
func vmacs(t *testing.T, h *testnet.Host, journal string) *VMACs {
	t.Helper()
	var v *VMACs
	h.Do(func() {
		var err error
		if v, err = OpenVMACs(journal); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { mustNot(t, v.Close()) })
	return v
}

func ensure(t *testing.T, h *testnet.Host, v *VMACs, want VMAC) (l Link) {
	t.Helper()
	h.Do(func() {
		var err error
		if l, err = v.Ensure("VI_1", want); err != nil {
			t.Fatal(err)
		}
	})
	return l
}

func sysctl(t *testing.T, h *testnet.Host, key string) (value string) {
	t.Helper()
	h.Do(func() {
		text, err := os.ReadFile("/proc/sys/net/" + key)
		if err != nil {
			t.Fatal(err)
		}
		value = strings.TrimSpace(string(text))
	})
	return value
}

// A client sees one machine with the virtual MAC, and the host is afterwards what it was.
func TestVMACOnTheWire(t *testing.T) {
	n := testnet.New(t)
	lan, a, c := n.Switch("lan"), n.Host("a"), n.Host("c")
	lan.Connect(a, "eth0", "192.0.2.1/24")
	lan.Connect(c, "eth0", "192.0.2.9/24")
	a.Sysctl("net/ipv4/conf/all/rp_filter", "1")
	before := sysctl(t, a, "ipv4/conf/eth0/arp_ignore") + sysctl(t, a, "ipv4/conf/eth0/arp_filter")
	v := vmacs(t, a, journalIn(t))
	l := ensure(t, a, v, VMAC{Parent: "eth0", VRID: 51})
	if l.Name != "vrrp.51" || l.MAC.String() != "00:00:5e:00:01:33" || l.Parent != a.Index("eth0") || l.Index != a.Index("vrrp.51") {
		t.Errorf("%+v", l)
	}
	if again := ensure(t, a, v, VMAC{Parent: "eth0", VRID: 51}); again.Index != l.Index {
		t.Errorf("made again: %+v", again)
	}
	if m, ok := a.Link("vrrp.51").(*netlink.Macvlan); !ok || m.Mode != netlink.MACVLAN_MODE_PRIVATE || m.Attrs().RawFlags&unix.IFF_UP == 0 {
		t.Errorf("%+v", m)
	}
	for key, want := range map[string]string{
		"ipv4/conf/vrrp.51/arp_ignore": "1", "ipv4/conf/vrrp.51/accept_local": "1", "ipv4/conf/vrrp.51/rp_filter": "0",
		"ipv4/conf/vrrp.51/promote_secondaries": "1", "ipv6/conf/vrrp.51/disable_ipv6": "1", "ipv4/conf/eth0/arp_ignore": "1",
		"ipv4/conf/eth0/arp_filter": "1", "ipv4/conf/all/rp_filter": "0", "ipv4/conf/eth0/rp_filter": "1",
	} {
		if got := sysctl(t, a, key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}

	h, _ := open(t, a, "")
	claim(t, h, "VI_1", Address{Prefix: netip.MustParsePrefix("192.0.2.10/24"), Interface: l.Name})
	testnet.Eventually(t, 10*time.Second, func() error {
		answers := c.WhoHas("eth0", "192.0.2.10", 100*time.Millisecond)
		if len(answers) != 1 || answers[0].MAC.String() != l.MAC.String() {
			return fmt.Errorf("who has 192.0.2.10: %v", answers)
		}
		return nil
	})
	p := c.Ping("192.0.2.10", 5*time.Millisecond)
	testnet.Eventually(t, 10*time.Second, func() error {
		for _, e := range p.Echoes() {
			if !e.Answered.IsZero() {
				return nil
			}
		}
		return errors.New("no answer to a ping")
	})

	a.Do(func() { mustNot(t, v.Remove("VI_1")) })
	after := sysctl(t, a, "ipv4/conf/eth0/arp_ignore") + sysctl(t, a, "ipv4/conf/eth0/arp_filter")
	if after != before || sysctl(t, a, "ipv4/conf/all/rp_filter") != "1" {
		t.Errorf("settings %s, want %s; all.rp_filter %s", after, before, sysctl(t, a, "ipv4/conf/all/rp_filter"))
	}
	if _, err := a.Host.Index("vrrp.51"); err == nil {
		t.Error("vrrp.51 is still there")
	}
}

func TestVMACForIPv6(t *testing.T) {
	h := host(t, "fe80::1234/64")
	v := vmacs(t, h, "")
	ensure(t, h, v, VMAC{Parent: "eth0", VRID: 51})
	var six Link
	h.Do(func() {
		var err error
		if six, err = v.Ensure("VI_6", VMAC{Parent: "eth0", VRID: 51, IPv6: true}); err != nil {
			t.Fatal(err)
		}
	})
	if six.Name != "vrrp6.51" || six.MAC.String() != "00:00:5e:00:02:33" {
		t.Errorf("%+v", six)
	}
	// The parent's link-local address and no other.
	testnet.Eventually(t, 5*time.Second, func() error {
		h.Do(func() {
			if _, err := v.Ensure("VI_6", VMAC{Parent: "eth0", VRID: 51, IPv6: true}); err != nil {
				t.Fatal(err)
			}
		})
		got := h.Addresses("vrrp6.51")
		for _, own := range h.Addresses("eth0") {
			if len(got) == 1 && got[0] == own {
				return nil
			}
		}
		return fmt.Errorf("vrrp6.51 has %q, eth0 %q", got, h.Addresses("eth0"))
	})
}

func TestVMACOfAKilledPredecessor(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	path := journalIn(t)
	old := vmacs(t, h, path)
	first := ensure(t, h, old, VMAC{Parent: "eth0", VRID: 51})
	h.Do(func() {
		if _, err := old.Ensure("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "vmac52"}); err != nil {
			t.Fatal(err)
		}
	})
	mustNot(t, old.Close())

	v := vmacs(t, h, path)
	if l := ensure(t, h, v, VMAC{Parent: "eth0", VRID: 51}); l.Index != first.Index {
		t.Errorf("made anew: %+v", l)
	}
	h.Do(func() { mustNot(t, v.RemoveInherited()) })
	if _, err := h.Host.Index("vmac52"); err == nil {
		t.Error("vmac52 is an orphan")
	}
	if got := sysctl(t, h, "ipv4/conf/eth0/arp_ignore"); got != "1" {
		t.Errorf("arp_ignore %s while a virtual MAC needs it", got)
	}
	h.Do(func() { mustNot(t, v.Remove("VI_1")) })
	if got := sysctl(t, h, "ipv4/conf/eth0/arp_ignore"); got != "0" {
		t.Errorf("arp_ignore %s at the end", got)
	}
}

// Somebody else's interface of the name is left alone; one that vanished with its parent is made again.
func TestVMACNamesAndReturn(t *testing.T) {
	h := host(t)
	h.Veth("vrrp.51", "other")
	v := vmacs(t, h, "")
	if l := ensure(t, h, v, VMAC{Parent: "eth0", VRID: 51}); l.Name != "vrrp1.51" {
		t.Errorf("%+v", l)
	}
	h.Do(func() {
		if _, err := v.Ensure("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "vrrp.51"}); !errors.Is(err, unix.EEXIST) {
			t.Errorf("a name that is taken: %v", err)
		}
	})
	mustNot(t, h.Netlink().LinkDel(h.Link("eth0")))
	h.Do(func() {
		if _, err := v.Ensure("VI_1", VMAC{Parent: "eth0", VRID: 51}); !errors.Is(err, unix.ENODEV) {
			t.Errorf("without a parent: %v", err)
		}
	})
	h.Veth("eth0", "wire")
	if l := ensure(t, h, v, VMAC{Parent: "eth0", VRID: 51}); l.Parent != h.Index("eth0") {
		t.Errorf("%+v", l)
	}
}
