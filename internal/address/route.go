package address

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// A Route is one virtual route. Its zero values mean what leaving the word out means to iproute2.
type Route struct {
	Type      uint8        // RTN_*; 0 is unicast
	Dst       netip.Prefix // 0.0.0.0/0 or ::/0 for default
	Source    netip.Addr   // preferred source
	From      netip.Prefix // IPv6: only for packets from there
	Via       netip.Addr   // may be of the other family
	Interface string
	Table     uint32 // 0 is main
	Metric    uint32
	Scope     *uint8 // nil: link without a gateway, else global
	Protocol  uint8  // only of a route that is not tracked, else ours
	TOS       uint8
	OnLink    bool
	Encap     *Encap
	NextHops  []NextHop // instead of Via and Interface
	Metrics   Metrics
	Realms    uint32
	Expires   uint32 // seconds, IPv6
	Pref      *uint8 // router preference, IPv6
	TTL       *bool  // ttl-propagate
	Place     Place
	NoTrack   bool // when somebody deletes it, let it be
}

// Place is where an IPv4 route goes among others of the same destination, table, TOS and metric. The kernel uses the first.
// IPv6 routes are always as with PlaceAlone: beside a like one the kernel would make both one route of two paths, which is
// nothing that anybody could take apart again.
type Place uint8

const (
	PlaceFirst Place = iota // prepend, and what keepalived does without a word: ours holds while it stands
	PlaceLast               // append
	PlaceAlone              // add: not at all, where there is one
)

// flags are those of the request that adds the route.
func (r Route) flags() uint16 {
	switch {
	case r.is6(), r.Place == PlaceAlone:
		return unix.NLM_F_CREATE | unix.NLM_F_EXCL
	case r.Place == PlaceLast:
		return unix.NLM_F_CREATE | unix.NLM_F_APPEND
	}
	return unix.NLM_F_CREATE
}

// A NextHop is one path of a multipath route.
type NextHop struct {
	Via       netip.Addr
	Interface string
	Weight    int // 1 to 256; 0 is 1
	OnLink    bool
	Encap     *Encap
}

// Metrics are the RTAX_* settings of a route: index is the RTAX number, 0 is not set. Lock has a bit for each that the kernel
// shall not adapt.
type Metrics struct {
	Value   [unix.RTAX_MAX + 1]uint32
	Lock    uint32
	CongCtl string
}

func (r Route) is6() bool { return r.Dst.Addr().Is6() }

func (r Route) family() byte { return familyOf(r.Dst.Addr()) }

func familyOf(ip netip.Addr) byte {
	if ip.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func (r Route) table() uint32 {
	if r.Table == 0 {
		return unix.RT_TABLE_MAIN
	}
	return r.Table
}

// metric is as the kernel keeps it: for IPv6 none is 1024.
func (r Route) metric() uint32 {
	if r.Metric == 0 && r.is6() {
		return 1024
	}
	return r.Metric
}

func (r Route) protocol() uint8 {
	if r.NoTrack && r.Protocol != 0 {
		return r.Protocol
	}
	return tag
}

func (r Route) kind() uint8 {
	if r.Type == 0 {
		return unix.RTN_UNICAST
	}
	return r.Type
}

func (r Route) scope() uint8 {
	switch {
	case r.Scope != nil:
		return *r.Scope
	case r.is6():
		return unix.RT_SCOPE_UNIVERSE
	case r.kind() == unix.RTN_LOCAL:
		return unix.RT_SCOPE_HOST
	case r.kind() == unix.RTN_UNICAST && !r.Via.IsValid() && len(r.NextHops) == 0:
		return unix.RT_SCOPE_LINK
	}
	return unix.RT_SCOPE_UNIVERSE
}

func (r Route) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "route %s", r.Dst)
	if r.Via.IsValid() {
		fmt.Fprintf(&b, " via %s", r.Via)
	}
	if r.Interface != "" {
		fmt.Fprintf(&b, " dev %s", r.Interface)
	}
	for _, n := range r.NextHops {
		fmt.Fprintf(&b, " nexthop %s %s", n.Via, n.Interface)
	}
	fmt.Fprintf(&b, " table %d", r.table())
	if r.Metric != 0 {
		fmt.Fprintf(&b, " metric %d", r.Metric)
	}
	return b.String()
}
