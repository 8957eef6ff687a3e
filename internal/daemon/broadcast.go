package daemon

import (
	"encoding/binary"
	"net/netip"

	"github.com/xvrrp/xvrrp/internal/config"
)

// broadcast is the broadcast address that `brd` asks for: the one given, or
// the network's with all host bits one (+) or zero (-). The zero Addr: none.
func broadcast(a config.Address) netip.Addr {
	switch a.BroadcastMode {
	case config.BroadcastGiven:
		return a.Broadcast
	case config.BroadcastHostOnes, config.BroadcastHostZeros:
	default:
		return netip.Addr{}
	}
	if !a.Prefix.Addr().Is4() {
		return netip.Addr{}
	}
	octets := a.Prefix.Masked().Addr().As4()
	if a.BroadcastMode == config.BroadcastHostOnes {
		ones := uint32(1)<<(32-a.Prefix.Bits()) - 1
		binary.BigEndian.PutUint32(octets[:], binary.BigEndian.Uint32(octets[:])|ones)
	}
	return netip.AddrFrom4(octets)
}
