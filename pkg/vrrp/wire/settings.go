package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ChecksumPolicy says which checksums of v3 over IPv4 are taken for right.
// RFC 9568 §5.2.8 sums the message alone; keepalived and FRR put a
// pseudo-header in front, as they read RFC 5798.
type ChecksumPolicy uint8

// The policies.
const (
	AcceptBoth          ChecksumPolicy = iota
	RequirePseudoHeader                // only as keepalived and FRR send it
	RequireMessageOnly                 // only as RFC 9568 says
)

// String returns the keyword of the policy.
func (c ChecksumPolicy) String() string {
	switch c {
	case AcceptBoth:
		return "accept-both"
	case RequirePseudoHeader:
		return "pseudo-header"
	case RequireMessageOnly:
		return "message-only"
	}
	return fmt.Sprintf("policy %d", uint8(c))
}

// Peer is a router that sends us unicast adverts.
type Peer struct {
	Addr   netip.Addr
	MinTTL uint8 // the smallest TTL or hop limit that is accepted
	MaxTTL uint8 // the largest; 0 stands for 255
}

// Settings is what one virtual router expects of the adverts it receives.
type Settings struct {
	Family    Family
	Version   uint8 // V2 or V3
	VRID      uint8 // 1 to 255
	Owner     bool  // our priority is 255
	Interval  time.Duration
	Addresses []netip.Addr // the virtual addresses that we would advertise

	// Source is the address that our adverts come from. Unicast adverts must be
	// addressed to it; when it is not valid, to any address of Local.
	Source netip.Addr
	// Local is every address of our own on the interface. An advert from Source
	// or one of these is a loop or a spoof.
	Local []netip.Addr

	// Group is where multicast adverts must be addressed to. The zero Addr is
	// the group of the family. It is not used when there are Peers.
	Group netip.Addr
	// Peers makes the virtual router unicast: adverts come from one of them only.
	Peers []Peer

	Checksum ChecksumPolicy // of v3 over IPv4
	// OldUnicastChecksum also accepts unicast v3 adverts over IPv4 whose
	// pseudo-header holds the group instead of the destination, as keepalived
	// made it before 1.3.7.
	OldUnicastChecksum bool

	StrictAddressList    bool // v2: refuse another address list, unless the owner sends it (RFC 3768 §7.1)
	StrictFirstLinkLocal bool // IPv6: refuse a first address that is not link-local (RFC 9568 erratum 8300)

	Auth Auth
}

// validate finds settings that no virtual router can have.
func (s *Settings) validate() error {
	switch {
	case s.Family != IPv4 && s.Family != IPv6:
		return fmt.Errorf("family %d: must be 4 or 6", s.Family)
	case s.Version != V2 && s.Version != V3:
		return fmt.Errorf("VRRP version %d: must be 2 or 3", s.Version)
	case s.Version == V2 && s.Family == IPv6:
		return errors.New("VRRP version 2 over IPv6: version 2 is for IPv4 only")
	case s.VRID == 0:
		return errors.New("VRID 0: must be 1 to 255")
	case s.Interval <= 0 || s.Interval > maxInterval(s.Version):
		return fmt.Errorf("advertisement interval %v: must be more than 0 and at most %v", s.Interval, maxInterval(s.Version))
	case s.Version == V3 && s.Auth.Type != AuthNone:
		return fmt.Errorf("authentication %v: version 3 has none but HMAC", s.Auth.Type)
	case s.Group.IsValid() && !s.Group.IsMulticast():
		return fmt.Errorf("group %v: is not a multicast address", s.Group)
	}
	return s.Auth.validate()
}
