package doctor

import (
	"fmt"
	"slices"
	"strconv"
)

// neighbourTables: "Neighbour table overflow" (field case 2.1).
func neighbourTables(f Facts, _ Needs) []Finding {
	var list []Finding
	for _, t := range []struct {
		family  string
		entries int
	}{{"ipv4", f.Neighbours4}, {"ipv6", f.Neighbours6}} {
		limit := f.number("net/" + t.family + "/neigh/default/gc_thresh3")
		if limit <= 0 || t.entries*2 < limit {
			continue
		}
		severity := Warning
		if t.entries*10 >= limit*9 {
			severity = Problem
		}
		list = append(list, Finding{
			severity, "neighbour_table", t.family, fmt.Sprintf("the %s neighbour table holds %d entries of at most %d", t.family, t.entries, limit),
			"when it is full the kernel logs \"neighbour: arp_cache: neighbor table overflow!\" and cannot resolve peers or clients",
			fmt.Sprintf("`sysctl net.%s.neigh.default.gc_thresh3=%d` with gc_thresh2 and gc_thresh1 below it", t.family, limit*8),
		})
	}
	return list
}

// number is a sysctl's value; 0 when it is unknown.
func (f Facts) number(path string) int {
	n, err := strconv.Atoi(f.Sysctl[path])
	if err != nil {
		return 0
	}
	return n
}

// effective is the larger of the value for all and for one interface, which
// is what the kernel uses for most of net/ipv4/conf.
func (f Facts) effective(iface, key string) int {
	return max(f.number("net/ipv4/conf/all/"+key), f.number("net/ipv4/conf/"+iface+"/"+key))
}

// arpReplies: settings under which the master does not answer for its address,
// or a real server does (field case 2.5).
func arpReplies(f Facts, n Needs) []Finding {
	var list []Finding
	for _, i := range n.Instances {
		for _, v := range i.Addresses {
			if !v.Prefix.Addr().Is4() {
				continue
			}
			ignore := f.effective(v.Interface, "arp_ignore")
			if ignore == 8 || ignore == 2 && v.Prefix.IsSingleIP() && !f.onNetwork(v) {
				list = append(list, Finding{
					Problem, "arp_ignore", v.Interface, fmt.Sprintf("arp_ignore is %d on %s, and %v is a virtual address there", ignore, v.Interface, v.Prefix),
					"the master would not answer ARP for it, so nobody reaches it once caches expire", fmt.Sprintf("`sysctl net.ipv4.conf.%s.arp_ignore=1` (and all), or write the address with its network's length", v.Interface),
				})
			}
		}
	}
	return append(list, realServer(f, n)...)
}

// onNetwork says that an address of the interface has a network that holds the
// virtual one: then the kernel takes the two for neighbours (arp_ignore 2).
func (f Facts) onNetwork(v Virtual) bool {
	l, _ := f.link(v.Interface)
	return slices.ContainsFunc(l.Addresses, func(a Address) bool {
		return !a.Prefix.IsSingleIP() && a.Prefix.Contains(v.Prefix.Addr())
	})
}

// realServer: a virtual address on lo, as LVS-DR real servers have it.
func realServer(f Facts, n Needs) []Finding {
	var list []Finding
	for _, l := range f.Links {
		for _, a := range l.Addresses {
			ip := a.Prefix.Addr()
			if !l.Loopback || !ip.Is4() || ip.IsLoopback() {
				continue
			}
			severity := Warning
			if n.virtual(ip) {
				severity = Problem
			}
			if f.effective("lo", "arp_ignore") < 1 && f.number("net/ipv4/conf/all/arp_ignore") < 1 {
				list = append(list, Finding{
					severity, "arp_ignore", "lo", fmt.Sprintf("%v is on lo and arp_ignore is 0", ip),
					"this host answers ARP for it on every interface and takes traffic away from the director", "`sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.lo.arp_ignore=1`",
				})
			}
			if f.effective("lo", "arp_announce") < 2 {
				list = append(list, Finding{
					severity, "arp_announce", "lo", fmt.Sprintf("%v is on lo and arp_announce is below 2", ip),
					"questions of this host name the address as theirs and overwrite the director's in neighbour tables", "`sysctl net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.lo.arp_announce=2`",
				})
			}
		}
	}
	return list
}

// arpFlux: two interfaces on one network answer for each other.
func arpFlux(f Facts, n Needs) []Finding {
	var list []Finding
	for i, a := range f.Links {
		for _, b := range f.Links[i+1:] {
			if a.Loopback || b.Loopback || !shareNetwork(a, b, n) || f.effective(a.Name, "arp_ignore") > 0 && f.effective(b.Name, "arp_ignore") > 0 {
				continue
			}
			list = append(list, Finding{
				Warning, "arp_flux", a.Name, fmt.Sprintf("%s and %s are on one network and arp_ignore is 0", a.Name, b.Name),
				"both answer ARP for every address of the host, so one address seems to have two MACs", "`sysctl net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`",
			})
		}
	}
	return list
}

func shareNetwork(a, b Link, n Needs) bool {
	for _, x := range a.Addresses {
		for _, y := range b.Addresses {
			if x.Prefix.Addr().Is4() && sameNetwork(x.Prefix, y.Prefix) && !n.virtual(x.Prefix.Addr()) && !n.virtual(y.Prefix.Addr()) {
				return true
			}
		}
	}
	return false
}

// reversePath: strict checking drops what comes in by an unexpected way.
func reversePath(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		if f.effective(name, "rp_filter") != 1 {
			continue
		}
		list = append(list, Finding{
			Warning, "rp_filter", name, fmt.Sprintf("rp_filter is strict (1) on %s", name),
			"adverts reach xvrrp before this check, a keepalived would lose those of unicast peers behind another route; clients of a virtual address whose way back is another interface are dropped",
			fmt.Sprintf("`sysctl net.ipv4.conf.%s.rp_filter=2` (loose); the larger of all and %s counts", name, name),
		})
	}
	return list
}

func forwarding(f Facts, n Needs) []Finding {
	var list []Finding
	four, six := false, false
	for _, i := range n.Instances {
		four, six = four || !i.IPv6, six || i.IPv6
	}
	if f.Sysctl["net/ipv4/ip_forward"] == "0" && four || f.Sysctl["net/ipv6/conf/all/forwarding"] == "0" && six {
		list = append(list, Finding{
			Note, "ip_forward", "", "this host does not forward packets (net.ipv4.ip_forward, net.ipv6.conf.all.forwarding)",
			"a virtual address that is a gateway, or LVS in NAT mode, needs it; one that a local service listens on does not", "`sysctl net.ipv4.ip_forward=1` if this is a router",
		})
	}
	if f.Sysctl["net/ipv4/ip_nonlocal_bind"] == "0" && four {
		list = append(list, Finding{
			Note, "ip_nonlocal_bind", "", "services cannot bind to an address that is not here yet (ip_nonlocal_bind = 0)",
			"a service that listens on the virtual address itself does not start on the backup, and is missing after a failover", "`sysctl net.ipv4.ip_nonlocal_bind=1`, or have the service listen on all addresses",
		})
	}
	return list
}
