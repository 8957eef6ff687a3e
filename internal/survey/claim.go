package survey

import (
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
)

// Kind is in which way an address is claimed.
type Kind uint8

// The kinds.
const (
	Reply        Kind = iota + 1 // an ARP reply or a solicited advertisement
	Announcement                 // gratuitous ARP, or an unsolicited advertisement
	Question                     // the sender of a question names its own address
)

func (k Kind) String() string {
	switch k {
	case Reply:
		return "reply"
	case Announcement:
		return "announcement"
	case Question:
		return "question"
	}
	return "unknown"
}

// MarshalText is String, for JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Claim is a host saying that an address is at a MAC.
type Claim struct {
	Kind Kind       `json:"kind"`
	Addr netip.Addr `json:"address"`
	MAC  MAC        `json:"mac"`
	// Flags of a neighbour advertisement.
	Router   bool `json:"router,omitempty"`
	Override bool `json:"override,omitempty"`
}

// claimIn finds the claim in the payload of an ARP or IPv6 frame that came from
// the given Ethernet address. A probe claims nothing.
func claimIn(is6 bool, payload []byte, from MAC) (Claim, bool) {
	if is6 {
		return neighbourClaim(payload, from)
	}
	var p arp.Packet
	if p.UnmarshalBinary(payload) != nil || len(p.SenderHardwareAddr) != 6 || p.SenderIP.IsUnspecified() {
		return Claim{}, false
	}
	c := Claim{Kind: Question, Addr: p.SenderIP, MAC: MAC(p.SenderHardwareAddr)}
	switch {
	case p.SenderIP == p.TargetIP:
		c.Kind = Announcement
	case p.Operation == arp.OperationReply:
		c.Kind = Reply
	}
	return c, true
}

// neighbourClaim reads an advertisement or a solicitation behind its IPv6 header.
func neighbourClaim(b []byte, from MAC) (Claim, bool) {
	if len(b) < 40 || b[6] != 58 || b[7] != ndp.HopLimit { // RFC 4861 §7.1: else it crossed a router
		return Claim{}, false
	}
	length := 40 + int(b[4])<<8 + int(b[5])
	if length > len(b) {
		return Claim{}, false
	}
	m, err := ndp.ParseMessage(b[40:length])
	if err != nil {
		return Claim{}, false
	}
	switch m := m.(type) {
	case *ndp.NeighborAdvertisement:
		kind := Announcement
		if m.Solicited || b[24] != 0xff { // to us alone: an answer, whatever the flag says
			kind = Reply
		}
		return Claim{Kind: kind, Addr: m.TargetAddress, MAC: optionOr(from, m.Options, ndp.Target),
			Router: m.Router, Override: m.Override}, true
	case *ndp.NeighborSolicitation:
		source := netip.AddrFrom16([16]byte(b[8:24]))
		return Claim{Kind: Question, Addr: source, MAC: optionOr(from, m.Options, ndp.Source)}, !source.IsUnspecified()
	}
	return Claim{}, false
}

// optionOr takes the link-layer address option, or the frame's source without one.
func optionOr(from MAC, options []ndp.Option, direction ndp.Direction) MAC {
	for _, o := range options {
		if l, ok := o.(*ndp.LinkLayerAddress); ok && l.Direction == direction && len(l.Addr) == 6 {
			return MAC(l.Addr)
		}
	}
	return from
}
