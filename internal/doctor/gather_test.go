package doctor

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// A host of the lab is seen as it is.
func TestGather(t *testing.T) {
	t.Parallel()
	n := testnet.New(t)
	h := n.Host("a")
	n.Switch("lan").Connect(h, "eth0", "10.42.0.1/24")
	h.Sysctl("net/ipv4/conf/eth0/rp_filter", "1")
	h.Sysctl("net/ipv4/ip_forward", "1")
	lease := &netlink.Addr{IPNet: addressNet(t, "10.42.0.2/24"), ValidLft: 3600, PreferedLft: 1800}
	if err := h.Netlink().AddrAdd(h.Link("eth0"), lease); err != nil {
		t.Fatal(err)
	}
	entry := &netlink.Neigh{LinkIndex: h.Index("eth0"), IP: addressNet(t, "10.42.0.77/32").IP, State: netlink.NUD_STALE,
		HardwareAddr: []byte{2, 0, 0, 0, 0, 77}}
	if err := h.Netlink().NeighSet(entry); err != nil {
		t.Fatal(err)
	}
	var f Facts
	h.Do(func() { f = Gather(Needs{}, 0) })
	if f.Sysctl["net/ipv4/conf/eth0/rp_filter"] != "1" || f.Sysctl["net/ipv4/ip_forward"] != "1" {
		t.Errorf("sysctl: %v", f.Sysctl)
	}
	l, ok := f.link("eth0")
	if !ok || !l.Up || !l.Multicast || !l.Ethernet || l.Loopback || l.XDP != "" {
		t.Errorf("eth0: %+v", l)
	}
	dynamic := slices.IndexFunc(l.Addresses, func(a Address) bool { return a.Dynamic && a.Prefix.Addr().Is4() })
	if dynamic < 0 || l.Addresses[dynamic].Prefix != netip.MustParsePrefix("10.42.0.2/24") {
		t.Errorf("addresses: %+v", l.Addresses)
	}
	if !slices.Contains(l.Groups, netip.MustParseAddr("224.0.0.1")) || !slices.Contains(l.Groups, netip.MustParseAddr("ff02::1")) {
		t.Errorf("groups: %v", l.Groups)
	}
	if f.Neighbours4 != 1 || len(f.Unread) > 0 || f.Kernel.PacketSend != "" || f.Kernel.XDP != "" {
		t.Errorf("neighbours %d, unread %v, kernel %+v", f.Neighbours4, f.Unread, f.Kernel)
	}
}

func addressNet(t *testing.T, prefix string) *net.IPNet {
	t.Helper()
	n, err := netlink.ParseIPNet(prefix)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCgroups(t *testing.T) {
	for _, c := range []struct {
		cgroup string
		want   []string
	}{
		{"0::/system.slice/xvrrp.service\n", []string{
			"/sys/fs/cgroup/system.slice/xvrrp.service/cpu.stat", "/sys/fs/cgroup/system.slice/cpu.stat", "/sys/fs/cgroup/cpu.stat"}},
		{"3:cpu,cpuacct:/box\n2:memory:/box\n", []string{"/sys/fs/cgroup/cpu,cpuacct/box/cpu.stat", "/sys/fs/cgroup/cpu,cpuacct/cpu.stat"}},
		{"nonsense", nil},
	} {
		if got := cpuStats(c.cgroup); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.cgroup, got)
		}
	}
	if p, n := parseThrottling("usage_usec 5\nnr_periods 10\nnr_throttled 3\nthrottled_usec x\n"); p != 10 || n != 3 {
		t.Errorf("throttling: %d %d", p, n)
	}
}
