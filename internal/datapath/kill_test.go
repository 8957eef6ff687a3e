package datapath

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// The helper is this test binary, started as a daemon that holds vip4 on eth0.
const (
	helperEnv  = "XVRRP_DATAPATH_HELPER" // interface index
	helperPins = "XVRRP_DATAPATH_PINS"
	helperMode = "XVRRP_DATAPATH_MODE"

	helperReady = "holding"
	helperLease = 30 * time.Millisecond
)

func TestMain(m *testing.M) {
	if ifindex, err := strconv.Atoi(os.Getenv(helperEnv)); err == nil {
		if err := serveAsHelper(ifindex); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveAsHelper holds vip4 until it is killed, with a wake-up every
// millisecond as an Active router has them.
func serveAsHelper(ifindex int) error {
	d, err := Load(Config{PinDir: os.Getenv(helperPins), Fence: true})
	if err != nil {
		return err
	}
	if _, err := d.Attach(ifindex, Mode(os.Getenv(helperMode))); err != nil {
		return err
	}
	if err := d.SetFence("VI_1", []FencedVIP{{ifindex, netip.MustParseAddr(vip4), helperLease}}); err != nil {
		return err
	}
	tick := func() { d.Wake(time.Now().Add(time.Millisecond)) }
	tick()
	fmt.Println(helperReady)
	return d.Run(context.Background(), &recorder{onWakeup: func(time.Time) { tick() }})
}

// prober asks for vip4 by ARP, as a third host would.
type prober struct {
	*lan
	ear int
}

func newProber(t *testing.T, l *lan) *prober {
	t.Helper()
	p := &prober{lan: l}
	l.Do(func() {
		var err error
		p.ear, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = unix.Bind(p.ear, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ARP), Ifindex: l.Index("wire0")})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { unix.Close(p.ear) })
	return p
}

// answered asks once and waits 10 ms for a reply.
func (p *prober) answered(t testing.TB) bool {
	t.Helper()
	p.send(t, arp(1, peer4, vip4))
	var b [256]byte
	for end := time.Now().Add(10 * time.Millisecond); time.Now().Before(end); {
		n, from, err := unix.Recvfrom(p.ear, b[:], 0)
		if err != nil {
			wait := []unix.PollFd{{Fd: int32(p.ear), Events: unix.POLLIN}}
			if _, err := unix.Poll(wait, 5); err != nil && err != unix.EINTR {
				t.Fatal(err)
			}
			continue
		}
		in := from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING
		if in && n >= 42 && b[21] == 2 && netip.AddrFrom4([4]byte(b[28:32])).String() == vip4 {
			return true
		}
	}
	return false
}

func (p *prober) wants(t testing.TB, what string, answer bool) {
	t.Helper()
	testnet.Eventually(t, patience, func() error {
		if p.answered(t) != answer {
			return fmt.Errorf("%s: answered is %v", what, !answer)
		}
		return nil
	})
}

// TestKilledDaemonFallsSilent kills, and freezes, a daemon that holds an address.
func TestKilledDaemonFallsSilent(t *testing.T) {
	for _, m := range []Mode{XDP, TC} {
		t.Run(string(m), func(t *testing.T) {
			l, dir := newLAN(t), bpffs(t)
			l.AddAddress("eth0", vip4+"/24")
			p := newProber(t, l)
			daemon := startHelper(t, l, dir, m)
			p.wants(t, "alive", true)

			daemon.Freeze()
			p.wants(t, "frozen", false)
			testnet.Throughout(t, 100*time.Millisecond, func() error {
				if p.answered(t) {
					return errors.New("answered while frozen")
				}
				return nil
			})
			daemon.Thaw()
			p.wants(t, "thawed", true)

			daemon.Kill()
			p.wants(t, "killed", false)
			testnet.Throughout(t, 100*time.Millisecond, func() error {
				if p.answered(t) {
					return errors.New("answered after the kill")
				}
				return nil
			})

			// The successor adopts what is pinned, lifts the fence and stops cleanly.
			next := load(t, Config{PinDir: dir, Fence: true})
			if !next.FenceActive() {
				t.Error("the successor does not see the fence")
			}
			l.Do(func() {
				if used, err := next.Attach(l.ifindex, m); err != nil || used != m {
					t.Fatalf("Attach = %q, %v", used, err)
				}
			})
			if p.answered(t) {
				t.Error("answered before the successor has spoken")
			}
			if err := next.Lift(); err != nil {
				t.Fatal(err)
			}
			p.wants(t, "lifted", true)
			l.Do(func() {
				if err := next.Detach(l.ifindex); err != nil {
					t.Fatal(err)
				}
			})
			l.wantBare(t)
		})
	}
}

func startHelper(t *testing.T, l *lan, pins string, m Mode) *testnet.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(),
		helperEnv+"="+strconv.Itoa(l.ifindex), helperPins+"="+pins, helperMode+"="+string(m))
	p := l.StartCmd(cmd)
	testnet.Eventually(t, patience, func() error {
		if out := p.Output(); !strings.Contains(out, helperReady) {
			return fmt.Errorf("the helper says %q", out)
		}
		return nil
	})
	return p
}
