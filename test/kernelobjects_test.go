package test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// everyWord has each word of addresses, routes and rules that Debian's keepalived and this kernel can serve. Its
// addresses are in networks of their own where a secondary address would have to be as the first is.
const everyWord = `global_defs {
    default_interface eth1
}
static_ipaddress {
    10.7.0.1/24 dev eth0 brd +
    10.7.1.1/24
    2001:db8:7::1/64 dev eth1
}
static_routes {
    10.70.0.0/16 via 10.7.0.9 dev eth0
    10.71.0.0/16 via 10.7.1.9 dev eth1 table 70 metric 5
    2001:db8:70::/48 via 2001:db8:7::9 dev eth1
}
static_rules {
    from 10.7.0.1 table 70 preference 700
    from 10.7.0.2 table 70
    from 2001:db8:7::1 table 70 preference 701
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.1
    virtual_ipaddress {
        10.9.0.100
        10.9.0.101/24 brd +
        10.9.0.102/24 brd -
        10.10.3.1/24 brd 10.10.3.255 label eth0:vip scope link
        10.9.0.104/32 peer 10.9.3.1
        10.9.4.1/24 noprefixroute
        10.10.5.1/24 scope site
        10.10.11.1/24 scope host
        10.10.12.1/24 scope nowhere
        10.10.13.1/24 scope 100
        10.9.0.106/24 preferred_lft 3600
        10.9.0.107/24 home
        10.9.0.108/24 mngtmpaddr
        10.8.5.1/24 broadcast 10.8.5.127 dev eth1
        10.9.6.1/31 brd +
        10.9.0.110 no_track
    }
    virtual_ipaddress_excluded {
        10.9.0.120/24 label eth0:ex
        2001:db8::100
        2001:db8::101/64
        2001:db8::102/64 -nodad
        2001:db8::103/64 home
        2001:db8::104/64 mngtmpaddr
        2001:db8::105/64 noprefixroute
        2001:db8::106/64 preferred_lft 155555
        2001:db8::107/128 preferred_lft forever
        2001:db8::108 peer 2001:db8:1::1
        2001:db8::10a/64 dev eth1
    }
    virtual_routes {
        src 10.9.0.101 to 10.60.0.0/16 via 10.9.0.9 dev eth0
        10.61.0.0/16 via 10.9.0.9 dev eth0 table 61 metric 7
        10.62.0.0/16 gw 10.9.0.9 dev eth0 tos 8
        10.63.0.0/16 dev eth0 scope link
        blackhole 10.64.0.0/16
        unreachable 10.65.0.0/16
        prohibit 10.66.0.0/16 table 61
        throw 10.67.0.0/16 table 61
        10.68.0.0/16 via 10.200.0.1 dev eth0 onlink
        10.80.0.0/16 via 10.9.0.9 dev eth0 mtu 1400 advmss 1300 window 1000 rtt 300ms rttvar 250ms rto_min 200ms cwnd 10 ssthresh 11 initcwnd 12 initrwnd 13 hoplimit 14 reordering 5 quickack 1 congctl reno features ecn
        10.81.0.0/16 via 10.9.0.9 dev eth0 mtu lock 1400 ssthresh lock 107 rto_min lock 200ms
        10.82.0.0/16 via 10.9.0.9 dev eth0 realms 20/30
        10.83.0.0/16 via 10.9.0.9 dev eth0 fastopen_no_cookie 1 no_track protocol static
        10.84.0.0/16 via 10.9.0.9 dev eth0 protocol static
        10.85.0.0/16 table 61 nexthop via 10.9.0.9 dev eth0 weight 2 nexthop via 10.8.0.9 dev eth1 weight 3 onlink
        default via 10.9.0.9 dev eth0 table 62
        default6 via fe80::9 dev eth0 table 62
        2001:db8:80::/48 via 2001:db8::9 dev eth0 pref high metric 9
        2001:db8:81::/48 via 2001:db8::9 dev eth0 expires 550
        2001:db8:82::/48 from 2001:db8::/64 via 2001:db8::9 dev eth0 mtu 1400 hoplimit 64
        2001:db8:83::/48 table 61 nexthop via 2001:db8::9 dev eth0 weight 2 nexthop via 2001:db8::8 dev eth0 weight 1
        blackhole 2001:db8:84::/48
        10.86.0.0/16 via 10.9.0.9 dev eth0 append
        10.87.0.0/16 via 10.9.0.9 dev eth0 add
        10.88.0.0/16 via 10.9.0.9 dev eth0 prepend
        10.89.0.0/16 via 10.9.0.9 dev eth0 ttl-propagate enabled
        0.0.0.0/0 gw 10.9.0.9 table 100
        10.90.0.0/16 via 10.9.0.9
        10.91.0.0/16 dev eth0 protocol static no_track scope host
        10.94.0.0/16 via 10.9.0.9 dev eth0 priority 4 dsfield 4
        10.100.0.0/16 encap ip id 100 dst 10.9.0.9 src 10.9.0.1 ttl 9 tos 16 via 10.9.0.9 dev eth0
        10.101.0.0/16 encap ip6 id 100 dst 2001:db8::9 src 2001:db8::1 hoplimit 9 tc 16 via 10.9.0.9 dev eth0
        10.102.0.0/16 encap ip dst 10.9.0.9 flags 1024 dsfield 8 via 10.9.0.9 dev eth0
        10.103.0.0/16 encap ip6 id 9 flags 256 via 10.9.0.9 dev eth0
        2001:db8:85::/48 encap ip6 id 3 dst 2001:db8::9 via 2001:db8::9 dev eth0
        2001:db8:86::/48 encap ip id 3 dst 10.9.0.9 via 2001:db8::9 dev eth0
        10.96.0.0/16 via 10.9.0.9 dev eth0
        10.97.0.0/16 via 10.9.0.9 dev eth0 append
        10.98.0.0/16 via 10.9.0.9 dev eth0 add
        10.99.0.0/16 via 10.9.0.9 dev eth0 prepend
    }
    virtual_rules {
        from 10.9.0.101 table 61 preference 1000
        to 10.9.0.0/24 lookup 61 priority 1001
        not from 10.9.0.0/16 table 61 order 1002
        from 10.9.0.0/16 to 10.8.0.0/16 iif eth0 oif eth1 tos 8 fwmark 24/12 realms 30/20 table 61 preference 1003
        dev eth1 table 61 preference 1004
        fwmark 0x10 table 61 preference 1005
        from all suppress_prefixlength 0 table main preference 1006
        sup_group 5 table main preference 1007
        suppress_ifgroup 6 table main preference 1008
        tunnel-id 77 table 61 preference 1009
        uidrange 10-20 table 61 preference 1010
        ipproto tcp sport 10-20 dport 80-80 table 61 preference 1011
        ipproto 17 dport 53-54 table 61 preference 1012
        from 10.9.0.104 goto 1020 preference 1013
        nop preference 1020
        from 10.66.0.0/16 blackhole preference 1021
        from 10.67.0.0/16 prohibit preference 1022
        from 10.68.0.0/16 unreachable preference 1023
        from 2001:db8::101 table 61 preference 1024
        to 2001:db8:9::/48 from 2001:db8:8::/48 iif eth0 uidrange 1-2 table 61 preference 1025
        l3mdev preference 1026
        from 10.9.0.106 table 61 preference 1027 protocol 12
        from 10.9.0.107 table main no_track protocol 12 preference 1029
        sup_pl 8 table main preference 1030
        from 10.9.0.108 table 61
        from 10.9.0.109 table 61
        from 2001:db8::105 table 61
    }
}
`

// TestEveryWordAsKeepalived gives both daemons a file with every word of addresses, routes and rules, on hosts with the same
// routes of others in the way, and compares what iproute2 shows of the two kernels, line by line. After a stop
// nothing of xvrrp's is left, and all of the others'.
func TestEveryWordAsKeepalived(t *testing.T) {
	t.Parallel()
	hosts := map[string]*node{}
	before := map[string][]string{}
	for name, start := range map[string]func(n *node) *testnet.Process{
		"keepalived": func(n *node) *testnet.Process { return n.keepalived(everyWord) },
		"xvrrp":      func(n *node) *testnet.Process { return n.xvrrp(everyWord) },
	} {
		l := newLAN(t, peersNetwork)
		l.a.second(l.Switch("lan1"), "10.8.0.1/24")
		l.a.AddAddress("eth0", "2001:db8::1/64")
		for _, dst := range []string{"10.96.0.0/16", "10.97.0.0/16", "10.98.0.0/16", "10.99.0.0/16"} {
			l.a.Run("ip", "route", "add", dst, "via", "10.9.0.7")
		}
		before[name] = l.a.shown()
		p := start(l.a)
		hosts[name] = l.a
		defer func() {
			if err := p.Stop(patience); err != nil {
				t.Error(err)
			}
			// keepalived leaves what it added with a peer.
			if left := l.a.shown(); name == "xvrrp" && !slices.Equal(left, before[name]) {
				t.Errorf("left after the stop:\n%s\nbefore the start:\n%s", strings.Join(left, "\n"), strings.Join(before[name], "\n"))
			}
		}()
	}
	if t.Failed() {
		return
	}
	testnet.Eventually(t, patience, func() error {
		want, got := hosts["keepalived"].shown(), hosts["xvrrp"].shown()
		if len(want) < len(before["keepalived"])+80 {
			return fmt.Errorf("keepalived holds %d things only", len(want)-len(before["keepalived"]))
		}
		return same(want, got)
	})
}

// same names the lines that only one of the two has.
func same(want, got []string) error {
	var b strings.Builder
	for _, c := range []struct {
		who        string
		has, lacks []string
	}{{"only keepalived", want, got}, {"only xvrrp", got, want}} {
		has := map[string]bool{}
		for _, line := range c.lacks {
			has[line] = true
		}
		for _, line := range c.has {
			if !has[line] {
				fmt.Fprintf(&b, "%s: %s\n", c.who, line)
			}
		}
	}
	if b.Len() > 0 || !slices.Equal(slices.Compact(slices.Clone(want)), want) {
		return fmt.Errorf("the kernels differ:\n%s", b.String())
	}
	return nil
}

// shown is everything that iproute2 shows of addresses, routes and rules, with all flags, without what is the kernel's own
// and with what differs from host to host, or from second to second, left out.
func (n *node) shown() (list []string) {
	n.t.Helper()
	for _, link := range []string{"eth0", "eth1"} {
		for _, line := range n.lines("-d", "-o", "address", "show", "dev", link) {
			line = strings.Join(strings.Fields(strings.ReplaceAll(line, "\\", " ")), " ")
			_, line, _ = strings.Cut(line, ": ")
			if strings.Contains(line, " inet6 fe80::") || !strings.Contains(line, " inet") {
				continue
			}
			// Debian's keepalived does not tag its addresses.
			line = lifetime(strings.Replace(line, " proto keepalived", "", 1))
			list = append(list, line)
		}
	}
	for _, family := range []string{"-4", "-6"} {
		var routes []string
		for _, line := range n.lines(family, "-d", "route", "show", "table", "all") {
			if strings.HasPrefix(line, "nexthop") {
				routes[len(routes)-1] += " " + line
				continue
			}
			routes = append(routes, line)
		}
		for i, line := range routes {
			if strings.Contains(line, "table local") || strings.Contains(line, "proto kernel") {
				continue
			}
			// Which of two routes to the same destination is first counts: the position among its like stands in front.
			dst, order := strings.Fields(line)[1], 0
			for _, earlier := range routes[:i] {
				if strings.Fields(earlier)[1] == dst {
					order++
				}
			}
			list = append(list, lifetime(fmt.Sprintf("%s %d: %s", family, order, strings.Join(strings.Fields(line), " "))))
		}
		for _, line := range n.lines(family, "rule", "show") {
			list = append(list, family+" rule "+strings.Join(strings.Fields(line), " "))
		}
	}
	unique := map[string]bool{}
	for _, line := range list {
		unique[line] = true
	}
	return slices.Sorted(maps.Keys(unique))
}

// lifetime cuts the last digits of lifetimes off, which run down.
func lifetime(line string) string {
	f := strings.Fields(line)
	for i, w := range f {
		if s, ok := strings.CutSuffix(w, "sec"); ok && len(s) > 2 {
			f[i] = s[:1] + "..."
		}
	}
	return strings.Join(f, " ")
}
