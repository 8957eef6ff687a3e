package address

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A Rule is one virtual rule. Its zero values mean what leaving the word out means to iproute2.
type Rule struct {
	IPv6        bool
	Not         bool
	From, To    netip.Prefix // invalid: all
	IIF, OIF    string
	Table       uint32
	Preference  uint32
	Action      uint8 // FR_ACT_*; 0 is to look the table up
	Goto        uint32
	TOS         uint8
	HasMark     bool
	Mark, Mask  uint32
	IPProto     uint8
	SPort       [2]uint16 // first and last, zero: any
	DPort       [2]uint16
	UIDs        *[2]uint32
	SuppressLen *uint32 // suppress_prefixlength
	SuppressGrp *uint32 // suppress_ifgroup
	TunnelID    uint64
	Realms      uint32
	L3MDev      bool
	Protocol    uint8 // only of a rule that is not tracked, else ours
	NoTrack     bool  // when somebody deletes it, let it be
}

// Actions and the inverting flag of linux/fib_rules.h.
const (
	actLookup  = 1
	actGoto    = 2
	ruleInvert = 2

	fraDst       = 1
	fraSrc       = 2
	fraIIF       = 3
	fraGoto      = 4
	fraPriority  = 6
	fraMark      = 10
	fraFlow      = 11
	fraTunnel    = 12
	fraSupGroup  = 13
	fraSupLen    = 14
	fraTable     = 15
	fraMask      = 16
	fraOIF       = 17
	fraL3MDev    = 19
	fraUIDs      = 20
	fraProtocol  = 21
	fraIPProto   = 22
	fraSPort     = 23
	fraDPort     = 24
	noSuppressed = ^uint32(0)
)

func (r Rule) action() uint8 {
	if r.Action == 0 {
		return actLookup
	}
	return r.Action
}

func (r Rule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule preference %d", r.Preference)
	if r.Not {
		b.WriteString(" not")
	}
	for _, p := range []struct {
		word   string
		prefix netip.Prefix
	}{{"from", r.From}, {"to", r.To}} {
		if p.prefix.IsValid() {
			fmt.Fprintf(&b, " %s %s", p.word, p.prefix)
		}
	}
	if r.HasMark {
		fmt.Fprintf(&b, " fwmark %#x/%#x", r.Mark, r.Mask)
	}
	if r.action() == actLookup {
		fmt.Fprintf(&b, " table %d", r.Table)
	}
	return b.String()
}

// body is the body of an RTM_NEWRULE, and of the RTM_DELRULE that takes it away.
func (r Rule) body() []byte {
	family := byte(unix.AF_INET)
	if r.IPv6 {
		family = unix.AF_INET6
	}
	flags := uint32(0)
	if r.Not {
		flags = ruleInvert
	}
	b := []byte{family, byte(max(r.To.Bits(), 0)), byte(max(r.From.Bits(), 0)), r.TOS, compatTable(r.Table), 0, 0, r.action()}
	b = native.AppendUint32(b, flags)
	if r.To.Bits() > 0 {
		b = appendAddrAttr(b, fraDst, r.To.Masked().Addr())
	}
	if r.From.Bits() > 0 {
		b = appendAddrAttr(b, fraSrc, r.From.Masked().Addr())
	}
	if r.IIF != "" {
		b = appendAttr(b, fraIIF, append([]byte(r.IIF), 0)...)
	}
	if r.OIF != "" {
		b = appendAttr(b, fraOIF, append([]byte(r.OIF), 0)...)
	}
	b = appendAttr32(b, fraPriority, r.Preference)
	if r.action() == actGoto {
		b = appendAttr32(b, fraGoto, r.Goto)
	}
	if r.HasMark {
		b = appendAttr32(b, fraMark, r.Mark)
		b = appendAttr32(b, fraMask, r.Mask)
	}
	if !r.L3MDev {
		b = appendAttr32(b, fraTable, r.Table)
	}
	return r.appendRest(b)
}

func (r Rule) appendRest(b []byte) []byte {
	if r.Realms != 0 {
		b = appendAttr32(b, fraFlow, r.Realms)
	}
	if r.TunnelID != 0 { // network byte order
		id := r.TunnelID
		b = appendAttr(b, fraTunnel, byte(id>>56), byte(id>>48), byte(id>>40), byte(id>>32),
			byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
	}
	if r.SuppressGrp != nil {
		b = appendAttr32(b, fraSupGroup, *r.SuppressGrp)
	}
	if r.SuppressLen != nil {
		b = appendAttr32(b, fraSupLen, *r.SuppressLen)
	}
	if r.L3MDev {
		b = appendAttr(b, fraL3MDev, 1)
	}
	if r.UIDs != nil {
		var d []byte
		d = native.AppendUint32(d, r.UIDs[0])
		d = native.AppendUint32(d, r.UIDs[1])
		b = appendAttr(b, fraUIDs, d...)
	}
	if r.IPProto != 0 {
		b = appendAttr(b, fraIPProto, r.IPProto)
	}
	for _, p := range []struct {
		typ   uint16
		ports [2]uint16
	}{{fraSPort, r.SPort}, {fraDPort, r.DPort}} {
		if p.ports[1] != 0 {
			var d []byte
			d = native.AppendUint16(d, p.ports[0])
			d = native.AppendUint16(d, p.ports[1])
			b = appendAttr(b, p.typ, d...)
		}
	}
	return appendAttr(b, fraProtocol, r.protocol())
}

func (r Rule) protocol() uint8 {
	if r.NoTrack && r.Protocol != 0 {
		return r.Protocol
	}
	return tag
}

// id is the rule's line in the journal: what it selects and does, the same from our request and from the kernel's answer.
func (r Rule) id() string {
	id, _ := ruleFact(r.body()) // our own body is never too short
	return id
}

// ruleFact reads the id of a rule that the kernel tells of: the message with its attributes in order, less what the kernel
// adds on its own.
func ruleFact(body []byte) (id string, ok bool) {
	if len(body) < unix.SizeofRtMsg {
		return "", false
	}
	flags := native.Uint32(body[8:]) & ruleInvert
	head := []byte{body[0], body[1], body[2], body[3], body[7], byte(flags)}
	var words []string
	eachAttr(body[unix.SizeofRtMsg:], func(typ uint16, data []byte) {
		switch {
		case typ > fraDPort, typ == fraSupLen && uint32At(data) == noSuppressed, typ == fraTable && uint32At(data) == 0:
		case typ == fraIIF, typ == fraOIF:
			words = append(words, fmt.Sprintf("%02d:%s", typ, hex.EncodeToString([]byte(cString(data)))))
		default:
			words = append(words, fmt.Sprintf("%02d:%s", typ, hex.EncodeToString(data)))
		}
	})
	slices.Sort(words)
	return hex.EncodeToString(head) + " " + strings.Join(words, " "), true
}

// ruleDelete makes the body of an RTM_DELRULE from a journal's line. The kernel deletes only a rule that is
// the same in everything, protocol included.
func ruleDelete(id string) ([]byte, error) {
	w := strings.Fields(id)
	head, err := hex.DecodeString(first(w))
	if err != nil || len(head) != 6 {
		return nil, fmt.Errorf("%q is not a rule", id)
	}
	b := []byte{head[0], head[1], head[2], head[3], 0, 0, 0, head[4]}
	b = native.AppendUint32(b, uint32(head[5]))
	for _, word := range w[1:] {
		var typ uint16
		var text string
		if _, err := fmt.Sscanf(word, "%d:%s", &typ, &text); err != nil {
			return nil, fmt.Errorf("%q is not a rule: %w", id, err)
		}
		data, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a rule: %w", id, err)
		}
		if typ == fraIIF || typ == fraOIF {
			data = append(data, 0)
		}
		b = appendAttr(b, typ, data...)
	}
	return b, nil
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
