package test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// One advert with an address of ours, for another virtual router, is evidence enough: it is sent once, and told, with its remedy and
// to the script; nothing waits for a second one. On the other interface, too, that an address lives on.
func TestOneForeignAdvertIsEnough(t *testing.T) {
	broadcast := func(frame []byte) { copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) }
	vips := func(list ...string) (out []netip.Addr) {
		for _, a := range list {
			out = append(out, netip.MustParseAddr(a))
		}
		return out
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("10.7.7.%d", i))
	}
	for _, c := range []struct {
		name, sign, link string
		plane            string
		frame            []byte
		remedy           string
	}{
		{"another VRID", "other_vrid", "eth0", "auto", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.VRID = 77 }), "virtual_router_id"},
		{"another VRID, by packet socket", "other_vrid", "eth0", "socket", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.VRID = 77 }), "virtual_router_id"},
		{"another VRID, one address of many", "other_vrid", "eth0", "tc", junkAdvert("10.9.0.77", func(a *wire.Advert) {
			a.VRID, a.Addresses = 77, vips(append(many, peersVIP)...)
		}), "virtual_router_id"},
		{"another VRID and version", "other_vrid", "eth0", "auto", junkAdvert("10.9.0.77", func(a *wire.Advert) {
			a.VRID, a.Version, a.Interval = 77, wire.V2, 1e9
		}), "virtual_router_id"},
		{"another version", "other_version", "eth0", "auto", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.Version, a.Interval = wire.V2, 1e9 }), "version"},
		{"unicast", "refused_advert", "eth0", "auto", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.Dst = netip.MustParseAddr("10.9.0.1") }, broadcast), "settings alike"},
		{"on the address's own interface", "other_vrid", "eth1", "auto", junkAdvert("10.8.0.77", func(a *wire.Advert) {
			a.VRID, a.Addresses = 77, vips(elsewhereVIP)
		}), "virtual_router_id"},
		{"on the interface of the adverts", "other_vrid", "eth0", "auto", junkAdvert("10.9.0.77", func(a *wire.Advert) {
			a.VRID, a.Addresses = 77, vips(elsewhereVIP)
		}), "virtual_router_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newTwoLANs(t)
			told := l.a.write("told", "#!/bin/sh\necho \"$2 $3\" >> "+l.a.dir+"/args\n")
			l.a.Run("chmod", "755", told)
			p := l.a.serving(withOwn(elsewhere(200), "notify_split_brain "+told+"\ndataplane "+c.plane))
			l.owned(peersVIP, "a", patience)
			l.owned(elsewhereVIP, "a", patience)
			if err := l.senderOn(c.link)(c.frame); err != nil {
				t.Fatal(err)
			}
			if e := l.a.happened("conflict", c.sign); !strings.Contains(e.Evidence.Remedy, c.remedy) || e.Evidence.MAC != "02:00:00:00:00:66" {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			l.a.split(1)
			says(t, p, "two masters: began", patience)
			says(t, p, "remedy=", patience)
			l.a.split(0) // it was one
			testnet.Eventually(t, patience, func() error {
				if got := l.a.told("args", "VI_1"); !slices.Equal(got, []string{"VI_1 SPLIT_BRAIN", "VI_1 SPLIT_BRAIN_OVER"}) {
					return fmt.Errorf("the script was told %q", got)
				}
				return nil
			})
		})
	}
}
