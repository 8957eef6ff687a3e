package datapath

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// admission does for packet sockets what the BPF program does at its start:
// it picks out the adverts for virtual routers of ours. The checks that it
// leaves out are wire's, which judges everything that is handed over.
type admission struct {
	table    *table
	interval uint64 // ns between two adverts of a full bucket
}

const (
	protocolAH   = 51
	protocolVRRP = 112

	limitBurst = uint64(time.Second / 4)
	notCounted = verdicts // AH where nobody listens to it
)

func newAdmission(cfg Config, t *table) *admission {
	if t == nil {
		t = newTable()
	}
	return &admission{table: t, interval: uint64(time.Second) / uint64(cfg.FloodLimit)}
}

// judge gives the verdict on one datagram of the socket's interface.
func (a *admission) judge(s *packetSocket, ip []byte, now int64) Verdict {
	p, reject := wire.Open(ip)
	switch {
	case reject.Ignored(), p.Family() == wire.IPv4 && ip[9] == protocolAH && !a.table.ah[uint32(s.ifindex)]:
		return notCounted
	case p.Family() == 0, reject == wire.PacketTooShort:
		return verdictOf(reject)
	}
	key := vrrpRouterKey{
		Ifindex: uint32(s.ifindex), Family: uint8(p.Family()), Unicast: flag(!p.Multicast()), Vrid: uint16(p.VRID()),
	}
	heartbeat := key
	heartbeat.Vrid |= heartbeatKey
	r, ok := a.table.routers[heartbeat]
	if ok && p.Version() == wire.V3 && p.Type() == wire.TypeHeartbeat {
		key = heartbeat
		if h, is := p.Heartbeat(); is { // else something is wrong with it besides its type
			p, reject = h, wire.None
		}
	} else {
		r, ok = a.table.routers[key]
	}
	if !ok {
		key.Unicast ^= 1
		if _, ok := a.table.routers[key]; ok {
			return Destination
		}
		return VRIDUnknown
	}
	party := a.table.parties[vrrpPartyKey{Router: key, Address: kernelAddress(p.Src())}]
	switch {
	case r.Destination != vrrpAddress{} && r.Destination != kernelAddress(p.Dst()):
		return Destination
	case party.Own != 0:
		return OwnSource
	case reject != wire.None:
		return verdictOf(reject)
	case !take(&s.strangers, uint64(now), a.interval, limitBurst):
		return FloodInterface
	case key.Unicast != 0, key.Vrid&heartbeatKey != 0:
		return Consumed
	}
	return Accepted
}

// verdictOf is the verdict with the name of what wire.Open refused.
func verdictOf(r wire.Reject) Verdict {
	switch r {
	case wire.IPHeader:
		return IPHeader
	case wire.IPTotalLength:
		return IPTotalLength
	case wire.TTL:
		return TTL
	case wire.PacketTooShort:
		return PacketTooShort
	case wire.Version:
		return Version
	case wire.Type:
		return Type
	}
	return notCounted
}

// take is the token bucket of limit.h.
func take(bucket *uint64, now, interval, burst uint64) bool {
	full := max(*bucket, now)
	if full-now > burst {
		return false
	}
	*bucket = full + interval
	return true
}

// foreign reports whether an advert with this verdict is for no virtual router
// of ours. The program shows those that list a watched address.
func (v vrrpVerdict) foreign() bool { return v == VRIDUnknown || v == Destination }

// rival reports whether an advert that is for no virtual router of ours lists an
// address that is watched on the socket's interface, as names_ours does.
func (a *admission) rival(s *packetSocket, ip []byte) bool {
	p, reject := wire.Open(ip)
	size := 4
	if p.Family() == wire.IPv6 {
		size = 16
	}
	if reject != wire.None || p.Type() != wire.TypeAdvertisement || len(p.Message()) < 8+p.Count()*size {
		return false
	}
	for i := range p.Count() {
		if _, watched := a.table.vips[newVIPKey(s.ifindex, p.Address(i))]; watched {
			return true
		}
	}
	return false
}

// shown reports whether adverts with this verdict are handed over although
// they are refused, so that the refusal can be told to people.
func (v vrrpVerdict) shown() bool { return v >= OwnSource && v <= Checksum }
