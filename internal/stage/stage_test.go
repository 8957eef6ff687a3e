package stage

import (
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

func TestMain(m *testing.M) {
	Ushers()
	os.Exit(m.Run())
}

// Without CAP_SYS_ADMIN a child finds the stage.
func TestUsher(t *testing.T) {
	done := make(chan *Stage)
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: it has lost its powers
		if err := renounce(unix.CAP_SYS_ADMIN); err != nil {
			t.Error(err)
			return
		}
		s := newStage()
		if err := s.open(); !errors.Is(err, unix.EPERM) {
			t.Errorf("made a namespace without CAP_SYS_ADMIN: %v", err)
		}
		if err := s.send(); err != nil {
			t.Error(err)
			return
		}
		for _, typ := range []uint16{unix.RTM_NEWADDR, unix.RTM_DELADDR} {
			if err := s.ask(typ, false); err != nil {
				t.Errorf("request %d: %v", typ, err)
			}
		}
		done <- s
	}()
	s := <-done
	if s == nil {
		t.Fatal("no stage")
	}
	if n, err := unix.Write(s.frames, question[:]); n != len(question) || err != nil {
		t.Errorf("%d bytes of the frame left: %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// renounce gives up one capability of the calling thread.
func renounce(capability int) error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return err
	}
	data[capability/32].Effective &^= 1 << (capability % 32)
	data[capability/32].Permitted &^= 1 << (capability % 32)
	return unix.Capset(&hdr, &data[0])
}

// What is rehearsed is done, again and again, and the network that the daemon serves hears nothing of it.
func TestRehearsal(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire")
	news, done := make(chan netlink.AddrUpdate, 100), make(chan struct{})
	defer close(done)
	h.Do(func() {
		if err := netlink.AddrSubscribe(news, done); err != nil {
			t.Fatal(err)
		}
		s := open(t)
		for _, ipv6 := range []bool{false, true, false, true} {
			for _, typ := range []uint16{unix.RTM_NEWADDR, unix.RTM_DELADDR} {
				if err := s.ask(typ, ipv6); err != nil {
					t.Errorf("request %d, IPv6 %v: %v", typ, ipv6, err)
				}
			}
			if s.Address(ipv6); !s.stands {
				t.Error("not rehearsed")
			}
			if err := s.ask(unix.RTM_NEWADDR, ipv6); !errors.Is(err, unix.EEXIST) {
				t.Errorf("the address does not stand: %v", err)
			}
			testnet.Eventually(t, 10*time.Second, func() error {
				s.mu.Lock()
				defer s.mu.Unlock()
				if s.stands {
					return errors.New("the address stands still")
				}
				return nil
			})
		}
		if err := s.ask(unix.RTM_DELADDR, false); !errors.Is(err, unix.EADDRNOTAVAIL) {
			t.Errorf("the address is left: %v", err)
		}
		if n, err := unix.Write(s.frames, question[:]); n != len(question) || err != nil {
			t.Errorf("%d bytes of the frame left: %v", n, err)
		}
	})
	h.AddAddress("eth0", "198.51.100.1/24")
	for {
		select {
		case u := <-news:
			if u.LinkAddress.IP.IsLinkLocalUnicast() {
				continue
			}
			if !u.LinkAddress.IP.Equal(net.IPv4(198, 51, 100, 1)) {
				t.Errorf("the host hears of %v", u.LinkAddress)
			}
			return
		case <-time.After(10 * time.Second):
			t.Fatal("the host hears of nothing")
		}
	}
}

// One of many that take over together rehearses.
func TestOneIsEnough(t *testing.T) {
	s := open(t)
	s.mu.Lock()
	if s.Address(true); s.stands {
		t.Error("rehearsed beside another")
	}
	s.mu.Unlock()
	s.Address(false)
	if s.Address(true); s.ipv6 {
		t.Error("rehearsed again at once")
	}
}

// Without a stage nothing is rehearsed, and nothing breaks.
func TestNoStage(t *testing.T) {
	var s *Stage
	s.Address(false)
	s.Frame()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The home of the other threads stays what it was.
func TestOthersStay(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire")
	process := func() string {
		name, err := os.Readlink("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	home := process()
	h.Do(func() {
		for range 10 {
			open(t)
			if at := process(); at != home {
				t.Fatalf("the process is in %s, was in %s", at, home)
			}
			if _, err := netlink.LinkByName("eth0"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func open(t testing.TB) *Stage {
	t.Helper()
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// BenchmarkAddress is how long the kernel takes to add an address to another network after a pause, and after a pause and
// a rehearsal.
func BenchmarkAddress(b *testing.B) {
	for _, c := range []struct {
		name      string
		rehearsed bool
	}{{"after a pause", false}, {"rehearsed", true}} {
		b.Run(c.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			served, s := open(b), open(b)
			var took time.Duration
			for b.Loop() {
				time.Sleep(20 * time.Millisecond)
				begin := time.Now()
				if c.rehearsed {
					s.Address(false)
				}
				for time.Since(begin) < 400*time.Microsecond { // as one does before a takeover
					continue
				}
				begin = time.Now()
				err := served.ask(unix.RTM_NEWADDR, false)
				took += time.Since(begin)
				if err = errors.Join(err, served.ask(unix.RTM_DELADDR, false)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs/address")
		})
	}
}
