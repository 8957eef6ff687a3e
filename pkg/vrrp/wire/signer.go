package wire

import "time"

// Signer authenticates the adverts of one virtual router: it writes the
// password of AuthPass, the header of AuthAH or the HMAC trailer. It holds the
// sequence number, so a virtual router has one Signer for as long as it lives,
// shared by its Adverts and Templates. It must not be used by two goroutines at once.
type Signer struct {
	auth     Auth
	icv      *icv // of AuthAH
	mac      *mac // of the active HMAC key
	sequence uint64
	started  bool   // sequence holds a value that was used
	ah       uint32 // AH sequence last used or heard
	changes  uint   // Updates so far, for Template to notice
}

// NewSigner makes the signer for auth. It may sign nothing: without
// authentication, or with HMAC in mode ReceiveOnly.
func NewSigner(auth Auth) (*Signer, error) {
	s := &Signer{}
	if err := s.Update(auth); err != nil {
		return nil, err
	}
	return s, nil
}

// Update changes the authentication and keeps the sequence. When it returns an
// error nothing has changed.
func (s *Signer) Update(auth Auth) error {
	if err := auth.validate(); err != nil {
		return err
	}
	s.auth, s.icv, s.mac = auth, nil, nil
	s.changes++
	if auth.Type == AuthAH {
		s.icv = newICV(auth.Password)
	}
	if auth.HMAC.signs() {
		active, _ := auth.HMAC.key(auth.HMAC.Active) // validate has seen it
		s.mac = newMAC(active)
	}
	return nil
}

// Next moves the sequence on. It must be called before each advert, once for
// all its unicast copies; an advert signed twice with one sequence is a replay
// to its receivers. now is the wall clock, used by HMAC only.
//
// The HMAC sequence is the clock, or the last one plus one when the clock has
// not moved past it. In time mode it starts again from the clock when it is
// further ahead of it than the window: receivers would refuse it as stale, and
// have forgotten their marks by the same rule.
func (s *Signer) Next(now time.Time) {
	if s.icv != nil {
		s.ah++
	}
	if s.mac == nil {
		return
	}
	clock := clockSequence(now)
	ring := &s.auth.HMAC
	switch {
	case !s.started, int64(clock-s.sequence) > 0:
		s.sequence = clock
	case ring.Replay == ReplayTime && !inWindow(s.sequence, ring.Window, now):
		s.sequence = clock
	default:
		s.sequence++
	}
	s.started = true
}

// clockSequence is a time as an HMAC sequence with counter 0.
func clockSequence(now time.Time) uint64 {
	fraction := uint64(now.Nanosecond()) << 16 / uint64(time.Second)
	return uint64(now.Unix())<<32 | fraction<<16
}

// Observe tells of an AH sequence number that was accepted from another router:
// all routers of a virtual router share one ascending sequence.
func (s *Signer) Observe(sequence uint32) { s.ah = max(s.ah, sequence) }

// Overhead is by how many bytes the signer makes a datagram longer: 0, AHLen or
// TrailerLen. A nil Signer has none.
func (s *Signer) Overhead() int {
	switch {
	case s == nil:
		return 0
	case s.icv != nil:
		return AHLen
	case s.mac != nil:
		return TrailerLen
	}
	return 0
}

// authType is the authentication type octet of v2.
func (s *Signer) authType() AuthType {
	if s == nil {
		return AuthNone
	}
	return s.auth.Type
}
