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

// addressed checks what comes before the VRID: the destination, the source, and
// what Open found.
func (r *Rules) addressed(p *Packet) Reject {
	switch {
	case p.family == 0:
		return p.empty()
	case p.family != r.settings.Family:
		return VRIDUnknown
	case !r.destination(p):
		return Destination
	case r.own(p.Src()):
		return OwnSource
	}
	return p.reject
}

// destination reports whether p was sent to where we listen.
func (r *Rules) destination(p *Packet) bool {
	dst := p.Dst()
	if !r.unicast() {
		return dst == r.settings.Group
	}
	if r.settings.Source.IsValid() {
		return dst == r.settings.Source
	}
	return slices.Contains(r.settings.Local, dst)
}

func (r *Rules) unicast() bool { return len(r.peers) > 0 }

// own reports whether a is an address of ours.
func (r *Rules) own(a netip.Addr) bool {
	return a == r.settings.Source || slices.Contains(r.settings.Local, a)
}

// peer returns the unicast peer with address a, nil when there is none.
func (r *Rules) peer(a netip.Addr) *peer {
	for i := range r.peers {
		if r.peers[i].Addr == a {
			return &r.peers[i]
		}
	}
	return nil
}

// sender checks who sent a unicast advert and from how far, and returns the
// mark of the sender, nil for a multicast sender that has none.
func (r *Rules) sender(p *Packet) (*mark, Reject) {
	if !r.unicast() {
		return r.mark(p.Src()), None
	}
	peer := r.peer(p.Src())
	if peer == nil {
		return nil, UnknownPeer
	}
	if p.TTL() < peer.MinTTL || p.TTL() > peer.MaxTTL {
		return nil, TTLRange
	}
	return &peer.mark, None
}

// complete checks the length and the checksum, and returns the trailer when
// there is one and we use HMAC.
func (r *Rules) complete(p *Packet) (trailer []byte, reject Reject) {
	if len(r.keys) > 0 {
		trailer, _ = p.trailer()
	}
	if trailer == nil && len(p.Message()) != p.messageLen() {
		return nil, LengthMismatch
	}
	old := r.settings.OldUnicastChecksum && r.unicast()
	p.form = p.checksumForm(r.settings.Checksum, old, trailer != nil)
	if p.form == NoForm {
		return nil, Checksum
	}
	return trailer, None
}

// content checks what an authentic advert says.
func (r *Rules) content(p *Packet) (w Warnings, reject Reject) {
	v3 := p.Version() == V3
	interval := p.intervalField()
	switch {
	case v3 && p.Count() == 0: // RFC 9568 erratum 8299
		return 0, CountZero
	case v3 && interval == 0: // RFC 9568 erratum 8301
		return 0, IntervalZero
	case !v3 && interval != r.interval: // RFC 3768 §7.1
		return 0, IntervalMismatch
	}
	if p.family == IPv6 && !p.Address(0).IsLinkLocalUnicast() { // RFC 9568 erratum 8300
		if r.settings.StrictFirstLinkLocal {
			return 0, FirstAddressNotLinkLocal
		}
		w |= WarnFirstAddressNotLinkLocal
	}
	if r.settings.Owner { // RFC 9568 erratum 8298
		w |= WarnOwnerConflict
	}
	if interval != r.interval {
		w |= WarnIntervalMismatch
	}
	if !r.addresses.equal(p) {
		if !v3 && r.settings.StrictAddressList && p.Priority() != PriorityOwner {
			return 0, AddressListMismatch
		}
		w |= WarnAddressListMismatch
	}
	return w, None
}
