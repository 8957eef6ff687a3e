package wire

import "time"

// Signer authenticates the adverts of one virtual router: it writes the
// password of AuthPass, the header of AuthAH or the HMAC trailer. It holds the
// sequence number, so a virtual router has one Signer for as long as it lives,
// shared by its Adverts and Templates. It must not be used by two goroutines at once.
type Signer struct {
	auth Auth
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

// Update changes the authentication and keeps the sequence.
func (s *Signer) Update(auth Auth) error {
	if err := auth.validate(); err != nil {
		return err
	}
	s.auth = auth
	return nil
}

// Next moves the sequence on. It must be called before each advert, once for
// all its unicast copies; an advert signed twice with one sequence is a replay
// to its receivers. now is the wall clock, used by HMAC only.
func (s *Signer) Next(now time.Time) {}

// Observe tells of an AH sequence number that was accepted from another router:
// all routers of a virtual router share one ascending sequence.
func (s *Signer) Observe(sequence uint32) {}

// Overhead is by how many bytes the signer makes a datagram longer: 0, AHLen or
// TrailerLen.
func (s *Signer) Overhead() int { return 0 }
