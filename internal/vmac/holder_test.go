package vmac

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// notes is a guard that only writes down what it is asked for.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) note(format string, args ...any) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, fmt.Sprintf(format, args...))
	return nil
}

func (n *notes) Silence(index int) error              { return n.note("silence %d", index) }
func (n *notes) Borrow(index int, a netip.Addr) error { return n.note("borrow %d %v", index, a) }
func (n *notes) Forget(index int) error               { return n.note("forget %d", index) }

func (n *notes) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.list, "; ")
}

// box is a holder on a host with eth0.
type box struct {
	*testnet.Host
	t *testing.T
	*Holder
	notes notes
}

func newHost(t *testing.T) *testnet.Host {
	t.Helper()
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	return h
}

func open(t *testing.T, h *testnet.Host, journal string) *box {
	t.Helper()
	b := &box{Host: h, t: t}
	h.Do(func() {
		var err error
		b.Holder, err = Open(Config{Journal: journal, Guard: &b.notes})
		must(t, err)
	})
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *box) ensure(owner string, want VMAC) (l Link) {
	b.t.Helper()
	l, err := b.try(owner, want)
	must(b.t, err)
	return l
}

func (b *box) try(owner string, want VMAC) (l Link, err error) {
	b.t.Helper()
	b.Do(func() { l, err = b.Ensure(owner, want) })
	return l, err
}

func (b *box) drop(owner string) {
	b.t.Helper()
	b.Do(func() { must(b.t, b.Remove(owner)) })
}

func (b *box) sysctls(want map[string]string) {
	b.t.Helper()
	b.Do(func() {
		for key, value := range want {
			text, err := os.ReadFile("/proc/sys/net/" + key)
			must(b.t, err)
			if got := strings.TrimSpace(string(text)); got != value {
				b.t.Errorf("%s is %s, want %s", key, got, value)
			}
		}
	})
}

func (b *box) absent(name string) {
	b.t.Helper()
	if _, err := b.Host.Host.Index(name); err == nil {
		b.t.Errorf("%s is there", name)
	}
}

// The interface stands as keepalived makes it, and the host is afterwards what it was.
func TestLife(t *testing.T) {
	h := newHost(t)
	h.Sysctl("net/ipv4/conf/all/rp_filter", "1")
	h.Sysctl("net/ipv4/conf/default/rp_filter", "0")
	h.Sysctl("net/ipv4/conf/eth0/rp_filter", "0")
	b := open(t, h, filepath.Join(t.TempDir(), "vmacs"))
	before := map[string]string{
		"ipv4/conf/eth0/arp_ignore": "0", "ipv4/conf/eth0/arp_filter": "0", "ipv4/conf/eth0/arp_announce": "0", "ipv4/conf/eth0/rp_filter": "0",
		"ipv4/conf/all/rp_filter": "1", "ipv4/conf/default/rp_filter": "0",
	}
	b.sysctls(before)

	l := b.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51})
	want := Link{Name: "vrrp.51", Index: b.Index("vrrp.51"), Parent: b.Index("eth0"), MAC: [6]byte{0, 0, 0x5e, 0, 1, 51}, Fresh: true}
	if l != want {
		t.Errorf("%+v, want %+v", l, want)
	}
	if got := b.notes.all(); got != fmt.Sprintf("silence %d", l.Index) {
		t.Errorf("the guard was asked to %s", got)
	}
	if again := b.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51}); again.Index != l.Index || again.Fresh {
		t.Errorf("made again: %+v", again)
	}
	m, ok := b.Link("vrrp.51").(*netlink.Macvlan)
	if !ok || m.Mode != netlink.MACVLAN_MODE_PRIVATE || m.RawFlags&unix.IFF_UP == 0 || m.HardwareAddr.String() != "00:00:5e:00:01:33" {
		t.Errorf("%+v", m)
	}
	b.sysctls(map[string]string{
		"ipv4/conf/vrrp.51/arp_ignore": "1", "ipv4/conf/vrrp.51/accept_local": "1", "ipv4/conf/vrrp.51/rp_filter": "0",
		"ipv4/conf/vrrp.51/promote_secondaries": "1", "ipv6/conf/vrrp.51/disable_ipv6": "1",
		"ipv4/conf/eth0/arp_ignore": "1", "ipv4/conf/eth0/arp_filter": "1", "ipv4/conf/eth0/arp_announce": "2", "ipv4/conf/eth0/rp_filter": "1",
		"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "1",
	})
	if got := b.Addresses("vrrp.51"); len(got) > 0 {
		t.Errorf("addresses %v", got)
	}

	b.ensure("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "vip", MAC: [6]byte{2, 0, 0, 0, 0, 7}, Group: 9})
	if a := b.Link("vip").Attrs(); a.HardwareAddr.String() != "02:00:00:00:00:07" || a.Group != 9 {
		t.Errorf("%+v", a)
	}
	b.drop("VI_1")
	b.absent("vrrp.51")
	b.sysctls(map[string]string{"ipv4/conf/eth0/arp_ignore": "1", "ipv4/conf/all/rp_filter": "0"}) // VI_2 needs them
	b.drop("VI_2")
	b.drop("VI_2")
	b.absent("vip")
	b.sysctls(before)
}

// An interface for IPv6 has its parent's link-local address and no other, follows it, and asks no router.
func TestIPv6(t *testing.T) {
	h := newHost(t)
	h.AddAddress("eth0", "fe80::1/64")
	b := open(t, h, "")
	want := VMAC{Parent: "eth0", VRID: 51, IPv6: true}
	b.ensure("VI_4", VMAC{Parent: "eth0", VRID: 51})
	l := b.ensure("VI_6", want)
	if l.Name != "vrrp6.51" || l.MAC != [6]byte{0, 0, 0x5e, 0, 2, 51} {
		t.Errorf("%+v", l)
	}
	first := b.linkLocals("eth0")[0]
	check := func(want string) {
		t.Helper()
		list, err := b.Netlink().AddrList(b.Link("vrrp6.51"), netlink.FAMILY_V6)
		must(t, err)
		if len(list) != 1 || list[0].IP.String() != want || list[0].PreferedLft != 0 || list[0].Flags&unix.IFA_F_NODAD == 0 {
			t.Errorf("addresses %+v, want %s alone, deprecated", list, want)
		}
	}
	check(first)
	if got := b.notes.all(); !strings.HasSuffix(got, fmt.Sprintf("silence %d; borrow %d %s", l.Index, l.Index, first)) {
		t.Errorf("the guard was asked to %s", got)
	}
	b.sysctls(map[string]string{
		"ipv6/conf/vrrp6.51/accept_ra": "0", "ipv6/conf/vrrp6.51/forwarding": "1", "ipv4/conf/vrrp6.51/arp_ignore": "1",
	})

	for _, a := range b.linkLocals("eth0") {
		b.DeleteAddress("eth0", a+"/64")
	}
	b.AddAddress("eth0", "fe80::2/64")
	if again := b.ensure("VI_6", want); again.LinkLocal != netip.MustParseAddr("fe80::2") || again.Fresh {
		t.Errorf("%+v", again)
	}
	check("fe80::2")
}

func (b *box) linkLocals(link string) (list []string) {
	b.t.Helper()
	for _, a := range b.Addresses(link) {
		if p := netip.MustParsePrefix(a); p.Addr().IsLinkLocalUnicast() {
			list = append(list, p.Addr().String())
		}
	}
	if len(list) == 0 {
		b.t.Fatalf("%s has no link-local address", link)
	}
	return list
}

// After a kill the successor adopts what it wants, removes the rest, and restores the settings at its end.
func TestAdoption(t *testing.T) {
	h, path := newHost(t), filepath.Join(t.TempDir(), "vmacs")
	killed := open(t, h, path)
	first := killed.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51})
	killed.ensure("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "old"})
	killed.ensure("VI_3", VMAC{Parent: "eth0", VRID: 53})
	h.AddAddress("vrrp.51", "192.0.2.10/24")
	must(t, killed.Close())

	b := open(t, h, path)
	if l := b.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51}); l.Index != first.Index || !l.Fresh {
		t.Errorf("not adopted: %+v", l)
	}
	if !h.Has("192.0.2.10") {
		t.Error("the address is lost")
	}
	b.ensure("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "new"}) // the same MAC under another name
	b.absent("old")
	b.Do(func() { must(t, b.RemoveInherited()) })
	b.absent("vrrp.53")
	b.sysctls(map[string]string{"ipv4/conf/eth0/arp_ignore": "1"})
	b.drop("VI_1")
	b.drop("VI_2")
	b.sysctls(map[string]string{"ipv4/conf/eth0/arp_ignore": "0", "ipv4/conf/eth0/arp_filter": "0"})

	// Without a journal it is recognised by what it is.
	lost := open(t, h, "")
	first = lost.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51})
	must(t, lost.Close())
	b = open(t, h, "")
	if l := b.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51}); l.Index != first.Index {
		t.Errorf("not recognised: %+v", l)
	}
}

// Somebody else's interface of the name is left alone; one that vanished is made again, on whatever its parent is now.
func TestNamesAndReturn(t *testing.T) {
	h := newHost(t)
	h.Veth("vrrp.51", "other")
	b := open(t, h, "")
	want := VMAC{Parent: "eth0", VRID: 51}
	if l := b.ensure("VI_1", want); l.Name != "vrrp1.51" {
		t.Errorf("%+v", l)
	}
	if _, err := b.try("VI_2", VMAC{Parent: "eth0", VRID: 52, Name: "vrrp.51"}); !errors.Is(err, unix.EEXIST) {
		t.Errorf("a name that is taken: %v", err)
	}
	must(t, h.Netlink().LinkDel(h.Link("vrrp1.51")))
	if l := b.ensure("VI_1", want); !l.Fresh {
		t.Errorf("not made again: %+v", l)
	}
	must(t, h.Netlink().LinkDel(h.Link("eth0")))
	if _, err := b.try("VI_1", want); err == nil {
		t.Error("made without a parent")
	}
	h.Veth("eth0", "wire")
	h.Down("eth0")
	if l := b.ensure("VI_1", want); l.Parent != h.Index("eth0") || !l.Fresh {
		t.Errorf("%+v", l)
	}
}

// The link follows its parent: what happens to the one happens to the other.
func TestFollowsParent(t *testing.T) {
	h := newHost(t)
	b := open(t, h, "")
	b.ensure("VI_1", VMAC{Parent: "eth0", VRID: 51})
	running := func(want bool) {
		t.Helper()
		testnet.Eventually(t, 5*time.Second, func() error {
			if got := h.Link("vrrp.51").Attrs().RawFlags&unix.IFF_RUNNING != 0; got != want {
				return fmt.Errorf("running: %v, want %v", got, want)
			}
			return nil
		})
	}
	running(true)
	h.Down("wire")
	running(false)
	h.Up("wire")
	running(true)
	h.Down("eth0")
	running(false)
	h.Up("eth0")
	running(true)
}
