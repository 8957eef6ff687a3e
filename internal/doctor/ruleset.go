package doctor

import (
	"fmt"

	"github.com/google/nftables/expr"
)

// Ruleset is the firewall of one network namespace.
type Ruleset struct {
	Chains []Chain
	Sets   map[SetKey]Set
}

// Chain is a list of rules; a base chain has a Hook, where packets enter.
type Chain struct {
	Family, Table, Name string // ip, ip6, inet, netdev, ...
	Hook                string // prerouting, input, output, postrouting, ingress, egress; empty: not a base chain
	Priority            int
	Drop                bool   // the policy
	Device              string // netdev: the interface; empty means any
	Rules               []Rule
}

// Rule is one line of a chain.
type Rule struct {
	Exprs []expr.Any
}

// SetKey names a set or map; sets of different tables are different.
type SetKey struct{ Family, Table, Name string }

// Set is a set, or a map with values.
type Set struct {
	Interval bool
	Elements []Element
}

// Element is one member. In a set with intervals it begins or, with End, ends
// a range; KeyEnd is the last key of a range that is written as one element.
type Element struct {
	Key, KeyEnd []byte
	End         bool
	Value       []byte
	Verdict     *expr.Verdict
}

// chain finds a chain that another one of the same table jumps to.
func (r Ruleset) chain(from Chain, name string) (Chain, bool) {
	for _, c := range r.Chains {
		if c.Family == from.Family && c.Table == from.Table && c.Name == name {
			return c, true
		}
	}
	return Chain{}, false
}

// Stop is where the firewall ends an advert's way.
type Stop struct {
	Hook   string
	Family string
	Table  string
	Chain  string
	Rule   int    // counted from 1; 0: the chain's policy
	How    string // drop, reject, queue
	// Certain: each such packet ends here. Otherwise it depends on what only a
	// real packet has.
	Certain bool
}

// String names the place as `nft list` shows it.
func (s Stop) String() string {
	where := fmt.Sprintf("rule %d", s.Rule)
	if s.Rule == 0 {
		where = "its policy"
	}
	text := fmt.Sprintf("table %s %s, chain %s (hook %s), %s: %s", s.Family, s.Table, s.Chain, s.Hook, where, s.How)
	if !s.Certain {
		text += ", perhaps"
	}
	return text
}
