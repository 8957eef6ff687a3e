package address

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

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
	b = r.Encap.append(b)
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
		hops = n.Encap.append(hops)
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
