package wire

import (
	"crypto/subtle"
	"encoding/binary"
	"time"
)

// authentic checks the authentication of a complete message. trailer is nil
// when there is none.
func (r *Rules) authentic(p *Packet, sender *mark, trailer []byte, now time.Time) Reject {
	if reject := r.authType(p); reject != None {
		return reject
	}
	switch {
	case r.settings.Auth.Type == AuthPass:
		return r.checkPassword(p)
	case r.settings.Auth.Type == AuthAH:
		return r.checkAH(p)
	case len(r.keys) == 0:
		return None
	case trailer == nil && r.settings.Auth.HMAC.Mode == Enforce:
		return HMACMissing
	case trailer == nil:
		return None
	}
	return r.checkHMAC(p, sender, trailer, now)
}

// authType compares the kind of authentication with ours. The IP protocol
// decides before the octet in the message does.
func (r *Rules) authType(p *Packet) Reject {
	want := r.settings.Auth.Type
	switch {
	case (p.ah != 0) != (want == AuthAH):
		return AuthTypeMismatch
	case p.AuthType() > AuthAH:
		return AuthTypeUnknown
	case p.AuthType() != want:
		return AuthTypeMismatch
	}
	return None
}

// checkPassword compares all eight octets (RFC 2338 §5.3.6.2).
func (r *Rules) checkPassword(p *Packet) Reject {
	want := r.settings.Auth.Password.octets()
	message := p.Message()
	if subtle.ConstantTimeCompare(message[len(message)-AuthDataLen:], want[:]) != 1 {
		return AuthFailure
	}
	return None
}

// checkAH wants the ICV right, the SPI equal to the source address, and the
// sequence above the last one of whichever sender.
func (r *Rules) checkAH(p *Packet) Reject {
	auth, ok := p.authHeader()
	if !ok {
		return AuthFailure
	}
	want := r.icv.sum(p.ip[:p.ah], auth, p.Message(), r.unicast())
	if subtle.ConstantTimeCompare(auth[ahICV:], want) != 1 {
		return AuthFailure
	}
	sequence := binary.BigEndian.Uint32(auth[ahSequence:])
	if [4]byte(auth[ahSPI:]) != [4]byte(p.ip[12:]) || sequence <= r.sequence {
		return AuthFailure
	}
	r.sequence = sequence
	return None
}

// checkHMAC follows the order of keepalived 2.4: format, clock, key, HMAC,
// replay. Only an advert with a right HMAC raises the mark of its sender.
func (r *Rules) checkHMAC(p *Packet, sender *mark, trailer []byte, now time.Time) Reject {
	if trailer[0] != trailerType || trailer[trailerReserved] != 0 || trailer[trailerReserved+1] != 0 {
		return HMACMalformed
	}
	ring := &r.settings.Auth.HMAC
	sequence := binary.BigEndian.Uint64(trailer[trailerSequence:])
	if ring.Replay == ReplayTime && !inWindow(sequence, ring.Window, now) {
		return HMACStale
	}
	key := r.key(trailer[trailerKeyID])
	if key == nil {
		return HMACUnknownKey
	}
	message := p.Message()
	want := key.sum(p.ip, p.family, message[:len(message)-TrailerLen], trailer)
	if subtle.ConstantTimeCompare(trailer[trailerHMAC:], want) != 1 {
		return HMACInvalid
	}
	if !sender.fresh(sequence, ring, now) {
		return HMACReplay
	}
	r.raise(sender, p.Src(), sequence)
	return None
}

// key returns the key with this id, nil when the ring does not have it.
func (r *Rules) key(id uint8) *mac {
	for _, k := range r.keys {
		if k.id == id {
			return k.mac
		}
	}
	return nil
}
