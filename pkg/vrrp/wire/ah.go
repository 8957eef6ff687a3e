package wire

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"hash"
)

// Layout of the authentication header (RFC 2402 §2).
const (
	ahNext     = 0
	ahLength   = 1 // in 32-bit words less two
	ahSPI      = 4
	ahSequence = 8
	ahICV      = 12
)

// AH is the readable part of an authentication header.
type AH struct {
	SPI      uint32 // keepalived: the IPv4 source address
	Sequence uint32 // from 1 upwards, one for all routers of a virtual router
}

// AH returns the authentication header in front of the message, if there is one.
func (p *Packet) AH() (AH, bool) {
	b, ok := p.authHeader()
	if !ok {
		return AH{}, false
	}
	return AH{
		SPI:      binary.BigEndian.Uint32(b[ahSPI:]),
		Sequence: binary.BigEndian.Uint32(b[ahSequence:]),
	}, true
}

// authHeader returns the authentication header if it has the one length that we know.
func (p *Packet) authHeader() ([]byte, bool) {
	if p.ah == 0 || p.message-p.ah != AHLen || len(p.ip) < int(p.message) {
		return nil, false
	}
	return p.ip[p.ah:p.message], true
}

// icv computes integrity check values with one password. It is always behind a
// pointer.
type icv struct {
	hash   hash.Hash
	header [60]byte // the longest IPv4 header
	out    [md5.Size]byte
}

func newICV(p Password) *icv {
	key := p.octets()
	c := &icv{hash: hmac.New(md5.New, key[:])}
	// The first Reset keeps the state after the key, which allocates; later ones do not.
	c.hash.Reset()
	return c
}

// sum computes HMAC-MD5-96 over the IP header without TOS, flags, fragment
// offset and checksum, the authentication header with a zero ICV, and the
// message. RFC 2402 would leave the TTL out too; keepalived does so in unicast
// mode only. The result is valid until the next call.
func (c *icv) sum(header, auth, message []byte, unicast bool) []byte {
	h := c.header[:copy(c.header[:], header)]
	h[1] = 0
	clear(h[6:8])
	clear(h[10:12])
	if unicast {
		h[8] = 0
	}
	c.hash.Reset()
	c.hash.Write(h)
	c.hash.Write(auth[:ahICV])
	c.hash.Write(zeros[:icvLen])
	c.hash.Write(message)
	return c.hash.Sum(c.out[:0])[:icvLen]
}

// sign writes the authentication header. source is the IPv4 source address.
func (c *icv) sign(header, auth, message []byte, unicast bool, sequence uint32) {
	clear(auth)
	auth[ahNext], auth[ahLength] = ProtocolVRRP, AHLen/4-2
	copy(auth[ahSPI:], header[12:16])
	binary.BigEndian.PutUint32(auth[ahSequence:], sequence)
	copy(auth[ahICV:], c.sum(header, auth, message, unicast))
}
