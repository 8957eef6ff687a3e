package doctor

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

var families = map[nftables.TableFamily]string{
	nftables.TableFamilyINet: "inet", nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6",
	nftables.TableFamilyARP: "arp", nftables.TableFamilyNetdev: "netdev", nftables.TableFamilyBridge: "bridge",
}

var hookNames = []string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}

// ReadRules reads the firewall of the thread's network namespace. It needs
// CAP_NET_ADMIN.
func ReadRules() (Ruleset, error) {
	r := Ruleset{Sets: map[SetKey]Set{}}
	c, err := nftables.New()
	if err != nil {
		return r, fmt.Errorf("nftables: %w", err)
	}
	chains, err := c.ListChains()
	if err != nil {
		return r, fmt.Errorf("nftables: list chains: %w", err)
	}
	for _, from := range chains {
		rules, err := c.GetRules(from.Table, from)
		if err != nil {
			return r, fmt.Errorf("nftables: rules of %s %s: %w", from.Table.Name, from.Name, err)
		}
		to := chainOf(from)
		for _, rule := range rules {
			to.Rules = append(to.Rules, Rule{rule.Exprs})
			if err := r.readSets(c, from.Table, rule.Exprs); err != nil {
				return r, err
			}
		}
		r.Chains = append(r.Chains, to)
	}
	return r, nil
}

func chainOf(from *nftables.Chain) Chain {
	to := Chain{
		Family: families[from.Table.Family], Table: from.Table.Name, Name: from.Name, Device: from.Device,
		Drop: from.Policy != nil && *from.Policy == nftables.ChainPolicyDrop,
	}
	if from.Priority != nil {
		to.Priority = int(*from.Priority)
	}
	if from.Hooknum == nil || from.Type == nftables.ChainTypeNAT { // a translation drops nothing
		return to
	}
	switch n := *from.Hooknum; {
	case from.Table.Family == nftables.TableFamilyNetdev && n == *nftables.ChainHookEgress:
		to.Hook = "egress"
	case from.Table.Family == nftables.TableFamilyNetdev:
		to.Hook = "ingress"
	case int(n) < len(hookNames):
		to.Hook = hookNames[n]
	}
	return to
}

// readSets reads the sets that a rule asks, each once.
func (r Ruleset) readSets(c *nftables.Conn, table *nftables.Table, exprs []expr.Any) error {
	for _, x := range exprs {
		lookup, ok := x.(*expr.Lookup)
		if !ok {
			continue
		}
		key := SetKey{families[table.Family], table.Name, lookup.SetName}
		if _, known := r.Sets[key]; known {
			continue
		}
		set, err := c.GetSetByName(table, lookup.SetName)
		if err != nil {
			return fmt.Errorf("nftables: set %s of table %s: %w", lookup.SetName, table.Name, err)
		}
		elements, err := c.GetSetElements(set)
		if err != nil {
			return fmt.Errorf("nftables: set %s of table %s: %w", lookup.SetName, table.Name, err)
		}
		to := Set{Interval: set.Interval}
		for _, e := range elements {
			one := Element{Key: e.Key, KeyEnd: e.KeyEnd, End: e.IntervalEnd, Value: e.Val, Verdict: e.VerdictData}
			if lookup.IsDestRegSet && lookup.DestRegister == unix.NFT_REG_VERDICT && one.Verdict == nil {
				one.Verdict = verdictOf(e.Val)
			}
			to.Elements = append(to.Elements, one)
		}
		r.Sets[key] = to
	}
	return nil
}

// verdictOf reads the value of a verdict map, which the library leaves as it
// came: netlink attributes in network byte order, a code (NFTA_VERDICT_CODE)
// and perhaps a chain (NFTA_VERDICT_CHAIN).
func verdictOf(b []byte) *expr.Verdict {
	var v *expr.Verdict
	chain := ""
	for len(b) >= 4 {
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if size < 4 || size > len(b) {
			break
		}
		switch data := b[4:size]; {
		case kind == unix.NFTA_VERDICT_CODE && len(data) == 4:
			v = &expr.Verdict{Kind: expr.VerdictKind(int32(binary.BigEndian.Uint32(data)))}
		case kind == unix.NFTA_VERDICT_CHAIN:
			chain = unix.ByteSliceToString(data)
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	if v != nil {
		v.Chain = chain
	}
	return v
}
