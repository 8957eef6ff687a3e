package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// encapRoutes are words of encapsulation that iproute2 has, and Debian's keepalived has not or loses (those of a next hop). They
// mean the same to `ip route add`.
var encapRoutes = []string{
	"10.60.0.0/16 encap ip id 5 dst 10.9.0.9 key csum seq dev eth0",
	"10.61.0.0/16 encap ip6 dst 2001:db8::9 key csum seq via 10.9.0.9 dev eth0",
	"10.62.0.0/16 encap seg6 mode encap segs 2001:db8::7 dev eth0",
	"10.63.0.0/16 table 61 nexthop via 10.9.0.9 dev eth0 weight 2 encap ip id 5 dst 10.9.0.9 nexthop via 10.9.0.8 dev eth0 encap ip6 dst 2001:db8::9",
	"2001:db8:60::/48 encap seg6 mode encap segs 2001:db8::7,2001:db8::8,2001:db8::9 dev eth0",
	"2001:db8:61::/48 encap seg6 mode inline segs 2001:db8::7,2001:db8::8 via 2001:db8::9 dev eth0",
	"2001:db8:62::/48 encap seg6 mode l2encap segs 2001:db8::7 dev eth0",
	"2001:db8:63::/48 encap seg6 mode encap segs 2001:db8::7,2001:db8::8 hmac 17 dev eth0",
	"2001:db8:64::/48 table 61 nexthop via 2001:db8::9 dev eth0 encap seg6 mode inline segs 2001:db8::7 nexthop via 2001:db8::8 dev eth0 encap ip6 id 7 dst 2001:db8::9",
	"2001:db8:65::/48 encap ip6 id 18446744073709551615 dst 2001:db8::9 src 2001:db8::1 tc 1 hoplimit 255 dev eth0",
}

// TestEncapAsIP gives xvrrp and iproute2 the same routes and compares what the two kernels show.
func TestEncapAsIP(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	for _, n := range []*node{l.a, l.b} {
		n.second(l.Switch("lan1"+n.Name), fmt.Sprintf("10.8.0.%d/24", 1))
		n.AddAddress("eth0", "2001:db8::1/64")
	}
	before := l.a.shown()
	p := l.a.xvrrp("vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n priority 200\n advert_int 0.1\n" +
		" virtual_ipaddress {\n 10.9.0.100\n }\n virtual_routes {\n " + strings.Join(encapRoutes, "\n ") + "\n }\n}\n")
	l.b.AddAddress("eth0", "10.9.0.100/32")
	for _, r := range encapRoutes {
		words := strings.Fields(r)
		l.b.Run("ip", append([]string{"route", "add", words[0], "proto", "keepalived"}, words[1:]...)...)
	}
	routes := func(n *node) (list []string) {
		for _, line := range n.shown() {
			if strings.Contains(line, "encap") {
				list = append(list, strings.ReplaceAll(line, "10.9.0.2", "10.9.0.1"))
			}
		}
		return list
	}
	if n := len(routes(l.b)); n != len(encapRoutes) {
		t.Errorf("iproute2 shows %d routes with encap, want %d:\n%s", n, len(encapRoutes), strings.Join(l.b.shown(), "\n"))
	}
	testnet.Eventually(t, patience, func() error { return same(routes(l.b), routes(l.a)) })
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	if err := same(before, l.a.shown()); err != nil {
		t.Errorf("after the stop, keepalived being what was before: %v", err)
	}
}
