package address

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// id is what the kernel tells two routes apart by, and who added it.
func (r Route) id() string {
	return routeID(r.Dst, r.From, r.table(), r.TOS, r.metric(), r.protocol())
}

// line is the id, and of an IPv6 route its gateways: without them the kernel would delete all paths of the route, also those that
// somebody else has added to it since.
func (r Route) line() string {
	var b strings.Builder
	b.WriteString(r.id())
	if !r.is6() {
		return b.String()
	}
	for _, n := range append([]NextHop{{Via: r.Via}}, r.NextHops...) {
		if n.Via.Is6() {
			b.WriteString(lineVia + n.Via.WithZone("").String())
		}
	}
	return b.String()
}

const lineVia = " via "

// lineID is the id in a line of the journal.
func lineID(line string) string {
	id, _, _ := strings.Cut(line, lineVia)
	return id
}

// paths is how many paths a line names.
func paths(line string) int { return max(strings.Count(line, lineVia), 1) }

// routePaths is how many paths a route has that the kernel tells of.
func routePaths(body []byte) int {
	n := 0
	eachAttr(body[min(len(body), unix.SizeofRtMsg):], func(typ uint16, data []byte) {
		for typ == unix.RTA_MULTIPATH && len(data) >= unix.SizeofRtNexthop {
			n++
			data = data[min(len(data), max(int(native.Uint16(data)+3)&^3, unix.SizeofRtNexthop)):]
		}
	})
	return max(n, 1)
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
func routeDelete(line string) ([]byte, error) {
	words := strings.Split(line, lineVia)
	id := words[0]
	gateways := make([]netip.Addr, len(words)-1)
	for i, text := range words[1:] {
		var err error
		if gateways[i], err = netip.ParseAddr(text); err != nil {
			return nil, err
		}
	}
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
	switch len(gateways) {
	case 0:
		return b, nil
	case 1:
		return appendAddrAttr(b, unix.RTA_GATEWAY, gateways[0]), nil
	}
	hops := Route{Dst: dst}
	for _, g := range gateways {
		hops.NextHops = append(hops.NextHops, NextHop{Via: g})
	}
	return hops.appendHops(b, nil)
}
