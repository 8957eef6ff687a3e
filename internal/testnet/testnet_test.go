package testnet

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// lan is two hosts on a switch, 192.0.2.1 and 192.0.2.2.
func lan(t *testing.T) (sw *Switch, a, b *Host, pa, pb *lab.Port) {
	n := New(t)
	sw, a, b = n.Switch("lan"), n.Host("a"), n.Host("b")
	pa = sw.Connect(a, "eth0", "192.0.2.1/24", "2001:db8::1/64")
	pb = sw.Connect(b, "eth0", "192.0.2.2/24", "2001:db8::2/64")
	return sw, a, b, pa, pb
}

func TestHostsMeetOnASwitch(t *testing.T) {
	_, a, b, _, pb := lan(t)
	Eventually(t, 10*time.Second, func() error {
		answers := a.WhoHas("eth0", "192.0.2.2", 100*time.Millisecond)
		if len(answers) != 1 || !bytes.Equal(answers[0].MAC, pb.MAC) {
			return fmt.Errorf("who has 192.0.2.2: %v, want %v", answers, pb.MAC)
		}
		return nil
	})
	if !b.Has("2001:db8::2") || b.Has("2001:db8::1") {
		t.Errorf("addresses of b: %v", b.Addresses("eth0"))
	}
}

func TestIPv6IsUsableAtOnce(t *testing.T) {
	_, a, _, _, _ := lan(t)
	a.Do(func() {
		c, err := net.ListenPacket("udp6", "[2001:db8::1]:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestDoComesBack(t *testing.T) {
	n := New(t)
	h := n.Host("h")
	home, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		h.Do(func() {
			if in, err := os.Readlink("/proc/thread-self/ns/net"); err != nil || in == home {
				t.Errorf("inside: %s, %v", in, err)
			}
			panic("on purpose")
		})
	}()
	if now, err := os.Readlink("/proc/thread-self/ns/net"); err != nil || now != home {
		t.Errorf("after Do: %s, want %s (%v)", now, home, err)
	}
}

// A child gets the host's network and keeps our mounts, so that paths and bpffs stay shared.
func TestChildChangesOnlyItsNetwork(t *testing.T) {
	h := New(t).Host("h")
	out := strings.Fields(h.Run("readlink", "/proc/self/ns/net", "/proc/self/ns/mnt"))
	ourNet, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	ourMounts, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || out[0] == ourNet || out[1] != ourMounts {
		t.Errorf("child: %v, we: %s %s", out, ourNet, ourMounts)
	}
}

func TestProcessSignals(t *testing.T) {
	h := New(t).Host("h")
	p := h.Start("sh", "-c", "trap 'echo bye; exit 3' TERM; echo ready; while :; do :; done")
	Eventually(t, 10*time.Second, func() error { return contains(p.Output(), "ready") })
	p.Freeze()
	Eventually(t, 5*time.Second, func() error { return contains(processState(t, p.Pid()), "T") })
	p.Thaw()
	err := p.Stop(2 * time.Second)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("Stop: %v, want exit status 3", err)
	}
	if err := contains(p.Output(), "bye"); err != nil {
		t.Error(err)
	}
	p.Kill() // of one that has gone: nothing
}

// Close ends children and what they left in their process group.
func TestCloseKillsChildren(t *testing.T) {
	l, err := lab.New()
	must(t, err)
	h, err := l.Host("h")
	must(t, err)
	p, err := h.Start("sh", "-c", "trap '' TERM; sleep 100 & echo $!; wait")
	must(t, err)
	Eventually(t, 10*time.Second, func() error { return contains(p.Output(), "\n") })
	must(t, l.Close())
	must(t, l.Close())
	var grandchild int
	if _, err := fmt.Sscan(p.Output(), &grandchild); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 5*time.Second, func() error {
		if err := unix.Kill(grandchild, 0); !errors.Is(err, unix.ESRCH) && processState(t, grandchild) != "Z" {
			return fmt.Errorf("pid %d is still there: %v", grandchild, err)
		}
		return nil
	})
	if _, err := l.Host("late"); err == nil {
		t.Error("a closed lab made a host")
	}
}

func TestNamesArePinnedAndRemoved(t *testing.T) {
	l, err := lab.New(lab.Names())
	must(t, err)
	h, err := l.Host("h")
	must(t, err)
	path := "/run/netns/" + h.ID()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	must(t, l.Close())
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s after Close: %v", path, err)
	}
}

func TestUnplugTakesTheCarrier(t *testing.T) {
	_, a, _, pa, _ := lan(t)
	running := func() bool { return a.Link("eth0").Attrs().RawFlags&unix.IFF_LOWER_UP != 0 }
	must(t, pa.Unplug())
	Eventually(t, 5*time.Second, func() error { return want("carrier", running(), false) })
	must(t, pa.Plug())
	Eventually(t, 5*time.Second, func() error { return want("carrier", running(), true) })
}

// processState is the letter of /proc/<pid>/stat, empty when there is no such process.
func processState(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return ""
	}
	must(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

func contains(text, part string) error {
	if !strings.Contains(text, part) {
		return fmt.Errorf("no %q in %q", part, text)
	}
	return nil
}

func want[T comparable](what string, got, wanted T) error {
	if got != wanted {
		return fmt.Errorf("%s: %v, want %v", what, got, wanted)
	}
	return nil
}
