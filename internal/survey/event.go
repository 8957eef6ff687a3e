package survey

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Frame is one Ethernet frame as it was captured.
type Frame struct {
	At   time.Time // the kernel's stamp, with Go's monotonic reading
	Out  bool      // this host sent it
	Data []byte    // from the destination address on
}

// Event is what a frame says: an advert, a claim, or an inquiry between nodes
// that run xvrrp.
type Event struct {
	At      time.Time `json:"at"`
	Out     bool      `json:"out,omitempty"`
	From    MAC       `json:"from"`
	To      MAC       `json:"to"`
	Advert  *Advert   `json:"advert,omitempty"`
	Claim   *Claim    `json:"claim,omitempty"`
	Inquiry *Inquiry  `json:"inquiry,omitempty"`
}

// Inquiry is one node asking the others whether a virtual address answers where
// they are, or telling that.
type Inquiry struct {
	Family  string     `json:"family"`
	VRID    uint8      `json:"vrid"`
	Src     netip.Addr `json:"src"`
	Dst     netip.Addr `json:"dst"`
	Answer  bool       `json:"answer"`
	Address netip.Addr `json:"address"`
	MACs    []MAC      `json:"macs"` // of an answer: who answers for the address
}

// Advert is a VRRP advert for people: everything but its secrets.
type Advert struct {
	Family    string        `json:"family"`
	Version   uint8         `json:"version"`
	VRID      uint8         `json:"vrid"`
	Priority  uint8         `json:"priority"`
	Interval  time.Duration `json:"interval"`
	Src       netip.Addr    `json:"src"`
	Dst       netip.Addr    `json:"dst"`
	TTL       uint8         `json:"ttl"`
	Auth      string        `json:"auth"` // none, pass, ah, hmac, or the number of an unknown type
	KeyID     uint8         `json:"key_id,omitempty"`
	Addresses []netip.Addr  `json:"addresses"`
	// Fault is why any receiver must refuse it; empty when none must.
	Fault string `json:"fault,omitempty"`

	family wire.Family
	fault  wire.Reject
	secret [wire.AuthDataLen]byte // the password of type 1: compared, never shown
}

// Multicast reports whether the advert is for a group.
func (a *Advert) Multicast() bool { return a.Dst.IsMulticast() }

// Decode finds the event in a frame. It is false for frames that carry none.
func Decode(f Frame) (Event, bool) {
	b := f.Data
	if len(b) < 14 {
		return Event{}, false
	}
	e := Event{At: f.At, Out: f.Out, To: MAC(b[0:6]), From: MAC(b[6:12])}
	for len(b) >= 18 && binary.BigEndian.Uint16(b[12:]) == 0x8100 && binary.BigEndian.Uint16(b[14:])&0x0fff == 0 {
		b = b[4:] // a priority tag is no VLAN
	}
	payload := b[14:]
	switch binary.BigEndian.Uint16(b[12:]) {
	case 0x0806:
		return e.claimed(false, payload)
	case 0x86dd:
		if len(payload) > 6 && payload[6] == 58 {
			return e.claimed(true, payload)
		}
		return e.advertised(payload)
	case 0x0800:
		return e.advertised(payload)
	}
	return Event{}, false
}

func (e Event) claimed(is6 bool, payload []byte) (Event, bool) {
	c, ok := claimIn(is6, payload, e.From)
	e.Claim = &c
	return e, ok
}

func (e Event) advertised(ip []byte) (Event, bool) {
	if wire.IsInquiry(ip) {
		if q, p, ok := wire.OpenInquiry(ip); ok {
			e.Inquiry = &Inquiry{Family: p.Family().String(), VRID: q.VRID, Src: p.Src(), Dst: p.Dst(), Answer: q.Answer, Address: q.Address, MACs: []MAC{}}
			for _, s := range q.Sightings {
				e.Inquiry.MACs = append(e.Inquiry.MACs, s.MAC)
			}
			return e, true
		}
	}
	p, reject := wire.Open(ip)
	if p.Family() == 0 || len(p.Message()) < 2 {
		return Event{}, false
	}
	a := &Advert{
		Family: p.Family().String(), Version: p.Version(), VRID: p.VRID(), Priority: p.Priority(), Interval: p.Interval(),
		Src: p.Src(), Dst: p.Dst(), TTL: p.TTL(), Addresses: p.AppendAddresses([]netip.Addr{}), family: p.Family(),
	}
	a.authenticate(&p)
	if a.fault = reject; reject == wire.None {
		a.fault = judgeForm(&p)
	}
	if a.fault != wire.None {
		a.Fault = a.fault.Error()
	}
	e.Advert = a
	return e, true
}

// judgeForm finds what is wrong with an advert whoever receives it.
func judgeForm(p *wire.Packet) wire.Reject {
	_, trailer := p.Trailer()
	want := wire.HeaderLen + p.Count()*4
	if p.Family() == wire.IPv6 {
		want = wire.HeaderLen + p.Count()*16
	}
	if p.Version() == wire.V2 {
		want += wire.AuthDataLen
	}
	switch {
	case len(p.Message()) != want && !trailer:
		return wire.LengthMismatch
	case p.ChecksumForm() == wire.NoForm:
		return wire.Checksum
	}
	return wire.None
}

func (a *Advert) authenticate(p *wire.Packet) {
	a.Auth = p.AuthType().String()
	if t, ok := p.Trailer(); ok {
		a.Auth, a.KeyID = "hmac", t.KeyID
	}
	if m := p.Message(); p.AuthType() == wire.AuthPass && len(m) >= wire.HeaderLen+wire.AuthDataLen {
		copy(a.secret[:], m[len(m)-wire.AuthDataLen:])
	}
}
