package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

func interfaces(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		l, ok := f.link(name)
		switch {
		case !ok:
			list = append(list, Finding{
				Problem, "interface_missing", name, fmt.Sprintf("interface %s does not exist", name),
				"its instances stay in FAULT until it does", "correct `interface` or `dev` in the configuration, or create the interface; `ip link` lists them",
			})
		case !l.Up:
			list = append(list, Finding{
				Problem, "interface_down", name, fmt.Sprintf("interface %s is down or has no carrier", name),
				"its instances are in FAULT", fmt.Sprintf("`ip link set %s up`; look at the cable and the switch port", name),
			})
		}
	}
	return list
}

// sources: an advert needs an address of the interface that is no virtual one.
func sources(f Facts, n Needs) []Finding {
	var list []Finding
	for _, i := range n.Instances {
		l, ok := f.link(i.Interface)
		if !ok || hasSource(l, i, n) {
			continue
		}
		want := "an IPv4 address"
		switch {
		case i.Source.IsValid():
			want = "the configured source address " + i.Source.String()
		case i.IPv6:
			want = "a link-local IPv6 address that is not tentative"
		}
		list = append(list, Finding{
			Problem, "no_address", i.Name, fmt.Sprintf("%s lacks %s to send the adverts of %s from", l.Name, want, i.Name),
			"the instance stays in FAULT; a virtual address cannot be the source", "give the interface an address of its own, or correct unicast_src_ip or mcast_src_ip",
		})
	}
	return list
}

func hasSource(l Link, i Instance, n Needs) bool {
	return slices.ContainsFunc(l.Addresses, func(a Address) bool {
		ip := a.Prefix.Addr()
		switch {
		case ip.Is4() == i.IPv6, a.Tentative:
			return false
		case i.Source.IsValid():
			return ip == i.Source
		case i.IPv6 && !i.Unicast():
			return ip.IsLinkLocalUnicast() && !n.virtual(ip)
		}
		return !n.virtual(ip)
	})
}

func ipv6(f Facts, n Needs) []Finding {
	var list []Finding
	for _, i := range n.Instances {
		for _, where := range []string{"all", i.Interface} {
			if i.IPv6 && f.Sysctl["net/ipv6/conf/"+where+"/disable_ipv6"] == "1" {
				list = append(list, Finding{
					Problem, "ipv6_disabled", i.Name, fmt.Sprintf("IPv6 is switched off (net.ipv6.conf.%s.disable_ipv6 = 1), and %s is an IPv6 instance", where, i.Name),
					"there is no address to send from", fmt.Sprintf("`sysctl net.ipv6.conf.%s.disable_ipv6=0`, and the same below /etc/sysctl.d", where),
				})
			}
		}
	}
	return list
}

func multicast(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		l, ok := f.link(name)
		uses := slices.ContainsFunc(n.on(name), func(i Instance) bool { return !i.Unicast() })
		if ok && uses && !l.Multicast {
			list = append(list, Finding{
				Problem, "multicast_off", name, fmt.Sprintf("%s has no MULTICAST flag", name),
				"the kernel joins no group on it, so the NIC filters adverts out", fmt.Sprintf("`ip link set %s multicast on`, or use unicast_peer", name),
			})
		}
	}
	return list
}

func membership(f Facts, n Needs) []Finding {
	if !n.Daemon {
		return nil
	}
	var list []Finding
	for _, i := range n.Instances {
		l, ok := f.link(i.Interface)
		if !ok || !l.Up || i.Unicast() || slices.Contains(l.Groups, i.Group) {
			continue
		}
		list = append(list, Finding{
			Warning, "not_joined", i.Name, fmt.Sprintf("%s is no member of %v although the daemon runs", l.Name, i.Group),
			"the NIC or a switch that snoops may filter the adverts out", "look for an error in the daemon's log; disable_local_igmp switches it off on purpose",
		})
	}
	return list
}

func dhcp(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		l, _ := f.link(name)
		for _, a := range l.Addresses {
			if a.Dynamic && a.Prefix.Addr().Is4() && !n.virtual(a.Prefix.Addr()) {
				list = append(list, Finding{
					Warning, "dhcp_address", name, fmt.Sprintf("%v on %s was given by DHCP", a.Prefix, name),
					"when the lease is lost or changes, adverts lose their source and unicast peers their target", "give the node a fixed address",
				})
			}
		}
	}
	return list
}

// answers: who has the virtual addresses on the LAN (field case 3).
func answers(f Facts, n Needs) []Finding {
	var list []Finding
	for _, a := range f.LAN {
		switch {
		case len(a.MACs) > 1:
			list = append(list, Finding{
				Problem, "vip_two_macs", a.Interface, fmt.Sprintf("%v is answered for by %d MACs: %s", a.Address, len(a.MACs), strings.Join(a.MACs, ", ")),
				"two masters, or a duplicate address: hosts reach one of them by chance", fmt.Sprintf("`xvrrp watch -i %s` shows who sends adverts, `xvrrp explain` on both nodes why", a.Interface),
			})
		case len(a.MACs) == 0 && n.Daemon:
			list = append(list, Finding{
				Warning, "vip_silent", a.Interface, fmt.Sprintf("nobody on %s answers for %v although a daemon runs here", a.Interface, a.Address),
				"there is no master at this moment, or it does not answer ARP", "`xvrrp status` on each node; look at arp_ignore on the master",
			})
		}
	}
	return list
}

// leftovers: a virtual address on a host where no daemon runs.
func leftovers(f Facts, n Needs) []Finding {
	if n.Daemon || len(f.Keepalived) > 0 {
		return nil
	}
	var list []Finding
	for _, l := range f.Links {
		for _, a := range l.Addresses {
			if n.virtual(a.Prefix.Addr()) && !l.Loopback {
				list = append(list, Finding{
					Warning, "vip_left", l.Name, fmt.Sprintf("virtual address %v is on %s although no daemon runs here", a.Prefix.Addr(), l.Name),
					"this host answers for it beside the master", fmt.Sprintf("start xvrrp, which adopts or removes it, or `ip address del %v dev %s`", a.Prefix, l.Name),
				})
			}
		}
	}
	return list
}

func otherDaemon(f Facts, n Needs) []Finding {
	if len(f.Keepalived) == 0 {
		return nil
	}
	severity := Warning
	if n.Daemon {
		severity = Problem
	}
	return []Finding{{
		severity, "keepalived_running", "", fmt.Sprintf("keepalived runs here (pid %d)", f.Keepalived[0]),
		"two daemons on one host that hold the same virtual router fight over its addresses", "stop and disable keepalived before xvrrp runs the same instances",
	}}
}

// sameNetwork says that two prefixes are of one LAN.
func sameNetwork(a, b netip.Prefix) bool {
	return a.Addr().Is4() == b.Addr().Is4() && !a.IsSingleIP() && !b.IsSingleIP() && a.Masked() == b.Masked()
}
