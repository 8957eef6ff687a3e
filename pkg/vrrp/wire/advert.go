package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Advert is an advert to be sent.
type Advert struct {
	Version   uint8 // V2 or V3
	VRID      uint8
	Priority  uint8
	Interval  time.Duration // v2: whole seconds; v3: rounded up to centiseconds
	Addresses []netip.Addr  // in the order to be sent; IPv6: link-local first

	Src, Dst     netip.Addr
	TTL          uint8  // TTL or hop limit; 0 stands for 255
	ID           uint16 // IPv4 identification
	DontFragment bool   // IPv4; keepalived leaves it clear
	FlowLabel    uint32 // IPv6, 20 bits

	// Checksum is the form of v3 over IPv4: PseudoHeader, which NoForm stands
	// for, MessageOnly or GroupPseudoHeader. All others have no choice.
	Checksum ChecksumForm
	// Heartbeat makes it one of TypeHeartbeat: version 3, signed with HMAC.
	Heartbeat bool
	// Signer authenticates the advert; nil for none. Call its Next first.
	Signer *Signer
}

// Family is the address family of the datagram.
func (a *Advert) Family() Family {
	if a.Src.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// Validate finds what cannot be sent. Append sends nothing then.
func (a *Advert) Validate() error {
	family := a.Family()
	switch {
	case a.Version != V2 && a.Version != V3:
		return fmt.Errorf("VRRP version %d: must be 2 or 3", a.Version)
	case !a.Src.IsValid():
		return errors.New("no source address")
	case !ofFamily(a.Dst, family):
		return fmt.Errorf("destination %v: is not of the family of source %v", a.Dst, a.Src)
	case a.Version == V2 && family == IPv6:
		return fmt.Errorf("VRRP version 2 from %v: version 2 is for IPv4 only", a.Src)
	case a.VRID == 0:
		return errors.New("VRID 0: must be 1 to 255")
	case a.Interval <= 0 || a.Interval > maxInterval(a.Version):
		return fmt.Errorf("advertisement interval %v: must be more than 0 and at most %v", a.Interval, maxInterval(a.Version))
	case a.Version == V2 && a.Interval%time.Second != 0:
		return fmt.Errorf("advertisement interval %v: version 2 has whole seconds", a.Interval)
	case a.Version == V3 && len(a.Addresses) == 0:
		return errors.New("no address: version 3 needs one")
	case len(a.Addresses) > MaxCount:
		return fmt.Errorf("%d addresses: at most %d fit", len(a.Addresses), MaxCount)
	case a.Version == V3 && a.Signer.authType() != AuthNone:
		return fmt.Errorf("authentication %v: version 3 has none but HMAC", a.Signer.authType())
	case a.Heartbeat && (a.Version != V3 || a.Signer.Overhead() != TrailerLen):
		return errors.New("heartbeat: must be of version 3 and signed with HMAC")
	}
	for _, address := range a.Addresses {
		if !ofFamily(address, family) {
			return fmt.Errorf("address %v: is not of the family of source %v", address, a.Src)
		}
	}
	return nil
}

func ofFamily(a netip.Addr, f Family) bool {
	return a.IsValid() && a.Unmap().Is4() == (f == IPv4)
}

// Len is the length of the datagram in bytes.
func (a *Advert) Len() int {
	n := ipv4HeaderLen + HeaderLen + 4*len(a.Addresses)
	if a.Family() == IPv6 {
		n = ipv6HeaderLen + HeaderLen + 16*len(a.Addresses)
	}
	if a.Version == V2 {
		n += AuthDataLen
	}
	return n + a.Signer.Overhead()
}

// Append appends the complete IP datagram to dst. It appends nothing when
// Validate returns an error. It allocates nothing when dst has the capacity.
func (a *Advert) Append(dst []byte) []byte {
	if a.Validate() != nil {
		return dst
	}
	begin, end := len(dst), len(dst)+a.Len()
	dst = slices.Grow(dst, end-begin)[:end]
	clear(dst[begin:]) // it may have held another advert
	l := a.lay(dst[begin:])
	l.finish(dst[begin:], a.ID, a.Priority)
	return dst
}
