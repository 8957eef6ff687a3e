package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"
)

// Layout of the HMAC trailer. The eight bytes of the sequence are the sender's
// clock in seconds (32 bits) and 1/65536 s (16 bits), and a counter (16 bits).
const (
	trailerType     = 1 // octet 0: HMAC-SHA256 cut to 128 bits
	trailerKeyID    = 1
	trailerReserved = 2
	trailerSequence = 4
	trailerHMAC     = 12
)

// Trailer is the readable part of an HMAC trailer.
type Trailer struct {
	KeyID    uint8
	Sequence uint64 // seconds<<32 | fraction<<16 | counter
}

// Time returns the sender's clock when it signed, to 1/65536 s.
func (t Trailer) Time() time.Time {
	fraction := int64(t.Sequence >> 16 & 0xffff)
	return time.Unix(int64(t.Sequence>>32), fraction*int64(time.Second)>>16).UTC()
}

// Skew returns by how many whole seconds the sender's clock is ahead of now, as
// the time window counts them. It is right until clocks differ by 68 years.
func (t Trailer) Skew(now time.Time) time.Duration {
	return time.Duration(int32(uint32(t.Sequence>>32)-uint32(now.Unix()))) * time.Second
}

// Trailer returns the HMAC trailer of p, if the message is longer than its
// address count says by exactly the length of one.
func (p *Packet) Trailer() (Trailer, bool) {
	b, ok := p.trailer()
	if !ok {
		return Trailer{}, false
	}
	return Trailer{KeyID: b[trailerKeyID], Sequence: binary.BigEndian.Uint64(b[trailerSequence:])}, true
}

func (p *Packet) trailer() ([]byte, bool) {
	message, n := p.Message(), p.messageLen()
	if len(message) != n+TrailerLen {
		return nil, false
	}
	return message[n:], true
}

// mac is one key ready to sign and verify. It is always behind a pointer.
type mac struct {
	hash   hash.Hash
	pseudo [20]byte // family, version, VRID, zero, source in 16 bytes
	out    [sha256.Size]byte
}

func newMAC(k Key) *mac {
	m := &mac{hash: hmac.New(sha256.New, k.s.bytes())}
	// The first Reset keeps the state after the key, which allocates; later ones do not.
	m.hash.Reset()
	return m
}

// zeros stands in for fields that a signature does not cover.
var zeros [hmacLen]byte

// sum computes the HMAC of a message and the first twelve bytes of its trailer,
// reading the checksum and the HMAC field itself as zero. ip is the datagram,
// message the VRRP message without the trailer. The result is valid until the
// next call.
func (m *mac) sum(ip []byte, family Family, message, trailer []byte) []byte {
	m.pseudo = [20]byte{byte(family), message[0] >> 4, message[1]}
	if family == IPv6 {
		copy(m.pseudo[4:], ip[8:24])
	} else {
		copy(m.pseudo[4:], ip[12:16])
	}
	h := m.hash
	h.Reset()
	h.Write(m.pseudo[:])
	h.Write(message[:6])
	h.Write(zeros[:2])
	h.Write(message[8:])
	h.Write(trailer[:trailerHMAC])
	h.Write(zeros[:hmacLen])
	return h.Sum(m.out[:0])[:hmacLen]
}

// sign writes the trailer behind message.
func (m *mac) sign(ip []byte, family Family, message, trailer []byte, key uint8, sequence uint64) {
	trailer[0], trailer[trailerKeyID] = trailerType, key
	trailer[trailerReserved], trailer[trailerReserved+1] = 0, 0
	binary.BigEndian.PutUint64(trailer[trailerSequence:], sequence)
	copy(trailer[trailerHMAC:], m.sum(ip, family, message, trailer))
}
