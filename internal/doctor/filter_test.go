package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

var (
	vrrp4 = MAC{0x01, 0x00, 0x5e, 0, 0, 18}
	vrrp6 = MAC{0x33, 0x33, 0, 0, 0, 18}
)

// The way of the adverts from the wire up, with a fault in each place.
func TestNICFilter(t *testing.T) {
	asked, other, all := Filter{Groups: []MAC{vrrp4}}, Filter{Groups: []MAC{vrrp6}}, Filter{Everything: true}
	lower := func(f *Facts, kind string, at Filter) {
		f.Links[1].Kind, f.Links[1].Lower = "macvlan", "nic0"
		f.Links = append(f.Links, Link{Name: "nic0", Up: true, Multicast: true, Ethernet: true, Kind: kind})
		f.Filters["nic0"] = at
	}
	member := func(f *Facts, master, name string, up bool, at Filter) {
		f.Links[1].Kind = master
		f.Links = append(f.Links, Link{Name: name, Up: up, Multicast: true, Ethernet: true, Kind: "device", Master: "eth0"})
		f.Filters[name] = at
	}
	for _, c := range []struct {
		name   string
		change func(*Facts, *Needs)
		want   []string
	}{
		{"asked", func(f *Facts, _ *Needs) { f.Filters["eth0"] = asked }, nil},
		{"the other family", func(f *Facts, _ *Needs) { f.Filters["eth0"] = other }, []string{"warning eth0 01:00:5e:00:00:12"}},
		{"a NIC", func(f *Facts, _ *Needs) { f.Filters["eth0"], f.Links[1].Kind = other, "device" }, []string{"problem eth0 01:00:5e:00:00:12"}},
		{"IPv6", func(f *Facts, n *Needs) { six(n); f.Filters["eth0"] = asked }, []string{"warning eth0 33:33:00:00:00:12"}},
		{"a group of its own", func(f *Facts, n *Needs) {
			n.Instances[0].Group = netip.MustParseAddr("239.129.1.2")
			f.Links[1].Groups = append(f.Links[1].Groups, n.Instances[0].Group)
		}, []string{"warning eth0 01:00:5e:01:01:02"}}, // the 24th bit is not in it
		{"promiscuous", func(f *Facts, _ *Needs) { f.Filters["eth0"] = all }, []string{"note eth0 01:00:5e:00:00:12"}},
		{"a bridge's port", func(f *Facts, _ *Needs) { f.Filters["eth0"], f.Links[1].Master = all, "br0" }, nil},
		{"unicast", func(f *Facts, n *Needs) {
			f.Filters["eth0"] = Filter{}
			n.Instances[0].Peers, n.Instances[0].Source = []netip.Addr{netip.MustParseAddr("10.1.1.12")}, base.Prefix.Addr()
		}, nil},
		{"no daemon", func(f *Facts, n *Needs) { f.Filters["eth0"], n.Daemon = Filter{}, false }, nil},
		{"not to be read", func(f *Facts, _ *Needs) { f.Filters = nil }, nil},
		{"below a macvlan", func(f *Facts, _ *Needs) { lower(f, "device", other) }, []string{"problem nic0, below eth0 01:00:5e:00:00:12"}},
		{"below a macvlan, asked", func(f *Facts, _ *Needs) { lower(f, "device", asked) }, nil},
		{"members, one asked", func(f *Facts, _ *Needs) {
			member(f, "bond", "nic0", true, other)
			member(f, "bond", "nic1", true, asked)
		}, nil},
		{"members, that one down", func(f *Facts, _ *Needs) {
			member(f, "bond", "nic0", true, other)
			member(f, "bond", "nic1", false, asked)
		}, []string{"problem nic0, below eth0 01:00:5e:00:00:12"}},
		{"ports of the bridge", func(f *Facts, _ *Needs) { member(f, "bridge", "nic0", true, all) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, n := sound()
			c.change(&f, &n)
			found := Judge(f, n)
			if len(found) != len(c.want) {
				t.Fatalf("found %+v, want %q", found, c.want)
			}
			for i, want := range c.want {
				w := strings.Fields(want)
				mac, about := w[len(w)-1], strings.Join(w[1:len(w)-1], " ")
				got := found[i]
				if got.Code != "nic_filter" || got.Severity.String() != w[0] || !strings.Contains(got.What, mac) || !strings.Contains(got.What, about) {
					t.Errorf("found %+v, want %q", got, want)
				}
			}
		})
	}
}

func TestParseDevMcast(t *testing.T) {
	got := parseDevMcast("2    eth0            1     0     01005e000012\n2    eth0            2     1     333300000012\n" +
		"3    ib0             1     0     00ffffffff12401bffff00000000000000000000\n4 short\n\n")
	if len(got) != 1 || !slices.Equal(got["eth0"], []MAC{vrrp4, vrrp6}) {
		t.Errorf("read %v", got)
	}
}

// What the kernel says: a list, the modes behind the flags, and what a macvlan
// stands on.
func TestGatherFilters(t *testing.T) {
	t.Parallel()
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	upper := &netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: "mac0", ParentIndex: h.Index("eth0")}, Mode: netlink.MACVLAN_MODE_BRIDGE}
	if err := h.Netlink().LinkAdd(upper); err != nil {
		t.Fatal(err)
	}
	h.Up("mac0")
	look := func() (f Facts) {
		h.Do(func() { f = Gather(Needs{}, 0) })
		return f
	}
	f := look()
	if l, ok := f.link("mac0"); !ok || l.Kind != "macvlan" || l.Lower != "eth0" {
		t.Errorf("mac0: %+v", l)
	}
	if l, ok := f.link("eth0"); !ok || l.Kind != "veth" || l.Lower != "" {
		t.Errorf("eth0: %+v", l)
	}
	if slices.Contains(f.Filters["mac0"].Groups, vrrp4) || f.Filters["mac0"].Everything {
		t.Errorf("before: %+v", f.Filters)
	}
	h.Run("ip", "maddress", "add", vrrp4.String(), "dev", "mac0")
	f = look()
	for _, name := range []string{"mac0", "eth0"} { // the kernel hands it down
		if !slices.Contains(f.Filters[name].Groups, vrrp4) {
			t.Errorf("%s: %+v", name, f.Filters[name])
		}
	}
	h.Run("ip", "maddress", "del", vrrp4.String(), "dev", "mac0")
	if f = look(); slices.Contains(f.Filters["mac0"].Groups, vrrp4) || slices.Contains(f.Filters["eth0"].Groups, vrrp4) {
		t.Errorf("after: %+v", f.Filters)
	}
	// As a capture does it: no flag tells.
	for kind, name := range map[uint16]string{unix.PACKET_MR_ALLMULTI: "allmulticast", unix.PACKET_MR_PROMISC: "promiscuous"} {
		var fd int
		h.Do(func() {
			var err error
			if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
				t.Error(err)
				return
			}
			r := &unix.PacketMreq{Ifindex: int32(h.Index("mac0")), Type: kind}
			if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, r); err != nil {
				t.Error(err)
			}
		})
		f = look()
		if !f.Filters["mac0"].Everything {
			t.Errorf("%s, and the facts do not tell", name)
		}
		unix.Close(fd)
		if f = look(); f.Filters["mac0"].Everything {
			t.Errorf("%s no more, and the facts say so", name)
		}
	}
}
