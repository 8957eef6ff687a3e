package doctor

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// evaluated is one rule's answer to one packet.
type evaluated struct {
	matches answer
	verdict *expr.Verdict // nil: the rule decides nothing
	how     string
}

// registers are nft's: four of 16 bytes (numbers 1 to 4), or the same room as
// sixteen of 4 bytes (numbers 8 to 23).
type registers struct{ maybe }

func place(register uint32) int {
	if register >= unix.NFT_REG32_00 {
		return int(register-unix.NFT_REG32_00) * 4
	}
	return int(register-1) * 16
}

func (r registers) set(register uint32, m maybe) {
	at := place(register)
	if at < 0 || at+len(m.data) > len(r.data) {
		return
	}
	copy(r.data[at:], m.data)
	copy(r.known[at:], m.known)
	// A register is padded with zeros to 4 bytes.
	for i := at + len(m.data); i%4 != 0 && i < len(r.data); i++ {
		r.data[i], r.known[i] = 0, true
	}
}

func (r registers) get(register uint32) maybe {
	at := place(register)
	if at < 0 || at >= len(r.data) {
		return unknown(16)
	}
	return maybe{r.data[at:], r.known[at:]}
}

// eval runs a rule's expressions. An expression that fails ends it.
func (t *trace) eval(c Chain, rule Rule) evaluated {
	regs := registers{unknown(64)}
	e := evaluated{matches: yes}
	for _, x := range rule.Exprs {
		switch x := x.(type) {
		case *expr.Meta:
			if !x.SourceRegister {
				regs.set(x.Register, t.packet.meta(x.Key))
			}
		case *expr.Payload:
			if x.OperationType == expr.PayloadLoad {
				regs.set(x.DestRegister, t.packet.bytes(x.Base, x.Offset, x.Len))
			}
		case *expr.Ct:
			if !x.SourceRegister {
				regs.set(x.Register, conntrack(x.Key))
			}
		case *expr.Fib:
			regs.set(x.Register, t.fib(x))
		case *expr.Bitwise:
			if x.Mask != nil {
				regs.set(x.DestRegister, regs.get(x.SourceRegister).masked(x.Mask, x.Xor))
			} else {
				regs.set(x.DestRegister, unknown(int(x.Len)))
			}
		case *expr.Cmp:
			e.matches = min(e.matches, regs.get(x.Register).compare(x.Op, x.Data))
		case *expr.Range:
			got := regs.get(x.Register).between(x.FromData, x.ToData)
			if x.Op == expr.CmpOpNeq {
				got = got.not()
			}
			e.matches = min(e.matches, got)
		case *expr.Lookup:
			t.lookup(c, x, regs, &e)
		case *expr.Immediate:
			regs.set(x.Register, sure(x.Data...))
		case *expr.Verdict:
			e.decide(x, map[expr.VerdictKind]string{expr.VerdictQueue: "queue"}[x.Kind])
		case *expr.Queue:
			e.decide(&expr.Verdict{Kind: expr.VerdictQueue}, "queue")
		case *expr.Reject:
			e.decide(&expr.Verdict{Kind: expr.VerdictDrop}, "reject")
		case *expr.Target:
			if x.Name == "REJECT" {
				e.decide(&expr.Verdict{Kind: expr.VerdictDrop}, "reject")
			}
		case *expr.Match:
			e.matches = min(e.matches, t.extension(x))
		case *expr.Counter, *expr.Log, *expr.Objref, *expr.Notrack, *expr.Dup:
			// These watch or change, and always go on.
		default:
			e.matches = min(e.matches, perhaps)
			regs.data, regs.known = unknown(64).data, unknown(64).known
		}
		if e.matches == no {
			break
		}
	}
	return e
}

func (e *evaluated) decide(v *expr.Verdict, how string) {
	if how == "" {
		how = "drop"
	}
	e.verdict, e.how = v, how
}

// lookup asks a set, or takes a value or verdict out of a map.
func (t *trace) lookup(c Chain, x *expr.Lookup, regs registers, e *evaluated) {
	set, ok := t.rules.Sets[SetKey{c.Family, c.Table, x.SetName}]
	if !ok {
		e.matches = min(e.matches, perhaps)
		return
	}
	got, element := set.find(regs.get(x.SourceRegister))
	if x.Invert {
		got = got.not()
	}
	e.matches = min(e.matches, got)
	switch {
	case !x.IsDestRegSet || got == no:
	case element.Verdict != nil:
		e.decide(element.Verdict, "")
	case got == yes && len(element.Value) > 0:
		regs.set(x.DestRegister, sure(element.Value...))
	default:
		regs.set(x.DestRegister, unknown(16))
	}
}

// conntrack: nobody answers an advert, so it begins a connection each time.
func conntrack(key expr.CtKey) maybe {
	switch key {
	case expr.CtKeySTATE:
		return native32(expr.CtStateBitNEW)
	case expr.CtKeyMARK, expr.CtKeySTATUS:
		return native32(0)
	case expr.CtKeyDIRECTION:
		return sure(0)
	}
	return unknown(16)
}

// fib asks the routing table. A peer of the LAN has a route.
func (t *trace) fib(x *expr.Fib) maybe {
	switch {
	case x.ResultADDRTYPE:
		return t.packet.addressType(x.FlagDADDR)
	case x.FlagPRESENT:
		return sure(1)
	case x.ResultOIF:
		return native32(uint32(t.packet.Index))
	case x.ResultOIFNAME:
		return ifname(t.packet.Interface)
	}
	return unknown(16)
}

// The state bits of xt_conntrack: 1 << (state + 1), and 1 for invalid.
const xtNew = 1 << 3

// extension is a match of iptables that nft has no word for.
func (t *trace) extension(x *expr.Match) answer {
	switch info := x.Info.(type) {
	case *xt.Comment:
		return yes
	case *xt.ConntrackMtinfo3:
		return xtState(info.MatchFlags, info.InvertFlags, uint32(info.StateMask))
	case *xt.ConntrackMtinfo2:
		return xtState(info.MatchFlags, info.InvertFlags, uint32(info.StateMask))
	case *xt.ConntrackMtinfo1:
		return xtState(info.MatchFlags, info.InvertFlags, uint32(info.StateMask))
	case *xt.Tcp, *xt.Udp:
		return no
	case *xt.Unknown:
		if x.Name == "pkttype" && len(*info) >= 8 {
			same := binary.NativeEndian.Uint32(*info) == uint32(t.packet.packetType())
			return truth(same != (binary.NativeEndian.Uint32((*info)[4:]) != 0))
		}
	}
	return perhaps
}

func xtState(match, invert uint16, mask uint32) answer {
	if match&uint16(xt.ConntrackState) == 0 {
		return perhaps
	}
	got := truth((mask&xtNew != 0) != (invert&uint16(xt.ConntrackState) != 0))
	if got == yes && match&^uint16(xt.ConntrackState|xt.ConntrackStateAlias) != 0 {
		return perhaps // it asks for more than the state
	}
	return got
}
