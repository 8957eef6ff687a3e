package doctor

import (
	"cmp"
	"slices"

	"github.com/google/nftables/expr"
)

// The ways of packets through the kernel's hooks, in order.
var (
	wayIn  = []string{"ingress", "prerouting", "input"}
	wayOut = []string{"output", "postrouting"}
	// Packet sockets, which xvrrp sends by, meet this hook alone; what the
	// stack sends meets it last.
	wayEgress = []string{"egress"}
)

// Trace walks the hooks of the firewall with a packet and tells where it ends,
// or might end: nothing when every hook lets it pass.
func (r Ruleset) Trace(p Packet, hooks []string) []Stop {
	t := &trace{rules: r, packet: p}
	for _, hook := range hooks {
		for _, c := range r.base(hook, p) {
			t.hook, t.doubt = hook, false
			if t.walk(c, c.Name, true, 0) == dropped {
				return t.stops
			}
		}
	}
	return t.stops
}

// base are the base chains that the packet meets at a hook.
func (r Ruleset) base(hook string, p Packet) []Chain {
	family := "ip"
	if p.six() {
		family = "ip6"
	}
	var list []Chain
	for _, c := range r.Chains {
		switch {
		case c.Hook != hook:
		case c.Family == family, c.Family == "inet", c.Family == "netdev" && (c.Device == "" || c.Device == p.Interface):
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b Chain) int { return cmp.Compare(a.Priority, b.Priority) })
	return list
}

// outcome is how a chain ended.
type outcome uint8

const (
	passed   outcome = iota // returned, or its end was reached
	accepted                // this base chain is done
	dropped
)

type trace struct {
	rules  Ruleset
	packet Packet
	hook   string
	// doubt: a rule before might have accepted the packet.
	doubt bool
	stops []Stop
}

// maxJumps is more than the kernel allows.
const maxJumps = 32

// walk goes through a chain. name tells how it was reached; certain is false
// when it only might have been.
func (t *trace) walk(c Chain, name string, certain bool, depth int) outcome {
	if depth > maxJumps {
		return passed
	}
	for n, rule := range c.Rules {
		m := t.eval(c, rule)
		if m.matches == no || m.verdict == nil {
			continue
		}
		sure := certain && m.matches == yes
		switch m.verdict.Kind {
		case expr.VerdictAccept, expr.VerdictStolen:
			if sure {
				return accepted
			}
			t.doubt = true
		case expr.VerdictReturn:
			if sure {
				return t.end(c, name, sure)
			}
			t.doubt = true
		case expr.VerdictDrop, expr.VerdictQueue:
			t.stop(c, name, n+1, m.how, sure)
			if sure && !t.doubt {
				return dropped
			}
			if sure {
				return accepted // told as perhaps: what is behind it never runs
			}
		case expr.VerdictJump, expr.VerdictGoto:
			if o, done := t.jump(c, name, m, sure, depth); done {
				return o
			}
		}
	}
	return t.end(c, name, certain)
}

func (t *trace) jump(c Chain, name string, m evaluated, sure bool, depth int) (outcome, bool) {
	to, ok := t.rules.chain(c, m.verdict.Chain)
	if !ok {
		return passed, false
	}
	o := t.walk(to, name+" > "+to.Name, sure, depth+1)
	if o != passed && sure {
		return o, true
	}
	if m.verdict.Kind == expr.VerdictGoto && sure {
		return t.end(c, name, sure), true
	}
	return passed, false
}

// end is the end of a chain: of a base chain, its policy.
func (t *trace) end(c Chain, name string, certain bool) outcome {
	if c.Hook == "" || !c.Drop {
		return passed
	}
	t.stop(c, name, 0, "drop", certain)
	if t.doubt {
		return accepted
	}
	return dropped
}

func (t *trace) stop(c Chain, name string, rule int, how string, certain bool) {
	t.stops = append(t.stops, Stop{
		Hook: t.hook, Family: c.Family, Table: c.Table, Chain: name, Rule: rule, How: how, Certain: certain && !t.doubt,
	})
}
