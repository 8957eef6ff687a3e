package egress

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// sends opens link of h for sending and ends it with the test.
func sends(t testing.TB, h *testnet.Host, link string) *Interface {
	t.Helper()
	var out *Interface
	h.Do(func() {
		var err error
		if out, err = Open(h.Index(link), h.Link(link).Attrs().HardwareAddr); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { out.Close() })
	return out
}

// pair is a host with two links that are each other's wire, and what arrives at the far end.
func pair(t testing.TB) (h *testnet.Host, out *Interface, far *lab.Capture) {
	t.Helper()
	h = testnet.New(t).Host("a")
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	return h, sends(t, h, "eth0"), h.Capture("wire0")
}

// whole is the frame that must be on the wire, byte for byte.
func whole(dst, src []byte, etherType uint16, ip []byte) []byte {
	return slices.Concat(dst, src, []byte{byte(etherType >> 8), byte(etherType)}, ip)
}

// arrives waits until exactly these frames of ours came out at the far end, in order.
func arrives(t *testing.T, far *lab.Capture, want ...[]byte) {
	t.Helper()
	testnet.Eventually(t, time.Second, func() error {
		got := far.Matching(func(f lab.Frame) bool { return !f.Out && isAdvert(f.Data) })
		if len(got) != len(want) {
			return fmt.Errorf("%d frames arrived, want %d", len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i].Data, want[i]) {
				return fmt.Errorf("frame %d:\n got %x\nwant %x", i, got[i].Data, want[i])
			}
		}
		return nil
	})
}

func isAdvert(b []byte) bool {
	return len(b) > 34 && (b[12] == 0x08 && b[13] == 0 && b[23] == 112 || b[12] == 0x86 && b[20] == 112)
}

func TestWholeFrames(t *testing.T) {
	_, out, far := pair(t)
	mac := out.MAC()
	peer := [6]byte{2, 0, 0, 0, 0, 9}
	virtual := [6]byte{0, 0, 0x5e, 0, 1, 51}
	v4, v6, one := datagram4(group4, 20), datagram6(group6, 24), datagram4([4]byte{192, 0, 2, 9}, 16)

	must(t, out.Multicast(v4))
	must(t, out.Multicast(v6))
	must(t, out.Unicast(peer, one))
	must(t, out.SetMAC(virtual[:]))
	must(t, out.Multicast(v4))
	batch := []Frame{{IP: v6}, {Dst: peer, IP: one}, {Src: mac, IP: v4}}
	if n := out.SendBatch(batch); n != 3 {
		t.Errorf("%d of a batch of 3 left: %v", n, batch)
	}
	out.Put([6]byte{}, v4)
	out.Put(peer, []byte{0}) // no IP: it fails, and holds nobody up
	out.Put(peer, one)
	var failed []int
	out.Flush(func(n int, err error) { failed = append(failed, n) })
	out.Flush(func(int, error) { t.Error("a flush sends what the one before it sent") })
	if !slices.Equal(failed, []int{1}) {
		t.Errorf("failed: %v, want the second", failed)
	}

	g4, g6 := []byte{1, 0, 0x5e, 0, 0, 0x12}, []byte{0x33, 0x33, 0, 0, 0, 0x12}
	arrives(t, far,
		whole(g4, mac[:], 0x0800, v4),
		whole(g6, mac[:], 0x86dd, v6),
		whole(peer[:], mac[:], 0x0800, one),
		whole(g4, virtual[:], 0x0800, v4),
		whole(g6, virtual[:], 0x86dd, v6),
		whole(peer[:], virtual[:], 0x0800, one),
		whole(g4, mac[:], 0x0800, v4),
		whole(g4, virtual[:], 0x0800, v4),
		whole(peer[:], virtual[:], 0x0800, one),
	)
}

// A firewall stops what goes through the IP stack, which the test shows first,
// and nothing of ours.
func TestFirewallsDoNotStopAdverts(t *testing.T) {
	for name, raise := range map[string]func(*testnet.Host){
		"nftables, everything but established": func(h *testnet.Host) { h.Firewall(lab.EstablishedOnly) },
		"nftables, protocol 112":               func(h *testnet.Host) { h.Firewall(lab.NoVRRPOut) },
		"iptables, OUTPUT protocol 112": func(h *testnet.Host) {
			h.Run("iptables", "-w", "-A", "OUTPUT", "-p", "112", "-j", "DROP")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, out, far := pair(t)
			raise(h)
			if err := throughTheStack(t, h); !errors.Is(err, unix.EPERM) {
				t.Fatalf("the firewall does not stop a raw socket (%v): it proves nothing", err)
			}
			mac, advert := out.MAC(), datagram4(group4, 20)
			must(t, out.Multicast(advert))
			arrives(t, far, whole([]byte{1, 0, 0x5e, 0, 0, 0x12}, mac[:], 0x0800, advert))
		})
	}
}

// throughTheStack sends an advert as keepalived does.
func throughTheStack(t *testing.T, h *testnet.Host) (err error) {
	h.Do(func() {
		fd, e := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 112)
		must(t, e)
		defer unix.Close(fd)
		must(t, unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, "eth0"))
		err = unix.Sendto(fd, make([]byte, 20), 0, &unix.SockaddrInet4{Addr: group4})
	})
	return err
}

func TestInterfaceComesAndGoes(t *testing.T) {
	h, out, _ := pair(t)
	advert := datagram4(group4, 20)
	h.Down("eth0")
	if err := out.Multicast(advert); !errors.Is(err, ErrDown) || !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("interface down: %v", err)
	}
	h.Up("eth0")
	must(t, out.Multicast(advert))

	must(t, h.Netlink().LinkDel(h.Link("eth0")))
	if err := out.Multicast(advert); !errors.Is(err, ErrGone) {
		t.Errorf("interface deleted: %v", err)
	}
	if n := out.SendBatch([]Frame{{IP: advert}}); n != 0 {
		t.Errorf("%d frames left through a deleted interface", n)
	}
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	far := h.Capture("wire0")
	must(t, out.Rebind(h.Index("eth0")))
	must(t, out.Multicast(advert))
	mac := out.MAC()
	arrives(t, far, whole([]byte{1, 0, 0x5e, 0, 0, 0x12}, mac[:], 0x0800, advert))

	must(t, out.Close())
	if err := out.Multicast(advert); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// A queue that is full is an error at once, and the next frame may pass.
func TestFullQueue(t *testing.T) {
	h, out, _ := pair(t)
	link := h.Link("eth0").Attrs().Index
	must(t, h.Netlink().QdiscAdd(&netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT},
		Rate:       125, Limit: 200, Buffer: 1 << 20,
	}))
	advert := datagram4(group4, 20)
	testnet.Eventually(t, 30*time.Second, func() error {
		err := out.Multicast(advert)
		if !errors.Is(err, ErrBusy) {
			return fmt.Errorf("want ErrBusy, got %v", err)
		}
		return nil
	})
	must(t, h.Netlink().QdiscDel(&netlink.GenericQdisc{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}, QdiscType: "tbf",
	}))
	must(t, out.Multicast(advert))
}

// The one place where nftables does stop a frame, and that it is not silent.
func TestNetdevEgressChain(t *testing.T) {
	h, out, _ := pair(t)
	c, err := nftables.New(nftables.WithNetNSFd(int(h.NS())))
	must(t, err)
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyNetdev, Name: "gag"})
	chain := c.AddChain(&nftables.Chain{Name: "out", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookRef(1), Priority: nftables.ChainPriorityFilter, Device: "eth0"}) // NF_NETDEV_EGRESS
	c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	must(t, c.Flush())
	if err := out.Multicast(datagram4(group4, 20)); !errors.Is(err, ErrBusy) || !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("want ErrBusy by ENOBUFS, got %v", err)
	}
}

// One datagram that cannot leave holds none of its batch up.
func TestBatchGoesOnBehindAFailure(t *testing.T) {
	_, out, far := pair(t)
	mac, advert := out.MAC(), datagram4(group4, 20)
	batch := []Frame{
		{IP: advert},
		{IP: datagram4(group4, 3000)}, // longer than the MTU
		{IP: datagram4([4]byte{192, 0, 2, 9}, 0)},
		{IP: []byte{1, 2, 3}},
		{IP: advert},
	}
	if n := out.SendBatch(batch); n != 2 {
		t.Errorf("%d left, want 2", n)
	}
	for i, want := range []error{nil, unix.EMSGSIZE, ErrNotMulticast, ErrNotIP, nil} {
		if !errors.Is(batch[i].Err, want) {
			t.Errorf("frame %d: %v, want %v", i, batch[i].Err, want)
		}
	}
	f := whole([]byte{1, 0, 0x5e, 0, 0, 0x12}, mac[:], 0x0800, advert)
	arrives(t, far, f, f)
}

func TestLargeBatch(t *testing.T) {
	_, out, far := pair(t)
	batch := make([]Frame, 2*maxBatch+7)
	for i := range batch {
		batch[i].IP = datagram4(group4, 20)
	}
	if n := out.SendBatch(batch); n != len(batch) {
		t.Fatalf("%d of %d left", n, len(batch))
	}
	testnet.Eventually(t, 2*time.Second, func() error {
		if n := len(far.Matching(func(f lab.Frame) bool { return isAdvert(f.Data) })); n != len(batch) {
			return fmt.Errorf("%d of %d arrived", n, len(batch))
		}
		return nil
	})
}

// Sending costs no memory, whether it succeeds or not.
func TestSendAllocatesNothing(t *testing.T) {
	h, out, _ := pair(t)
	advert := datagram4(group4, 20)
	batch := []Frame{{IP: advert}, {IP: advert}}
	sends := map[string]func(){
		"Multicast": func() { _ = out.Multicast(advert) },
		"Unicast":   func() { _ = out.Unicast([6]byte{2, 0, 0, 0, 0, 9}, advert) },
		"SendBatch": func() { out.SendBatch(batch) },
	}
	for _, state := range []string{"up", "down"} {
		for name, send := range sends {
			if n := testing.AllocsPerRun(100, send); n != 0 {
				t.Errorf("%s, interface %s: %v allocations", name, state, n)
			}
		}
		h.Down("eth0")
	}
}

func TestOpenRefuses(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	h.Do(func() {
		if _, err := Open(9999, net.HardwareAddr{2, 0, 0, 0, 0, 1}); !errors.Is(err, unix.ENODEV) {
			t.Errorf("an index that does not exist: %v", err)
		}
		if _, err := Open(h.Index("eth0"), nil); err == nil {
			t.Error("no hardware address: accepted")
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
