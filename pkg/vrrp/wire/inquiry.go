package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// Inquiry is a question from one node of a virtual router to the others, or the
// answer to it: does the virtual address answer where you are? It takes the way
// of the adverts and no part in the election.
//
// Question and answer have one length, so that nobody gains by a forged
// question. Where the virtual router authenticates, both carry an HMAC-SHA256
// made with its key; AuthPass and AuthAH use their password for that, which is
// then not shown.
type Inquiry struct {
	VRID    uint8
	Answer  bool
	Nonce   uint64     // of the question, repeated by its answers
	Address netip.Addr // what is asked about

	// Of an answer: what the sender is, and who answered it for the address.
	State     uint8
	Priority  uint8
	Failed    bool // it could not ask
	Sightings []Sighting
}

// Sighting is one Ethernet address that answers for the virtual address.
type Sighting struct {
	MAC   [6]byte
	Local bool          // the sender of the answer holds the address
	Took  time.Duration // at most 71 minutes, to the microsecond
}

// MaxSightings is how many fit into an answer.
const MaxSightings = 4

// Layout of an inquiry. Numbers are big-endian, what is not named is zero.
const (
	inquiryKind     = 2 // 1: question, 2: answer
	inquiryFormat   = 3
	inquiryKey      = 4 // id of the HMAC key, 0 for the others
	inquiryState    = 5
	inquiryChecksum = 6 // of the message
	inquiryNonce    = 8
	inquiryAddress  = 16 // IPv4 mapped into IPv6
	inquiryPriority = 32
	inquiryCount    = 33
	inquiryFlags    = 34 // 1: could not ask
	inquirySights   = 36 // 6 bytes of MAC, flags (1: local), zero, microseconds
	sightLen        = 12
	inquiryMAC      = inquirySights + MaxSightings*sightLen
	inquiryLen      = inquiryMAC + sha256.Size

	inquiryPurpose = "xvrrp inquiry 1" // no other signature with the same key can be one of ours
)

// Datagram makes the whole IP datagram. A TTL of 0 means RequiredTTL.
func (q *Inquiry) Datagram(auth *Auth, src, dst netip.Addr, ttl uint8, id uint16) ([]byte, error) {
	a := Advert{Src: src, Dst: dst, TTL: ttl}
	family := familyOf(src)
	if !src.IsValid() || family != familyOf(dst) || len(q.Sightings) > MaxSightings {
		return nil, errors.New("inquiry: source and destination must be of one family, the sightings few")
	}
	header := ipv4HeaderLen
	if family == IPv6 {
		header = ipv6HeaderLen
	}
	b := make([]byte, header+inquiryLen)
	if family == IPv6 {
		a.layIPv6(b)
	} else {
		a.layIPv4(b, false)
		binary.BigEndian.PutUint16(b[4:], id)
		binary.BigEndian.PutUint16(b[10:], ^fold(sum(b[:header], 0)))
	}
	m := b[header:]
	q.lay(m)
	if key, kid := auth.signingKey(); key != nil {
		m[inquiryKey] = kid
		copy(m[inquiryMAC:], inquirySum(key, src, m))
	}
	binary.BigEndian.PutUint16(m[inquiryChecksum:], ^fold(sum(m, 0)))
	return b, nil
}

func (q *Inquiry) lay(m []byte) {
	m[0], m[1], m[inquiryKind], m[inquiryFormat] = V3<<4|TypeInquiry, q.VRID, 1, 1
	binary.BigEndian.PutUint64(m[inquiryNonce:], q.Nonce)
	address := q.Address.As16()
	copy(m[inquiryAddress:], address[:])
	if !q.Answer {
		return
	}
	m[inquiryKind], m[inquiryState], m[inquiryPriority], m[inquiryCount] = 2, q.State, q.Priority, uint8(len(q.Sightings))
	if q.Failed {
		m[inquiryFlags] = 1
	}
	for i, s := range q.Sightings {
		b := m[inquirySights+i*sightLen:]
		copy(b, s.MAC[:])
		if s.Local {
			b[6] = 1
		}
		binary.BigEndian.PutUint32(b[8:], uint32(min(max(s.Took.Microseconds(), 0), 1<<32-1)))
	}
}

// IsInquiry reports at little cost whether a datagram could be an inquiry.
func IsInquiry(ip []byte) bool {
	if len(ip) <= ipv6HeaderLen {
		return false
	}
	at := ipv6HeaderLen
	if ip[0]>>4 == 4 {
		at = int(ip[0]&0x0f) * 4
	}
	return at < len(ip) && ip[at] == V3<<4|TypeInquiry
}

// OpenInquiry reads an inquiry. It is authentic only when Authentic says so;
// its Packet tells source, destination and TTL.
func OpenInquiry(ip []byte) (Inquiry, Packet, bool) {
	p, reject := Open(ip)
	m := p.Message()
	if reject != Type || len(m) != inquiryLen || m[0] != V3<<4|TypeInquiry || m[inquiryFormat] != 1 || fold(sum(m, 0)) != right {
		return Inquiry{}, p, false
	}
	q := Inquiry{
		VRID: m[1], Answer: m[inquiryKind] == 2, Nonce: binary.BigEndian.Uint64(m[inquiryNonce:]),
		Address: netip.AddrFrom16([16]byte(m[inquiryAddress : inquiryAddress+16])).Unmap(),
	}
	if !q.Answer {
		return q, p, m[inquiryKind] == 1
	}
	q.State, q.Priority, q.Failed = m[inquiryState], m[inquiryPriority], m[inquiryFlags]&1 != 0
	if m[inquiryCount] > MaxSightings {
		return Inquiry{}, p, false
	}
	for i := range int(m[inquiryCount]) {
		b := m[inquirySights+i*sightLen:]
		q.Sightings = append(q.Sightings, Sighting{
			MAC: [6]byte(b[:6]), Local: b[6]&1 != 0, Took: time.Duration(binary.BigEndian.Uint32(b[8:])) * time.Microsecond,
		})
	}
	return q, p, true
}

// Authentic reports whether an inquiry that OpenInquiry has read was made by a
// node that has the key. Without authentication every one is.
func (p *Packet) Authentic(auth *Auth) bool {
	m := p.Message()
	if len(m) != inquiryLen {
		return false
	}
	var key []byte
	switch {
	case auth.HMAC.enabled():
		k, known := auth.HMAC.key(m[inquiryKey])
		if !known {
			return false
		}
		key = k.s.bytes()
	default:
		if key, _ = auth.signingKey(); key == nil {
			return true
		}
	}
	return hmac.Equal(m[inquiryMAC:], inquirySum(key, p.Src(), m))
}

// signingKey is what an inquiry is signed with and the id of the key; nil
// without authentication. A router whose key ring only receives signs with the
// first key: its peers have that too.
func (a *Auth) signingKey() ([]byte, uint8) {
	switch {
	case a.HMAC.enabled():
		k, active := a.HMAC.key(a.HMAC.Active)
		if !active {
			k = a.HMAC.Keys[0]
		}
		return k.s.bytes(), k.id
	case a.Type != AuthNone:
		octets := a.Password.octets()
		return octets[:], 0
	}
	return nil, 0
}

// inquirySum is the HMAC over the source and the message, its checksum and the
// HMAC itself left out.
func inquirySum(key []byte, src netip.Addr, m []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(inquiryPurpose))
	from := src.As16()
	h.Write(from[:])
	h.Write(m[:inquiryChecksum])
	h.Write(m[inquiryNonce:inquiryMAC])
	return h.Sum(nil)
}

func familyOf(a netip.Addr) Family {
	if a.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}
