package address

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
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

// id is what the kernel tells two routes apart by, and who added it. It is also the route's line in the journal.
func (r Route) id() string {
	return routeID(r.Dst, r.From, r.table(), r.TOS, r.metric(), r.protocol())
}

func routeID(dst, from netip.Prefix, table uint32, tos uint8, metric uint32, protocol uint8) string {
	source := ""
	if from.IsValid() && from.Bits() > 0 {
		source = fmt.Sprintf(" from %s", from.Masked())
	}
	return fmt.Sprintf("%s%s table %d tos %d metric %d proto %d", dst.Masked(), source, table, tos, metric, protocol)
}

// routeBase is an id without the protocol: a route of any other protocol can be in this one's place.
func routeBase(id string) string {
	base, _, _ := strings.Cut(id, " proto ")
	return base
}

// appendBody appends the body of an RTM_NEWROUTE.
func (r Route) appendBody(b []byte, index func(name string) (int, error)) ([]byte, error) {
	b = append(b, r.family(), byte(r.Dst.Bits()), byte(max(r.From.Bits(), 0)), r.TOS, compatTable(r.table()),
		r.protocol(), r.scope(), r.kind())
	b = native.AppendUint32(b, hopFlags(r.OnLink))
	b = appendAttr32(b, unix.RTA_TABLE, r.table())
	if r.Dst.Bits() > 0 {
		b = appendAddrAttr(b, unix.RTA_DST, r.Dst.Masked().Addr())
	}
	if r.From.IsValid() {
		b = appendAddrAttr(b, unix.RTA_SRC, r.From.Masked().Addr())
	}
	if r.Source.IsValid() {
		b = appendAddrAttr(b, unix.RTA_PREFSRC, r.Source)
	}
	if r.Metric != 0 {
		b = appendAttr32(b, unix.RTA_PRIORITY, r.Metric)
	}
	var err error
	if b, err = r.appendHop(b, r.Via, r.Interface, index); err != nil {
		return b, err
	}
	if b, err = r.appendHops(b, index); err != nil {
		return b, err
	}
	b = r.Metrics.append(b)
	if r.Realms != 0 {
		b = appendAttr32(b, unix.RTA_FLOW, r.Realms)
	}
	if r.Expires != 0 {
		b = appendAttr32(b, unix.RTA_EXPIRES, r.Expires)
	}
	if r.Pref != nil {
		b = appendAttr(b, unix.RTA_PREF, *r.Pref)
	}
	if r.TTL != nil {
		on := byte(0)
		if *r.TTL {
			on = 1
		}
		b = appendAttr(b, unix.RTA_TTL_PROPAGATE, on)
	}
	return b, nil
}

// compatTable is the table in the one byte that a message's head has for it.
func compatTable(t uint32) byte {
	if t > 255 {
		return 0 // RTA_TABLE says
	}
	return byte(t)
}

func hopFlags(onlink bool) uint32 {
	if onlink {
		return unix.RTNH_F_ONLINK
	}
	return 0
}

// appendHop appends a gateway and an interface.
func (r Route) appendHop(b []byte, via netip.Addr, iface string, index func(string) (int, error)) ([]byte, error) {
	switch {
	case via.IsValid() && via.BitLen() == r.Dst.Addr().BitLen():
		b = appendAddrAttr(b, unix.RTA_GATEWAY, via)
	case via.IsValid():
		b = appendAttr(b, unix.RTA_VIA, append([]byte{familyOf(via), 0}, via.AsSlice()...)...)
	}
	if iface != "" {
		i, err := index(iface)
		if err != nil {
			return b, err
		}
		b = appendAttr32(b, unix.RTA_OIF, uint32(i))
	}
	return b, nil
}

// appendHops appends the paths of a multipath route, each a struct rtnexthop with attributes.
func (r Route) appendHops(b []byte, index func(string) (int, error)) ([]byte, error) {
	if len(r.NextHops) == 0 {
		return b, nil
	}
	var hops []byte
	for _, n := range r.NextHops {
		i := 0
		if n.Interface != "" {
			var err error
			if i, err = index(n.Interface); err != nil {
				return b, err
			}
		}
		start := len(hops)
		hops = append(hops, 0, 0, byte(hopFlags(n.OnLink)), byte(max(n.Weight, 1)-1))
		hops = native.AppendUint32(hops, uint32(i))
		var err error
		if hops, err = r.appendHop(hops, n.Via, "", index); err != nil {
			return b, err
		}
		native.PutUint16(hops[start:], uint16(len(hops)-start))
	}
	return appendAttr(b, unix.RTA_MULTIPATH, hops...), nil
}

func (m Metrics) append(b []byte) []byte {
	var in []byte
	for i, v := range m.Value {
		if v != 0 {
			in = appendAttr32(in, uint16(i), v)
		}
	}
	if m.Lock != 0 {
		in = appendAttr32(in, unix.RTAX_LOCK, m.Lock)
	}
	if m.CongCtl != "" {
		in = appendAttr(in, unix.RTAX_CC_ALGO, append([]byte(m.CongCtl), 0)...)
	}
	if len(in) == 0 {
		return b
	}
	return appendAttr(b, unix.RTA_METRICS, in...)
}

// routeFact reads the id of a route that the kernel tells of.
func routeFact(body []byte) (id string, ok bool) {
	if len(body) < unix.SizeofRtMsg {
		return "", false
	}
	dst := netip.IPv4Unspecified()
	if body[0] == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	from := dst
	table, metric := uint32(body[4]), uint32(0)
	eachAttr(body[unix.SizeofRtMsg:], func(typ uint16, data []byte) {
		switch typ {
		case unix.RTA_DST:
			if ip, good := netip.AddrFromSlice(data); good {
				dst = ip
			}
		case unix.RTA_SRC:
			if ip, good := netip.AddrFromSlice(data); good {
				from = ip
			}
		case unix.RTA_TABLE:
			table = uint32At(data)
		case unix.RTA_PRIORITY:
			metric = uint32At(data)
		}
	})
	return routeID(netip.PrefixFrom(dst, int(body[1])), netip.PrefixFrom(from, int(body[2])), table, body[3], metric, body[5]), true
}

// routeDelete makes the body of an RTM_DELROUTE from a journal's line. The kernel deletes only a route of the
// protocol that is named.
func routeDelete(id string) ([]byte, error) {
	w := strings.Fields(id)
	var from netip.Prefix
	if len(w) == 11 && w[1] == "from" {
		var err error
		if from, err = netip.ParsePrefix(w[2]); err != nil {
			return nil, err
		}
		w = slices.Delete(w, 1, 3)
	}
	if len(w) != 9 || w[1] != "table" || w[3] != "tos" || w[5] != "metric" || w[7] != "proto" {
		return nil, fmt.Errorf("%q is not a route", id)
	}
	dst, err := netip.ParsePrefix(w[0])
	if err != nil {
		return nil, err
	}
	var n [4]uint32
	for i := range n {
		v, err := strconv.ParseUint(w[2+2*i], 10, 32)
		if err != nil {
			return nil, err
		}
		n[i] = uint32(v)
	}
	table, tos, metric, protocol := n[0], n[1], n[2], n[3]
	// Nowhere is the scope of which any route's is a part; type 0 is any.
	b := []byte{familyOf(dst.Addr()), byte(dst.Bits()), byte(max(from.Bits(), 0)), byte(tos), compatTable(table), byte(protocol), unix.RT_SCOPE_NOWHERE, 0}
	b = native.AppendUint32(b, 0)
	b = appendAttr32(b, unix.RTA_TABLE, table)
	if dst.Bits() > 0 {
		b = appendAddrAttr(b, unix.RTA_DST, dst.Addr())
	}
	if from.IsValid() {
		b = appendAddrAttr(b, unix.RTA_SRC, from.Addr())
	}
	if metric != 0 {
		b = appendAttr32(b, unix.RTA_PRIORITY, metric)
	}
	return b, nil
}
