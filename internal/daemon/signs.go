package daemon

import (
	"net"
	"net/netip"

	"github.com/xvrrp/xvrrp/internal/control"
)

// signKind is in which way another master shows.
type signKind uint8

// The kinds. Their words stand in events.
const (
	signAdvert  signKind = iota // an advert that we outrank
	signClaim                   // ARP or neighbour discovery for an address of ours
	signProbe                   // an answer to our own question
	signVRID                    // an advert with an address of ours under another VRID
	signFamily                  // under the other family
	signVersion                 // or in another version
	signRefused                 // one that is refused for something else
	signSource                  // an advert from our own source address that is not ours

	signKinds
)

var signWords = [signKinds]string{
	"lower_priority_advert", "claim", "probe", "other_vrid", "other_family", "other_version", "refused_advert", "same_source",
}

// signRemedies say what a person can do about each.
var signRemedies = [signKinds]string{
	signAdvert:  "the other node does not hear us: look there for a firewall, a switch that filters multicast, unicast_peer, authentication",
	signClaim:   "find the host with this MAC: a router that hears no adverts of ours, one that did not release the address, or a host configured with it",
	signProbe:   "find the host with this MAC: a router that hears no adverts of ours, one that did not release the address, or a host configured with it",
	signVRID:    "give the routers of one address the same virtual_router_id, or the addresses different values",
	signFamily:  "take the address out of one of the two routers",
	signVersion: "set version (or vrrp_version) to the same value on all nodes",
	signRefused: "the log and `xvrrp explain` say why these adverts are refused: make the two nodes' settings alike with `xvrrp check -f FILE --peer OTHER`",
	signSource:  "two nodes send adverts from one address, and no priority can part them: give one of them another address",
}

// sign is one sign of another master.
type sign struct {
	kind signKind
	text string
	addr netip.Addr // which of our addresses it is about, if one
	mac  [6]byte    // who is behind it
	from netip.Addr // the source of an advert
}

// evidence is the sign as an event carries it.
func (s sign) evidence() *control.Evidence {
	e := &control.Evidence{Remedy: signRemedies[s.kind]}
	if s.addr.IsValid() {
		e.Address = s.addr.String()
	}
	if s.from.IsValid() {
		e.Master = s.from.String()
	}
	if s.mac != [6]byte{} {
		e.MAC = net.HardwareAddr(s.mac[:]).String()
	}
	return e
}
