package wire

import (
	"errors"
	"fmt"
	"time"
)

// AuthType is the authentication type octet of a v2 advert. Types 1 and 2 are
// of RFC 2338; RFC 3768 reserves them.
type AuthType uint8

// The authentication types.
const (
	AuthNone AuthType = 0
	AuthPass AuthType = 1 // a password in clear text, against accidents only
	AuthAH   AuthType = 2 // IPsec AH, HMAC-MD5-96, as keepalived does it
)

// String returns the keyword of the type, "none", "pass" or "ah".
func (t AuthType) String() string {
	switch t {
	case AuthNone:
		return "none"
	case AuthPass:
		return "pass"
	case AuthAH:
		return "ah"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// Auth is how the adverts of one virtual router are authenticated. The zero
// Auth is no authentication. Type and Password are of v2; HMAC is of both
// versions and excludes the other two.
type Auth struct {
	Type     AuthType
	Password Password // of AuthPass and AuthAH
	HMAC     HMAC
}

// HMACMode says what an HMAC key ring is used for.
type HMACMode uint8

// The modes. To roll HMAC out over running routers, set all to ReceiveOnly,
// then all to Permissive, then all to Enforce.
const (
	Enforce     HMACMode = iota // sign; refuse adverts without a trailer
	Permissive                  // sign; accept adverts without a trailer
	ReceiveOnly                 // do not sign; accept adverts without a trailer
)

// String returns the keyword of the mode.
func (m HMACMode) String() string {
	switch m {
	case Enforce:
		return "enforce"
	case Permissive:
		return "permissive"
	case ReceiveOnly:
		return "receive-only"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// ReplayMode says how a replayed advert is told from a fresh one.
type ReplayMode uint8

// The replay modes.
const (
	ReplayTime      ReplayMode = iota // clocks agree within the window, and the sequence grows
	ReplayMonotonic                   // the sequence grows; clocks do not matter
)

// String returns the keyword of the mode.
func (m ReplayMode) String() string {
	switch m {
	case ReplayTime:
		return "time"
	case ReplayMonotonic:
		return "monotonic"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// HMAC is a key ring and how it is used. Without a key there is no HMAC.
type HMAC struct {
	Keys   []Key // every key verifies
	Active uint8 // id of the key that signs; not needed with ReceiveOnly
	Mode   HMACMode
	Replay ReplayMode
	Window time.Duration // of ReplayTime: 1 s to 300 s, whole seconds
}

// MaxWindow is the largest time window.
const MaxWindow = 300 * time.Second

// DefaultWindow is the time window for an advertisement interval when none is
// configured: three times its whole seconds, 5 s at least, MaxWindow at most.
func DefaultWindow(interval time.Duration) time.Duration {
	return min(max(3*interval.Truncate(time.Second), 5*time.Second), MaxWindow)
}

func (h *HMAC) enabled() bool { return len(h.Keys) > 0 }

// signs reports whether adverts are sent with a trailer.
func (h *HMAC) signs() bool { return h.enabled() && h.Mode != ReceiveOnly }

func (h *HMAC) key(id uint8) (Key, bool) {
	for _, k := range h.Keys {
		if k.id == id {
			return k, true
		}
	}
	return Key{}, false
}

// validate finds settings that contradict each other. No error shows a secret.
func (a *Auth) validate() error {
	if a.Type > AuthAH {
		return fmt.Errorf("authentication %v: must be none, pass or ah", a.Type)
	}
	if !a.HMAC.enabled() {
		return nil
	}
	if a.Type != AuthNone {
		return fmt.Errorf("authentication %v and an HMAC key ring: use one of them", a.Type)
	}
	return a.HMAC.validate()
}

func (h *HMAC) validate() error {
	seen := [256]bool{}
	for _, k := range h.Keys {
		if k.s == nil {
			return errors.New("HMAC key ring: empty key, use NewKey")
		}
		if seen[k.id] {
			return fmt.Errorf("HMAC key ring: key id %d twice", k.id)
		}
		seen[k.id] = true
	}
	if h.signs() && !seen[h.Active] {
		return fmt.Errorf("HMAC key ring: active key %d is not in it", h.Active)
	}
	if h.Replay == ReplayTime && (h.Window < time.Second || h.Window > MaxWindow || h.Window%time.Second != 0) {
		return fmt.Errorf("HMAC time window %v: must be 1s to %v in whole seconds", h.Window, MaxWindow)
	}
	return nil
}
