package egress

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

var groups = map[string]netip.Addr{
	"IPv4": netip.MustParseAddr("224.0.0.18"),
	"IPv6": netip.MustParseAddr("ff02::12"),
}

// member reports whether the kernel of h holds the membership on eth0.
func member(t *testing.T, h *testnet.Host, group netip.Addr) (is bool) {
	file, word := "igmp", fmt.Sprintf("%08X", binary.NativeEndian.Uint32(group.AsSlice()))
	if group.Is6() {
		file, word = "igmp6", fmt.Sprintf("%x", group.AsSlice())
	}
	h.Do(func() {
		b, err := os.ReadFile("/proc/thread-self/net/" + file)
		must(t, err)
		is = bytes.Contains(b, []byte(word))
	})
	return is
}

func joins(t *testing.T, h *testnet.Host, group netip.Addr) (m *Membership) {
	t.Helper()
	h.Do(func() {
		var err error
		m, err = Join(h.Index("eth0"), group)
		must(t, err)
	})
	return m
}

func TestJoinAndLeave(t *testing.T) {
	for name, group := range groups {
		t.Run(name, func(t *testing.T) {
			h := testnet.New(t).Host("a")
			h.Veth("eth0", "wire0")
			m := joins(t, h, group)
			if !member(t, h, group) {
				t.Error("joined, but the kernel knows of no membership")
			}
			h.Down("eth0")
			h.Up("eth0")
			if !member(t, h, group) {
				t.Error("the membership was lost with the link")
			}
			must(t, m.Close())
			if member(t, h, group) {
				t.Error("left, but the kernel still knows of a membership")
			}
		})
	}
}

// admitted reports whether the device list of eth0 holds the group's frames.
func admitted(t *testing.T, h *testnet.Host, group netip.Addr) (is bool) {
	t.Helper()
	mac, ok := linkGroup(group)
	if !ok {
		t.Fatalf("%v is no group", group)
	}
	h.Do(func() {
		b, err := os.ReadFile("/proc/thread-self/net/dev_mcast")
		must(t, err)
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			is = is || len(f) == 5 && f[1] == "eth0" && f[4] == fmt.Sprintf("%x", mac[:])
		}
	})
	return is
}

// The NIC lets the group in, and nobody is told: no membership, no report.
func TestAdmit(t *testing.T) {
	for name, group := range groups {
		t.Run(name, func(t *testing.T) {
			h := testnet.New(t).Host("a")
			h.Veth("eth0", "wire0")
			if admitted(t, h, group) {
				t.Fatal("the group is let in before anybody asked")
			}
			var m *Membership
			h.Do(func() {
				var err error
				m, err = Admit(h.Index("eth0"), group)
				must(t, err)
			})
			if !admitted(t, h, group) || member(t, h, group) {
				t.Errorf("let in: %v, a member: %v", admitted(t, h, group), member(t, h, group))
			}
			h.Down("eth0")
			h.Up("eth0")
			if !admitted(t, h, group) {
				t.Error("the group was lost with the link")
			}
			h.Do(func() { must(t, m.Report()) })
			must(t, m.Close())
			if admitted(t, h, group) {
				t.Error("closed, and the NIC still lets the group in")
			}
		})
	}
	for _, a := range []string{"192.0.2.1", "2001:db8::1"} {
		if m, err := Admit(1, netip.MustParseAddr(a)); err == nil {
			m.Close()
			t.Errorf("%s was admitted as a group", a)
		}
	}
}

func TestLeaveAfterTheInterfaceIsGone(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	m := joins(t, h, groups["IPv4"])
	must(t, h.Netlink().LinkDel(h.Link("eth0")))
	must(t, m.Close())
}

func TestJoinRefuses(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Do(func() {
		for _, a := range []string{"192.0.2.1", "2001:db8::1", "224.0.0.18", "ff02::12"} {
			if m, err := Join(9999, netip.MustParseAddr(a)); err == nil {
				m.Close()
				t.Errorf("%s on an interface that does not exist: joined", a)
			}
		}
	})
}

// The kernel's own reports are stopped by a firewall; Report is not. tshark
// judges that it is what it should be.
func TestReportPassesTheFirewall(t *testing.T) {
	for name, want := range map[string]struct{ filter, group string }{
		"IPv4": {"igmp.type == 0x16 && ip.ttl == 1 && ip.opt.type == 148", "224.0.0.18"},
		"IPv6": {"icmpv6.type == 131 && ipv6.hlim == 1 && ipv6.opt.router_alert == 0", "ff02::12"},
	} {
		t.Run(name, func(t *testing.T) {
			h := testnet.New(t).Host("a")
			h.Veth("eth0", "wire0", "192.0.2.1/24")
			h.Firewall(lab.EstablishedOnly)
			far := h.Capture("wire0")
			m := joins(t, h, groups[name])
			defer m.Close()
			h.Do(func() { must(t, m.Report()) })
			reports := func() []lab.Frame {
				return far.Matching(func(f lab.Frame) bool { return !f.Out && isReport(f.Data) })
			}
			testnet.Eventually(t, time.Second, func() error {
				if n := len(reports()); n != 1 {
					return fmt.Errorf("%d reports, want ours alone", n)
				}
				return nil
			})
			must(t, far.Close())
			file := filepath.Join(t.TempDir(), "report.pcap")
			must(t, far.SavePcap(file))
			out, err := exec.Command("tshark", "-n", "-r", file, "-o", "ip.check_checksum:TRUE", "-Y",
				want.filter+" && !_ws.expert.severity >= 6291456", "-T", "fields",
				"-e", "ip.dst", "-e", "ipv6.dst", "-e", "igmp.maddr", "-e", "icmpv6.mld.multicast_address",
				"-e", "igmp.checksum.status", "-e", "icmpv6.checksum.status").CombinedOutput()
			must(t, err)
			if n := strings.Count(string(out), want.group); n != 2 { // destination and group
				t.Errorf("tshark says: %s", out)
			}
		})
	}
}

// isReport tells IGMP, and the MLD reports of both versions behind their
// hop-by-hop header.
func isReport(b []byte) bool {
	return len(b) > 34 && b[12] == 0x08 && b[13] == 0 && b[23] == 2 ||
		len(b) > 62 && b[12] == 0x86 && b[20] == 0 && b[54] == 58 && (b[62] == 131 || b[62] == 143)
}
