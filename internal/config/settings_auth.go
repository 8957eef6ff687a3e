package config

import (
	"encoding/json"
	"fmt"
	"time"
)

// Secret is a password or key. It redacts itself wherever it is formatted or
// marshalled; only Reveal gives the bytes.
type Secret struct{ value string }

// NewSecret keeps value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the secret itself. Never log what it returns.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

// redacted is what a Secret looks like from outside.
const redacted = "<redacted>"

// Format implements fmt.Formatter for every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	if s.value != "" {
		fmt.Fprint(f, redacted)
	}
}

// String returns "<redacted>", or nothing when there is no secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return redacted
}

// MarshalJSON redacts.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// AuthKind is how adverts are authenticated.
type AuthKind uint8

// The kinds: nothing, the eight-byte password of RFC 2338, its IPsec header,
// and keepalived 2.4's HMAC trailer.
const (
	AuthNone AuthKind = iota
	AuthPass
	AuthAH
	AuthHMAC
)

// String returns the name that the file uses.
func (k AuthKind) String() string {
	switch k {
	case AuthPass:
		return "PASS"
	case AuthAH:
		return "AH"
	case AuthHMAC:
		return "HMAC"
	}
	return "none"
}

// Auth is authentication { } or auth_hmac { }; never both.
type Auth struct {
	Kind AuthKind
	// Password is 1..8 bytes, for AuthPass and AuthAH.
	Password Secret
	// HMAC is set for AuthHMAC only.
	HMAC HMAC
}

// HMAC is auth_hmac { }.
type HMAC struct {
	// Keys all verify; they have distinct IDs.
	Keys []HMACKey
	// ActiveKey signs; it is one of Keys.
	ActiveKey  uint8
	Mode       HMACMode
	AntiReplay AntiReplay
	// Window is the accepted clock difference, 1..300 s. Default the larger
	// of 5 s and three times the whole seconds of the advert interval.
	Window time.Duration
}

// HMACKey is one key line. Key holds the decoded bytes, 32 to 64 of them.
type HMACKey struct {
	ID  uint8
	Key Secret
	// From is the path for keys given as file:PATH, else empty.
	From string
	Pos  Pos
}

// HMACMode says what is signed and what is refused.
type HMACMode uint8

// Enforce signs and refuses unsigned adverts, Permissive signs and accepts
// them, ReceiveOnly verifies what is signed and sends unsigned.
const (
	Enforce HMACMode = iota
	Permissive
	ReceiveOnly
)

// String returns keepalived's word.
func (m HMACMode) String() string {
	return [...]string{"enforce", "permissive", "receive-only"}[m]
}

// AntiReplay says how a replayed advert is known.
type AntiReplay uint8

// ReplayTime wants clocks to agree within the window and marks to grow,
// ReplayMonotonic only growth.
const (
	ReplayTime AntiReplay = iota
	ReplayMonotonic
)

// String returns keepalived's word.
func (a AntiReplay) String() string {
	return [...]string{"time", "monotonic"}[a]
}
