package wire

import "time"

// Trailer is the readable part of an HMAC trailer.
type Trailer struct {
	KeyID    uint8
	Sequence uint64 // seconds<<32 | fraction<<16 | counter
}

// Time returns the sender's clock when it signed, to 1/65536 s.
func (t Trailer) Time() time.Time {
	return time.Unix(int64(t.Sequence>>32), int64(t.Sequence>>16&0xffff)*int64(time.Second)>>16).UTC()
}

// Trailer returns the HMAC trailer of p, if the message is longer than its
// address count says by exactly the length of one.
func (p *Packet) Trailer() (Trailer, bool) { return Trailer{}, false }

// AH describes the authentication header in front of the message.
type AH struct {
	SPI      uint32
	Sequence uint32
}

// AH returns the authentication header of p, if it has one.
func (p *Packet) AH() (AH, bool) { return AH{}, false }

// ChecksumForm returns the form that the checksum of p has, NoForm when it is
// wrong in every form. When several fit, it is the one that Check accepted.
func (p *Packet) ChecksumForm() ChecksumForm { return p.form }
