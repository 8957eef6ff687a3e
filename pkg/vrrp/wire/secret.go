package wire

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
)

// redacted stands wherever a secret would have been printed.
const redacted = "[redacted]"

// secret stays unprinted even where fmt reaches it through unexported fields
// and so cannot call Format. fmt follows one pointer, with a verb that does not
// suit it, but never two; reflect.DeepEqual, which compares settings, follows both.
type secret struct{ octets *[]byte }

func newSecret(octets []byte) *secret { return &secret{&octets} }

// bytes returns the secret itself, nil when there is none.
func (s *secret) bytes() []byte {
	if s == nil {
		return nil
	}
	return *s.octets
}

// Password is the secret of AuthPass and AuthAH: eight octets, RFC 2338 §5.3.10.
// The zero Password is eight zero octets.
type Password struct{ s *secret }

// NewPassword takes the first eight bytes of text and fills up with zeros, as
// keepalived does.
func NewPassword(text string) Password {
	octets := make([]byte, AuthDataLen)
	copy(octets, text)
	return Password{newSecret(octets)}
}

// octets returns the eight bytes as they stand on the wire.
func (p Password) octets() [AuthDataLen]byte {
	var out [AuthDataLen]byte
	copy(out[:], p.s.bytes())
	return out
}

// Equal compares two passwords in constant time.
func (p Password) Equal(o Password) bool {
	a, b := p.octets(), o.octets()
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String does not show the password.
func (p Password) String() string { return redacted }

// GoString does not show the password.
func (p Password) GoString() string { return redacted }

// Format does not show the password, whatever the verb.
func (p Password) Format(f fmt.State, _ rune) { writeText(f, redacted) }

// MarshalText does not show the password.
func (p Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Lengths of an HMAC key in bytes.
const (
	MinKeyLen = 32
	MaxKeyLen = 64
)

// Key is one key of an HMAC key ring.
type Key struct {
	id uint8
	s  *secret
}

// NewKey makes a key of 32 to 64 bytes with an id of 1 to 255. Its errors do
// not show the key.
func NewKey(id uint8, key []byte) (Key, error) {
	if id == 0 {
		return Key{}, errors.New("key id 0: must be 1 to 255")
	}
	if len(key) < MinKeyLen || len(key) > MaxKeyLen {
		return Key{}, fmt.Errorf("key %d: %d bytes long, must be %d to %d", id, len(key), MinKeyLen, MaxKeyLen)
	}
	return Key{id, newSecret(bytes.Clone(key))}, nil
}

// ID returns the key id, the octet that names the key in the trailer.
func (k Key) ID() uint8 { return k.id }

// Equal compares two keys, their octets in constant time.
func (k Key) Equal(o Key) bool {
	return k.id == o.id && subtle.ConstantTimeCompare(k.s.bytes(), o.s.bytes()) == 1
}

// String shows the id, not the key.
func (k Key) String() string { return fmt.Sprintf("key %d %s", k.id, redacted) }

// GoString shows the id, not the key.
func (k Key) GoString() string { return k.String() }

// Format shows the id, not the key, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { writeText(f, k.String()) }

// MarshalText shows the id, not the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// writeText is the body of every Format here: the same text whatever the verb.
func writeText(f fmt.State, text string) {
	// fmt keeps the error of its own writer; a Formatter has nowhere to report one.
	_, _ = f.Write([]byte(text))
}
