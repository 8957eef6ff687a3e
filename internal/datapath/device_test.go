package datapath

import (
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// stack makes a device on top of eth0 and makes it the one under test.
func (l *lan) stack(t testing.TB, dev netlink.Link, enslave bool) {
	t.Helper()
	if err := l.Netlink().LinkAdd(dev); err != nil {
		t.Fatal(err)
	}
	if enslave {
		if err := l.Netlink().LinkSetMaster(l.Link("eth0"), dev); err != nil {
			t.Fatal(err)
		}
	}
	l.Up(dev.Attrs().Name)
	l.ifindex = l.Index(dev.Attrs().Name)
}

// TestOtherDevices receives on what is no Ethernet card: generic XDP is the
// best that they have.
func TestOtherDevices(t *testing.T) {
	for _, want := range []Mode{Auto, TC, Socket} {
		used := want
		if want == Auto {
			used = XDPGeneric
		}
		t.Run("bridge "+string(want), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{Fence: true})
			l.stack(t, &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}, true)
			l.attach(t, d, want, used)
			l.hears(t, d)
		})
		t.Run("macvlan "+string(want), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{Fence: true})
			l.stack(t, &netlink.Macvlan{
				LinkAttrs: netlink.LinkAttrs{Name: "mac0", ParentIndex: l.ifindex}, Mode: netlink.MACVLAN_MODE_BRIDGE,
			}, false)
			// In the daemon the membership of the group opens the macvlan's filter.
			if err := l.Netlink().LinkSetAllmulticastOn(l.Link("mac0")); err != nil {
				t.Fatal(err)
			}
			l.attach(t, d, want, used)
			l.hears(t, d)
		})
	}
}

// TestJumboFrames: a large MTU is no obstacle for native XDP.
func TestJumboFrames(t *testing.T) {
	l, d := newLAN(t), load(t, Config{})
	for _, name := range []string{"eth0", "wire0"} {
		if err := l.Netlink().LinkSetMTU(l.Link(name), 9000); err != nil {
			t.Fatal(err)
		}
	}
	l.attach(t, d, XDP, XDP)
	sink := &recorder{}
	start(t, d, sink)
	long := advert(7, peer4, addresses(255))
	l.send(t, frame(long))
	testnet.Eventually(t, patience, sink.heardAtLeast(1))
	if got := sink.heard()[0].IP; string(got) != string(long) {
		t.Errorf("heard %d bytes of %d", len(got), len(long))
	}
}

// TestLongestAdvert: 255 IPv6 addresses are 4136 bytes, in a frame of several buffers.
func TestLongestAdvert(t *testing.T) {
	for _, m := range []Mode{XDP, XDPGeneric, TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			for _, name := range []string{"eth0", "wire0"} {
				if err := l.Netlink().LinkSetMTU(l.Link(name), 9000); err != nil {
					t.Fatal(err)
				}
			}
			l.Do(func() {
				if err := d.SetRouters(watchedRouters(l.ifindex)); err != nil {
					t.Fatal(err)
				}
				if _, err := d.Attach(l.ifindex, m); err != nil {
					t.Fatal(err)
				}
			})
			sink := &recorder{}
			start(t, d, sink)
			long := advert(7, peer6, addresses(255))
			l.send(t, frame(long))
			testnet.Eventually(t, patience, sink.heardAtLeast(1))
			if got := sink.heard()[0].IP; string(got) != string(long) {
				t.Errorf("heard %d bytes of %d", len(got), len(long))
			}
		})
	}
}
