package ifstate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// record is a sink that keeps what it is told, and a line for each telling.
type record struct {
	mu     sync.Mutex
	links  map[int]Link
	addrs  map[int][]Address
	lines  []string
	synced int
	gone   int
}

func newRecord() *record { return &record{links: map[int]Link{}, addrs: map[int][]Address{}} }

func (r *record) Link(l Link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links[l.Index] = l
	r.lines = append(r.lines, fmt.Sprintf("%s up=%v", l.Name, l.Up))
}

func (r *record) Addresses(ifindex int, addrs []Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.links[ifindex]; !ok {
		r.lines = append(r.lines, "ADDRESSES OF AN UNKNOWN LINK")
	}
	r.addrs[ifindex] = addrs
}

func (r *record) Gone(l Link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.links, l.Index)
	delete(r.addrs, l.Index)
	r.gone++
	r.lines = append(r.lines, l.Name+" gone")
}

func (r *record) Synced() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.synced++
}

// link is the link of that name, zero when there is none.
func (r *record) link(name string) Link {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.links {
		if l.Name == name {
			return l
		}
	}
	return Link{}
}

func (r *record) has(link, prefix string) bool {
	l := r.link(link)
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.addrs[l.Index], func(a Address) bool { return a.Prefix.String() == prefix })
}

// watch runs a watcher on the host until the test ends and waits for the first picture.
func watch(t *testing.T, h *testnet.Host, cfg Config) *record {
	t.Helper()
	r := newRecord()
	var w *Watcher
	h.Do(func() {
		var err error
		if w, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.Run(ctx, r); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if slices.Contains(r.lines, "ADDRESSES OF AN UNKNOWN LINK") {
			t.Error("addresses were told before their link")
		}
	})
	soon(t, "first picture", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.synced > 0 })
	return r
}

func soon(t *testing.T, what string, fact func() bool) {
	t.Helper()
	testnet.Eventually(t, 10*time.Second, func() error {
		if !fact() {
			return errors.New(what)
		}
		return nil
	})
}

func TestFullPictureFirst(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24", "2001:db8::1/64")
	r := watch(t, h, Config{})
	lo, eth0 := r.link("lo"), r.link("eth0")
	if !lo.Loopback || !lo.Up {
		t.Errorf("lo: %+v", lo)
	}
	want := h.Link("eth0").Attrs()
	if eth0.Index != want.Index || !eth0.Up || !eth0.Multicast || eth0.MTU != 1500 || eth0.Kind != "veth" || eth0.Parent != 0 ||
		eth0.MAC.String() != want.HardwareAddr.String() {
		t.Errorf("eth0: %+v", eth0)
	}
	for _, p := range []string{"192.0.2.1/24", "2001:db8::1/64"} {
		if !r.has("eth0", p) {
			t.Errorf("eth0 lacks %s: %v", p, r.addrs[eth0.Index])
		}
	}
}

func TestLinksComeChangeAndGo(t *testing.T) {
	h := testnet.New(t).Host("h")
	r := watch(t, h, Config{})
	nl := h.Netlink()

	h.Veth("eth0", "wire", "192.0.2.1/24")
	soon(t, "eth0 up", func() bool { return r.link("eth0").Up && r.has("eth0", "192.0.2.1/24") })
	first := r.link("eth0").Index

	h.Down("wire") // the other end: no carrier, but wanted
	soon(t, "no carrier", func() bool { l := r.link("eth0"); return !l.Up && l.AdminUp && !l.Carrier })
	h.Up("wire")
	soon(t, "carrier", func() bool { return r.link("eth0").Up })
	h.Down("eth0")
	soon(t, "down", func() bool { l := r.link("eth0"); return !l.Up && !l.AdminUp })

	link := h.Link("eth0")
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	if err := errors.Join(nl.LinkSetHardwareAddr(link, mac), nl.LinkSetMTU(link, 1400), nl.LinkSetName(link, "wan0")); err != nil {
		t.Fatal(err)
	}
	h.Up("wan0")
	soon(t, "renamed", func() bool {
		l := r.link("wan0")
		return l.Index == first && l.MAC.String() == mac.String() && l.MTU == 1400 && l.Up && r.link("eth0").Index == 0
	})

	if err := nl.LinkDel(h.Link("wan0")); err != nil {
		t.Fatal(err)
	}
	soon(t, "gone", func() bool { return r.link("wan0").Index == 0 })
	h.Veth("wan0", "wire")
	soon(t, "back", func() bool { return r.link("wan0").Up })
	if again := r.link("wan0").Index; again == first {
		t.Errorf("index %d both times", again)
	}
}

func TestParent(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire")
	r := watch(t, h, Config{})
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "vrrp.51", h.Index("eth0")
	if err := h.Netlink().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_PRIVATE}); err != nil {
		t.Fatal(err)
	}
	h.Up("vrrp.51")
	soon(t, "macvlan", func() bool {
		l := r.link("vrrp.51")
		return l.Up && l.Kind == "macvlan" && l.Parent == h.Index("eth0")
	})
	h.Down("eth0")
	soon(t, "macvlan follows its parent", func() bool { return !r.link("vrrp.51").Up })
}

func TestAddressesComeAndGo(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	h.Sysctl("net/ipv4/conf/eth0/promote_secondaries", "1")
	r := watch(t, h, Config{})
	h.AddAddress("eth0", "192.0.2.2/24")
	h.AddAddress("eth0", "192.0.2.3/24")
	soon(t, "added", func() bool { return r.has("eth0", "192.0.2.3/24") })

	primary := func() netip.Addr {
		r.mu.Lock()
		defer r.mu.Unlock()
		return Primary(r.addrs[h.Index("eth0")], func(ip netip.Addr) bool { return ip == netip.MustParseAddr("192.0.2.2") })
	}
	if got := primary(); got != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("primary %s", got)
	}
	h.DeleteAddress("eth0", "192.0.2.1/24") // 192.0.2.2 becomes the kernel's primary, but it is virtual
	soon(t, "primary follows", func() bool { return primary() == netip.MustParseAddr("192.0.2.3") })
}

// A link-local address is told when it comes, and again when it is usable.
func TestTentativeLinkLocal(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Sysctl("net/ipv6/conf/default/accept_dad", "1")
	h.Veth("eth0", "wire")
	r := watch(t, h, Config{})
	var waited bool
	soon(t, "link-local", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		ip, tentative := LinkLocal(r.addrs[h.Index("eth0")], func(netip.Addr) bool { return false })
		waited = waited || tentative.IsValid()
		return ip.IsValid()
	})
	if !waited {
		t.Error("it was never tentative")
	}
}

// Nothing is told twice: what does not concern us is silent.
func TestSilence(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	r := watch(t, h, Config{})
	before := len(r.lines)
	if err := h.Netlink().LinkSetTxQLen(h.Link("eth0"), 77); err != nil {
		t.Fatal(err)
	}
	h.AddAddress("eth0", "192.0.2.2/24")
	soon(t, "address", func() bool { return r.has("eth0", "192.0.2.2/24") })
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) != before {
		t.Errorf("told %q", r.lines[before:])
	}
}

// A thousand flaps: every one is told or made good by a resync, and nothing is left behind.
func TestManyFlaps(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	r := watch(t, h, Config{})
	goroutines := runtime.NumGoroutine()
	for range 1000 {
		h.Down("eth0")
		h.Up("eth0")
	}
	soon(t, "up at last", func() bool { return r.link("eth0").Up })
	if n := runtime.NumGoroutine(); n > goroutines+1 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) < 1000 {
		t.Errorf("only %d changes told", len(r.lines))
	}
}

// hanging is a sink whose first call takes until release.
type hanging struct {
	*record
	once             sync.Once
	entered, release chan struct{}
}

func (s *hanging) Link(l Link) {
	s.once.Do(func() {
		close(s.entered)
		<-s.release
	})
	s.record.Link(l)
}

// With a tiny buffer and a sink that is slow, changes are lost; the picture is right all the same.
func TestOverrun(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	var w *Watcher
	h.Do(func() {
		var err error
		if w, err = Open(Config{ReceiveBuffer: 1}); err != nil {
			t.Fatal(err)
		}
	})
	r := newRecord()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	slow := &hanging{record: r, entered: make(chan struct{}), release: make(chan struct{})}
	go func() { w.Run(ctx, slow); close(done) }()
	<-slow.entered
	for i := range 200 {
		h.AddAddress("eth0", fmt.Sprintf("192.0.2.%d/24", 20+i))
	}
	h.Veth("eth1", "wire1")
	for i := range 200 {
		h.DeleteAddress("eth0", fmt.Sprintf("192.0.2.%d/24", 20+i))
	}
	close(slow.release)
	soon(t, "picture after the overrun", func() bool {
		l := r.link("eth0")
		r.mu.Lock()
		own := len(slices.DeleteFunc(slices.Clone(r.addrs[l.Index]), func(a Address) bool { return !a.Prefix.Addr().Is4() }))
		syncs := r.synced
		r.mu.Unlock()
		return own == 1 && syncs > 1 && r.link("eth1").Up
	})
	cancel()
	<-done

	// Run again, as after a pause: only what changed meanwhile is told.
	h.Down("eth1")
	ctx, cancel = context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	before := len(r.lines)
	w.Run(ctx, r)
	if got := r.lines[before:]; len(got) < 1 || got[len(got)-1] != "eth1 up=false" && got[len(got)-1] != "wire1 up=false" {
		t.Errorf("told %q", got)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestPrimaryAndLinkLocal(t *testing.T) {
	addr := func(prefix string, flags uint32) Address {
		return Address{Prefix: netip.MustParsePrefix(prefix), Flags: flags}
	}
	vip := netip.MustParseAddr("192.0.2.10")
	virtual := func(ip netip.Addr) bool { return ip == vip }
	for _, tc := range []struct {
		want  string
		addrs []Address
	}{
		{"invalid IP", nil},
		{"192.0.2.1", []Address{addr("2001:db8::1/64", 0), addr("192.0.2.1/24", 0), addr("198.51.100.1/24", 0)}},
		{"198.51.100.1", []Address{addr("192.0.2.10/24", 0), addr("198.51.100.1/24", 0)}},
		{"192.0.2.2", []Address{addr("192.0.2.10/24", 0), addr("192.0.2.2/24", unix.IFA_F_SECONDARY)}},
		{"198.51.100.1", []Address{addr("192.0.2.10/24", 0), addr("192.0.2.2/24", unix.IFA_F_SECONDARY), addr("198.51.100.1/24", 0)}},
	} {
		if got := Primary(tc.addrs, virtual); got.String() != tc.want {
			t.Errorf("%v: %s, want %s", tc.addrs, got, tc.want)
		}
	}
	for _, tc := range []struct {
		want string
		wait bool
		addr Address
	}{
		{"fe80::1", false, addr("fe80::1/64", 0)},
		{"invalid IP", true, addr("fe80::1/64", unix.IFA_F_TENTATIVE)},
		{"fe80::1", false, addr("fe80::1/64", unix.IFA_F_TENTATIVE|unix.IFA_F_OPTIMISTIC)},
		{"invalid IP", false, addr("fe80::1/64", unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED)},
		{"invalid IP", false, addr("2001:db8::1/64", 0)},
	} {
		if got, wait := LinkLocal([]Address{tc.addr}, virtual); got.String() != tc.want || wait.IsValid() != tc.wait {
			t.Errorf("%v: %s %v, want %s %v", tc.addr, got, wait, tc.want, tc.wait)
		}
	}
}

// What an ignored socket adds is told after Look, and not before; what others do is told as ever.
func TestIgnoredSocket(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire", "192.0.2.1/24")
	var w *Watcher
	var theirs *nl.NetlinkSocket
	h.Do(func() {
		var err error
		if w, err = Open(Config{}); err != nil {
			t.Fatal(err)
		}
		if theirs, err = nl.GetNetlinkSocketAt(-1, -1, unix.NETLINK_ROUTE); err != nil {
			t.Fatal(err)
		}
	})
	defer theirs.Close()
	r := newRecord()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	defer func() {
		cancel()
		<-done
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	port, err := theirs.GetPid()
	if err == nil {
		err = w.Ignore(port)
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() { w.Run(ctx, r); close(done) }()
	soon(t, "first picture", func() bool { return r.has("eth0", "192.0.2.1/24") })

	add := func(prefix string) {
		t.Helper()
		p := netip.MustParsePrefix(prefix)
		req := nl.NewNetlinkRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
		req.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: theirs}}
		msg := nl.NewIfAddrmsg(unix.AF_INET)
		msg.Index, msg.Prefixlen = uint32(h.Index("eth0")), uint8(p.Bits())
		req.AddData(msg)
		req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, p.Addr().AsSlice()))
		if _, err := req.Execute(unix.NETLINK_ROUTE, 0); err != nil {
			t.Fatal(err)
		}
	}
	add("192.0.2.2/24")
	h.AddAddress("eth0", "192.0.2.3/24")
	soon(t, "somebody's", func() bool { return r.has("eth0", "192.0.2.3/24") })
	if r.has("eth0", "192.0.2.2/24") {
		t.Error("told of what the ignored socket added")
	}
	w.Look()
	soon(t, "after a look", func() bool { return r.has("eth0", "192.0.2.2/24") })
	h.DeleteAddress("eth0", "192.0.2.2/24")
	soon(t, "deleted", func() bool { return !r.has("eth0", "192.0.2.2/24") })
	add("192.0.2.4/24")
	w.Look() // once more: the first was no last
	soon(t, "after another look", func() bool { return r.has("eth0", "192.0.2.4/24") })
}
