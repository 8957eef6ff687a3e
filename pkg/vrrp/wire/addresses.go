package wire

import (
	"bytes"
	"net/netip"
	"slices"
)

// plain strips what an address on the wire cannot have: a zone, and IPv4
// written as IPv6.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func plainAll(list []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, len(list))
	for i, a := range list {
		out[i] = plain(a)
	}
	return out
}

// addressSet is the virtual addresses that we would advertise.
type addressSet struct {
	wire   []byte       // in our order, as they stand in an advert
	sorted []netip.Addr // without duplicates
}

func newAddressSet(list []netip.Addr) addressSet {
	var s addressSet
	for _, a := range list {
		s.wire = append(s.wire, a.AsSlice()...)
	}
	s.sorted = slices.Clone(list)
	slices.SortFunc(s.sorted, netip.Addr.Compare)
	s.sorted = slices.Compact(s.sorted)
	return s
}

// equal reports whether p carries the same set, in whatever order
// (RFC 9568 §7.1). In the usual case, the same order, it compares bytes.
func (s *addressSet) equal(p *Packet) bool {
	n := p.Count() * p.addressLen()
	if bytes.Equal(p.Message()[HeaderLen:HeaderLen+n], s.wire) {
		return true
	}
	if len(s.sorted) > MaxCount || p.Count() < len(s.sorted) {
		return false
	}
	var seen [MaxCount]bool
	missing := len(s.sorted)
	for i := range p.Count() {
		at, found := slices.BinarySearchFunc(s.sorted, p.Address(i), netip.Addr.Compare)
		if !found {
			return false
		}
		if !seen[at] {
			seen[at] = true
			missing--
		}
	}
	return missing == 0
}
