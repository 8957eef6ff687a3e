package doctor

import (
	"net/netip"
	"slices"
	"time"
)

// Needs is what the configuration wants of the host. Without one, Instances is
// empty, and every interface that could carry adverts is looked at.
type Needs struct {
	Instances []Instance
	// Daemon says that a daemon of ours runs here.
	Daemon bool
}

// Instance is one virtual router as far as the host is concerned.
type Instance struct {
	Name, Interface string
	VRID            uint8
	IPv6            bool
	Version         uint8
	AdvertInterval  time.Duration
	// Group is where adverts go; not used with Peers.
	Group     netip.Addr
	Peers     []netip.Addr
	Source    netip.Addr // zero: the interface's own
	Addresses []Virtual
}

// Virtual is one virtual address.
type Virtual struct {
	Prefix    netip.Prefix
	Interface string
}

// Unicast says that adverts go to peers.
func (i Instance) Unicast() bool { return len(i.Peers) > 0 }

// interfaces are the names that the instances use, each once.
func (n Needs) interfaces() []string {
	var names []string
	for _, i := range n.Instances {
		names = append(names, i.Interface)
		for _, v := range i.Addresses {
			names = append(names, v.Interface)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// virtual says whether an address is one of the virtual ones.
func (n Needs) virtual(a netip.Addr) bool {
	for _, i := range n.Instances {
		for _, v := range i.Addresses {
			if v.Prefix.Addr() == a {
				return true
			}
		}
	}
	return false
}

// on are the instances that send adverts on an interface.
func (n Needs) on(iface string) []Instance {
	var list []Instance
	for _, i := range n.Instances {
		if i.Interface == iface {
			list = append(list, i)
		}
	}
	return list
}

// orAny puts an instance on every interface that could have one, when there is
// no configuration yet: multicast over IPv4.
func (n Needs) orAny(f Facts) Needs {
	if len(n.Instances) > 0 {
		return n
	}
	for _, l := range f.Links {
		four := slices.ContainsFunc(l.Addresses, func(a Address) bool { return a.Prefix.Addr().Is4() })
		if four && l.Up && l.Ethernet && !l.Loopback {
			n.Instances = append(n.Instances, Instance{
				Name: "VRRP on " + l.Name, Interface: l.Name, VRID: 1, Version: 2, AdvertInterval: time.Second,
				Group: netip.AddrFrom4([4]byte{224, 0, 0, 18}),
			})
		}
	}
	return n
}
