package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// bpffs mounts a BPF file system for one test and returns a pin directory on it.
func bpffs(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("bpf", dir, "bpf", 0, ""); err != nil {
		t.Fatalf("mount a bpffs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount the bpffs: %v", err)
		}
	})
	return filepath.Join(dir, "xvrrp")
}

// abandon lets go of everything as the death of the process would: descriptors
// are closed, pins stay.
func abandon(t testing.TB, d *Datapath) {
	t.Helper()
	for _, a := range d.attached {
		if a.link != nil {
			if err := a.link.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if a.egress != nil {
			if err := a.egress.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if a.socket != nil {
			if err := a.socket.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range d.stations {
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.ring.close(), d.spills.close(), d.lease.close(), d.waker.program.Close(), d.objects.Close(), d.poller.close()); err != nil {
		t.Fatal(err)
	}
}

func loadUnowned(t testing.TB, cfg Config) *Datapath {
	t.Helper()
	d, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// attach attaches with one router, VRID 7, and wants a mode.
func (l *lan) attach(t testing.TB, d *Datapath, want, used Mode) {
	t.Helper()
	l.Do(func() {
		if err := d.SetRouters([]Router{l.router(7)}); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Attach(l.ifindex, want); err != nil || got != used {
			t.Fatalf("Attach(%s) = %q, %v; want %q", want, got, err, used)
		}
	})
}

// hears checks that one advert on the wire becomes one datagram.
func (l *lan) hears(t testing.TB, d *Datapath) {
	t.Helper()
	sink := &recorder{}
	start(t, d, sink)
	l.send(t, frame(advert(7, "192.0.2.9", nil)))
	testnet.Eventually(t, patience, sink.heardAtLeast(1))
	l.send(t, frame(advert(7, "192.0.2.10", nil)))
	testnet.Eventually(t, patience, sink.heardAtLeast(2))
	if n := len(sink.heard()); n != 2 {
		t.Errorf("%d datagrams for 2 adverts", n)
	}
}

func passAll(t testing.TB, kind ebpf.ProgramType, ret int32, flags ...uint32) *ebpf.Program {
	t.Helper()
	spec := &ebpf.ProgramSpec{Type: kind, License: "MIT", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, ret), asm.Return()}}
	for _, f := range flags {
		spec.Flags |= f
	}
	p, err := ebpf.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestAutoTakesTheDriver(t *testing.T) {
	l, d := newLAN(t), load(t, Config{})
	l.attach(t, d, Auto, XDP)
	l.hears(t, d)
}

func TestForeignXDPStays(t *testing.T) {
	l, d := newLAN(t), loadUnowned(t, Config{})
	var foreign link.Link
	l.Do(func() {
		var err error
		foreign, err = link.AttachXDP(link.XDPOptions{Program: passAll(t, ebpf.XDP, 2), Interface: l.ifindex})
		if err != nil {
			t.Fatal(err)
		}
	})
	defer foreign.Close()
	l.attach(t, d, Auto, TC)
	l.Do(func() {
		if m, err := d.Attach(l.ifindex, XDP); err == nil {
			t.Errorf("forced XDP beside a foreign program gave %q", m)
		}
	})
	l.attach(t, d, Auto, TC)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := foreign.Info(); err != nil || int(info.XDP().Ifindex) != l.ifindex {
		t.Errorf("the foreign program is gone: %v %v", info, err)
	}
}

func TestReceiveBehindForeignXDP(t *testing.T) {
	const buffers = unix.BPF_F_XDP_HAS_FRAGS // then generic XDP hands on copies, without their Ethernet headers
	for _, c := range []struct {
		name    string
		flags   link.XDPAttachFlags
		program uint32
	}{{"native", 0, 0}, {"generic", link.XDPGenericMode, 0}, {"generic, several buffers", link.XDPGenericMode, buffers}} {
		t.Run(c.name, func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			l.Do(func() { l.attachForeign(t, c.flags, c.program) })
			l.attach(t, d, Auto, TC)
			l.hears(t, d)
			l.AddAddress("eth0", vip4+"/24")
			newProber(t, l).wants(t, "the stack behind us", true)
		})
	}
}

// attachForeign attaches somebody else's XDP program until the test ends.
func (l *lan) attachForeign(t testing.TB, flags link.XDPAttachFlags, program uint32) {
	t.Helper()
	foreign, err := link.AttachXDP(link.XDPOptions{Program: passAll(t, ebpf.XDP, 2, program), Interface: l.ifindex, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { foreign.Close() })
}

// TestAdopt kills a daemon and starts another, in every pair of modes.
func TestAdopt(t *testing.T) {
	for _, before := range []Mode{XDP, XDPGeneric, TC} {
		for _, c := range []struct{ want, used Mode }{
			{Auto, before}, {XDP, XDP}, {XDPGeneric, XDPGeneric}, {TC, TC}, {Socket, Socket},
		} {
			t.Run(fmt.Sprintf("%s then %s", before, c.want), func(t *testing.T) {
				l, dir := newLAN(t), bpffs(t)
				first := loadUnowned(t, Config{PinDir: dir})
				l.attach(t, first, before, before)
				abandon(t, first)

				used := c.used
				if c.want == Auto && before == TC && !l.hasTCX(t) {
					used = XDP // a clsact filter is no link to be adopted
				}
				second := load(t, Config{PinDir: dir})
				l.attach(t, second, c.want, used)
				l.hears(t, second)
			})
		}
	}
}

// TestReplaceMissesNothing swaps the program while adverts come in every
// 200 µs: the old and the new daemon together hear each of them.
func TestReplaceMissesNothing(t *testing.T) {
	l, dir := newLAN(t), bpffs(t)
	first := loadUnowned(t, Config{PinDir: dir, FloodLimit: 1_000_000})
	l.attach(t, first, Auto, XDP)
	const adverts = 500
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range adverts {
			l.send(t, frame(advert(7, fmt.Sprintf("192.0.2.%d", 10+i%200), nil)))
		}
	}()
	second := load(t, Config{PinDir: dir, FloodLimit: 1_000_000})
	l.attach(t, second, Auto, XDP)
	<-sent
	total := ringRecords(first) + ringRecords(second)
	if total != adverts {
		t.Errorf("heard %d adverts of %d", total, adverts)
	}
	abandon(t, first)
}

func ringRecords(d *Datapath) (n int) {
	for {
		record, _ := d.ring.peek(d.ring.end())
		if record == nil {
			return n
		}
		n++
		d.ring.pop()
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	for _, m := range []Mode{XDP, XDPGeneric, TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, dir := newLAN(t), bpffs(t)
			d := loadUnowned(t, Config{PinDir: dir})
			l.attach(t, d, m, m)
			l.Do(func() { // a clsact filter is removed where it is
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			})
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the pin directory is still there: %v", err)
			}
			l.wantBare(t)
		})
	}
}

// wantBare checks that no BPF program is left on eth0.
func (l *lan) wantBare(t testing.TB) {
	t.Helper()
	attrs := l.Link("eth0").Attrs()
	if attrs.Xdp != nil && attrs.Xdp.Attached {
		t.Errorf("an XDP program is still attached: %+v", attrs.Xdp)
	}
	l.wantNoTCX(t, ebpf.AttachTCXIngress)
	filters, err := l.Netlink().FilterList(l.Link("eth0"), netlink.HANDLE_MIN_INGRESS)
	if err != nil || len(filters) != 0 {
		t.Errorf("filters left: %v %v", filters, err)
	}
}

func (l *lan) wantNoTCX(t testing.TB, where ebpf.AttachType) {
	t.Helper()
	l.Do(func() {
		got, err := link.QueryPrograms(link.QueryOptions{Target: l.ifindex, Attach: where})
		if errors.Is(err, unix.EINVAL) { // a kernel before 6.6
			return
		}
		if err != nil || len(got.Programs) != 0 {
			t.Errorf("tcx programs left: %+v %v", got, err)
		}
	})
}

// hasTCX reports whether TC is tcx here, whose links can be pinned.
func (l *lan) hasTCX(t testing.TB) (has bool) {
	t.Helper()
	l.Do(func() {
		_, err := link.QueryPrograms(link.QueryOptions{Target: l.ifindex, Attach: ebpf.AttachTCXIngress})
		has = err == nil
	})
	return has
}

// TestUnusedPinsGo removes an interface from the configuration between two lives.
func TestUnusedPinsGo(t *testing.T) {
	l, dir := newLAN(t), bpffs(t)
	first := loadUnowned(t, Config{PinDir: dir})
	l.attach(t, first, Auto, XDP)
	abandon(t, first)
	second := load(t, Config{PinDir: dir})
	if err := second.Sweep(); err != nil {
		t.Fatal(err)
	}
	l.wantBare(t)
}

// TestSweepKeepsWhatIsUsed, and what belongs to it.
func TestSweepKeepsWhatIsUsed(t *testing.T) {
	for _, m := range []Mode{XDP, TC} {
		l, d := newLAN(t), load(t, Config{PinDir: bpffs(t), Fence: true})
		l.attach(t, d, m, m)
		if err := d.Sweep(); err != nil {
			t.Fatal(err)
		}
		l.hears(t, d)
		e := &attachment{ifindex: l.ifindex, link: d.attached[l.ifindex].egress}
		if l.hasTCX(t) && !e.alive() {
			t.Error("the egress program is gone")
		}
	}
}

// TestFenceSwitchedOff between two lives: nothing of it stays.
func TestFenceSwitchedOff(t *testing.T) {
	l, dir := newLAN(t), bpffs(t)
	first := loadUnowned(t, Config{PinDir: dir, Fence: true})
	l.attach(t, first, Auto, XDP)
	hold(t, first, l.ifindex, testLease)
	abandon(t, first)
	second := load(t, Config{PinDir: dir})
	l.attach(t, second, Auto, XDP)
	l.wantNoTCX(t, ebpf.AttachTCXEgress)
	for _, name := range fenceMaps {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still pinned: %v", name, err)
		}
	}
}

// TestDeviceReturns deletes the interface under a pinned link and makes it anew.
func TestDeviceReturns(t *testing.T) {
	for _, m := range []Mode{XDP, TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, dir := newLAN(t), bpffs(t)
			d := load(t, Config{PinDir: dir})
			l.attach(t, d, m, m)
			gone := l.ifindex
			if err := l.Netlink().LinkDel(l.Link("eth0")); err != nil {
				t.Fatal(err)
			}
			l.Veth("eth0", "wire0", "192.0.2.1/24")
			l.Up("eth0")
			l.Up("wire0")
			l.ifindex = l.Index("eth0")
			l.attach(t, d, m, m)
			if l.ifindex != gone {
				if err := d.Detach(gone); err != nil {
					t.Error(err)
				}
			}
			l.hears(t, d)
		})
	}
}

// TestClsact takes the way of kernels without tcx.
func TestClsact(t *testing.T) {
	l, dir := newLAN(t), bpffs(t)
	first := loadUnowned(t, Config{PinDir: dir})
	l.Do(func() {
		if err := first.introduce(l.ifindex); err != nil {
			t.Fatal(err)
		}
		a, err := first.attachClsact(l.ifindex)
		if err != nil || !a.alive() {
			t.Fatalf("attachClsact = %+v, %v", a, err)
		}
	})
	abandon(t, first)

	second := load(t, Config{PinDir: dir})
	l.Do(func() {
		if err := second.introduce(l.ifindex); err != nil {
			t.Fatal(err)
		}
		if err := second.SetRouters([]Router{l.router(7)}); err != nil {
			t.Fatal(err)
		}
		a, err := second.attachClsact(l.ifindex)
		if err != nil {
			t.Fatal(err)
		}
		second.attached[l.ifindex] = a
	})
	l.Do(func() {
		sink := &recorder{}
		l.send(t, frame(advert(7, "192.0.2.9", nil)))
		if !second.drain(sink) || len(sink.heard()) != 1 {
			t.Errorf("heard %d adverts of 1", len(sink.heard()))
		}
		if err := second.Detach(l.ifindex); err != nil {
			t.Fatal(err)
		}
		if a := second.clsactOf(l.ifindex, TC); a.alive() {
			t.Error("the filter is still there")
		}
		qdiscs, err := l.Netlink().QdiscList(l.Link("eth0"))
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range qdiscs {
			if q.Type() == "clsact" {
				t.Error("the qdisc is still there")
			}
		}
	})
}

// TestClsactGivesWay: a successor that needs no filter removes its predecessor's.
func TestClsactGivesWay(t *testing.T) {
	for _, m := range []Mode{Auto, TC, Socket} {
		l, dir := newLAN(t), bpffs(t)
		first := loadUnowned(t, Config{PinDir: dir})
		l.Do(func() {
			if err := first.introduce(l.ifindex); err != nil {
				t.Fatal(err)
			}
			if _, err := first.attachClsact(l.ifindex); err != nil {
				t.Fatal(err)
			}
		})
		abandon(t, first)
		second := load(t, Config{PinDir: dir})
		l.Do(func() {
			if err := second.SetRouters([]Router{l.router(7)}); err != nil {
				t.Fatal(err)
			}
			if _, err := second.Attach(l.ifindex, m); err != nil {
				t.Fatal(err)
			}
		})
		if m != TC || l.hasTCX(t) {
			l.Do(func() {
				if c := second.clsactOf(l.ifindex, TC); c.alive() {
					t.Errorf("%s: the filter is still there", m)
				}
			})
		}
		l.hears(t, second)
	}
}

func TestUnknownMode(t *testing.T) {
	l, d := newLAN(t), load(t, Config{})
	l.Do(func() {
		if m, err := d.Attach(l.ifindex, "magic"); err == nil {
			t.Errorf("mode magic gave %q", m)
		}
		if m, err := d.Attach(987654, Auto); err == nil {
			t.Errorf("an interface that does not exist gave %q", m)
		}
	})
}

// TestWithoutPrivilege gives up BPF on a thread of its own.
func TestWithoutPrivilege(t *testing.T) {
	kept := []int{unix.CAP_NET_RAW, unix.CAP_NET_ADMIN}
	var loadErr error
	var used Mode
	l := newLAN(t)
	l.Do(func() { // on a thread that is thrown away afterwards, or restored
		restore := dropCapabilities(t, kept)
		defer restore()
		_, loadErr = Load(Config{})
		d, err := LoadSocketOnly(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if used, err = d.Attach(l.ifindex, Auto); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Attach(l.ifindex, XDP); err == nil {
			t.Error("XDP without BPF")
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(loadErr, unix.EPERM) {
		t.Errorf("Load without privilege: %v", loadErr)
	}
	if used != Socket {
		t.Errorf("mode %q", used)
	}
}

func dropCapabilities(t testing.TB, keep []int) (restore func()) {
	t.Helper()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var old, low [2]unix.CapUserData
	if err := unix.Capget(&head, &old[0]); err != nil {
		t.Fatal(err)
	}
	low = old
	for i := range low {
		low[i].Effective = 0
	}
	for _, c := range keep {
		low[c/32].Effective |= 1 << (c % 32)
	}
	if err := unix.Capset(&head, &low[0]); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Capset(&head, &old[0]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCountersNameEveryVerdict(t *testing.T) {
	l, d := newLAN(t), load(t, Config{})
	l.attach(t, d, Auto, XDP)
	counters, err := d.Counters()
	if err != nil || len(counters) != int(verdicts) {
		t.Fatalf("%d counters, %v", len(counters), err)
	}
	var labels []string
	for _, c := range counters {
		if c.IfIndex != l.ifindex || c.Packets != 0 || c.Verdict.String() == "" || slices.Contains(labels, c.Verdict.String()) {
			t.Errorf("counter %+v %q", c, c.Verdict)
		}
		labels = append(labels, c.Verdict.String())
	}
}
