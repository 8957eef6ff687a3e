package wire

import (
	"net/netip"
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
	// Signer authenticates the advert; nil for none. Call its Next first.
	Signer *Signer
}

// Validate finds what cannot be sent. Append sends nothing then.
func (a *Advert) Validate() error { return nil }

// Len is the length of the datagram in bytes.
func (a *Advert) Len() int { return 0 }

// Append appends the complete IP datagram to dst. It appends nothing when
// Validate returns an error. It allocates nothing when dst has the capacity.
func (a *Advert) Append(dst []byte) []byte { return dst }
