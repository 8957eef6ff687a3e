package wire

import (
	"net/netip"
	"slices"
	"time"
)

// Rules judges the adverts that one virtual router receives. It holds the
// marks against replay, so each virtual router has one Rules for as long as it
// lives. It must not be used by two goroutines at once.
type Rules struct {
	settings Settings // with plain addresses

	interval  uint16 // our interval as it stands in an advert
	addresses addressSet
	peers     []peer

	icv  *icv // of AuthAH
	keys []ringKey

	sequence uint32               // highest AH sequence accepted
	marks    [multicastMarks]mark // highest HMAC sequences of multicast senders
	uses     uint64               // marks raised so far
}

// peer is a unicast sender and its mark.
type peer struct {
	Peer
	mark mark
}

// ringKey is one key of the ring, ready for use.
type ringKey struct {
	id  uint8
	mac *mac
}

// NewRules makes the rules of a virtual router.
func NewRules(s Settings) (*Rules, error) {
	r := &Rules{}
	if err := r.Update(s); err != nil {
		return nil, err
	}
	return r, nil
}

// Update changes the settings and keeps the marks against replay of the
// senders that remain. When it returns an error nothing has changed.
func (r *Rules) Update(s Settings) error {
	if err := s.validate(); err != nil {
		return err
	}
	s.Addresses, s.Local = plainAll(s.Addresses), plainAll(s.Local)
	s.Source, s.Group = plain(s.Source), plain(s.Group)
	if !s.Group.IsValid() {
		s.Group = Group(s.Family)
	}
	s.Peers = slices.Clone(s.Peers)
	s.Auth.HMAC.Keys = slices.Clone(s.Auth.HMAC.Keys)

	peers := make([]peer, len(s.Peers))
	for i, p := range s.Peers {
		p.Addr = plain(p.Addr)
		if p.MaxTTL == 0 {
			p.MaxTTL = 255
		}
		peers[i].Peer = p
		if old := r.peer(p.Addr); old != nil {
			peers[i].mark = old.mark
		}
	}
	r.settings, r.peers = s, peers
	r.interval = encodeInterval(s.Version, s.Interval)
	r.addresses = newAddressSet(s.Addresses)
	r.prepareAuth()
	return nil
}

func (r *Rules) prepareAuth() {
	auth := &r.settings.Auth
	r.icv, r.keys = nil, nil
	if auth.Type == AuthAH {
		r.icv = newICV(auth.Password)
	}
	for _, k := range auth.HMAC.Keys {
		r.keys = append(r.keys, ringKey{k.id, newMAC(k)})
	}
}

// SetLocal changes Settings.Source and Settings.Local, when the interface gets
// other addresses.
func (r *Rules) SetLocal(source netip.Addr, local []netip.Addr) {
	r.settings.Source, r.settings.Local = plain(source), plainAll(local)
}

// Settings returns the settings. Their slices belong to r.
func (r *Rules) Settings() Settings { return r.settings }

// AHSequence returns the highest AH sequence number that was accepted. A router
// that becomes Active continues from it, see Signer.Observe.
func (r *Rules) AHSequence() uint32 { return r.sequence }

// Check judges p and returns None and what it warns of, or the Reject of the
// first check that failed. A Packet that Open refused is refused again.
//
// now is when the advert arrived. Only HMAC in time mode uses it, and only its
// wall clock, in whole seconds: a time that was extrapolated from an older
// reading is wrong by every step that the wall clock has made since.
//
// A refused advert changes nothing in r, but one whose signature is right and
// that is refused for what it says cannot be sent a second time either.
func (r *Rules) Check(p *Packet, now time.Time) (Warnings, Reject) {
	if reject := r.addressed(p); reject != None {
		return 0, reject
	}
	if p.VRID() != r.settings.VRID {
		return 0, VRIDUnknown
	}
	if p.Version() != r.settings.Version {
		return 0, Version
	}
	sender, reject := r.sender(p)
	if reject != None {
		return 0, reject
	}
	trailer, reject := r.complete(p)
	if reject != None {
		return 0, reject
	}
	if reject := r.authentic(p, sender, trailer, now); reject != None {
		return 0, reject
	}
	return r.content(p)
}
