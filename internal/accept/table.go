package accept

import (
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

func (f *Filter) table() *nftables.Table {
	return &nftables.Table{Family: nftables.TableFamilyINet, Name: f.name}
}

func set(t *nftables.Table, k kind) *nftables.Set {
	return &nftables.Set{Table: t, Name: setNames[k], KeyType: setTypes[k], Concatenation: k == copies}
}

// rules adds the chains. As nft would print them:
//
//	chain early {
//		type filter hook prerouting priority raw; policy accept;
//		iif @silent counter drop
//	}
//	chain in {
//		type filter hook input priority filter - 1; policy accept;
//		iifname "lo" accept
//		icmpv6 type nd-neighbor-solicit iif . icmpv6 taddr @copies counter drop
//		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
//		ip daddr @refused4 counter drop
//		ip6 daddr @refused6 counter drop
//	}
//	chain out {
//		type filter hook output priority filter - 1; policy accept;
//		oif @silent counter drop
//	}
//
// An accept ends this table only: other tables still have their say.
func rules(c *nftables.Conn, t *nftables.Table) {
	chain := func(name string, hook *nftables.ChainHook, priority nftables.ChainPriority) func(...any) {
		ch := c.AddChain(&nftables.Chain{
			Name: name, Table: t, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: &priority,
		})
		return func(parts ...any) { c.AddRule(&nftables.Rule{Table: t, Chain: ch, Exprs: words(parts...)}) }
	}
	accept, drop := verdict(expr.VerdictAccept), []expr.Any{&expr.Counter{}, verdict(expr.VerdictDrop)}

	early := chain("early", nftables.ChainHookPrerouting, *nftables.ChainPriorityRaw)
	early(meta(expr.MetaKeyIIF), in(quiet), drop)

	input := chain("in", nftables.ChainHookInput, *nftables.ChainPriorityFilter-1)
	input(meta(expr.MetaKeyIIFNAME), equal(name("lo")), accept)
	input(icmp6(solicitation), target(), in(copies), drop)
	input(icmp6(solicitation), accept)
	input(icmp6(advertisement), accept)
	input(family(unix.NFPROTO_IPV4), field(expr.PayloadBaseNetworkHeader, 16, 4), in(refused4), drop)
	input(family(unix.NFPROTO_IPV6), field(expr.PayloadBaseNetworkHeader, 24, 16), in(refused6), drop)

	output := chain("out", nftables.ChainHookOutput, *nftables.ChainPriorityFilter-1)
	output(meta(expr.MetaKeyOIF), in(quiet), drop)
}

// ICMPv6 types of neighbour discovery (RFC 4861 §4).
const (
	solicitation  = 135
	advertisement = 136
)

// The registers: one of 16 bytes, and the same as words of 4 bytes, for what is made of several fields.
const (
	whole      = unix.NFT_REG_1
	firstWord  = unix.NFT_REG32_00
	secondWord = unix.NFT_REG32_01
)

func meta(k expr.MetaKey) expr.Any { return &expr.Meta{Key: k, Register: whole} }

func field(base expr.PayloadBase, offset, length uint32) expr.Any {
	return &expr.Payload{DestRegister: whole, Base: base, Offset: offset, Len: length}
}

func equal(data []byte) expr.Any {
	return &expr.Cmp{Op: expr.CmpOpEq, Register: whole, Data: data}
}

func in(k kind) expr.Any {
	return &expr.Lookup{SourceRegister: whole, SetName: setNames[k]}
}

func family(f byte) []expr.Any { return []expr.Any{meta(expr.MetaKeyNFPROTO), equal([]byte{f})} }

// icmp6 matches a type of ICMPv6.
func icmp6(typ byte) []expr.Any {
	return append(family(unix.NFPROTO_IPV6), meta(expr.MetaKeyL4PROTO), equal([]byte{unix.IPPROTO_ICMPV6}),
		field(expr.PayloadBaseTransportHeader, 0, 1), equal([]byte{typ}))
}

// target loads the interface and the target of a solicitation, side by side: a key of copies. The first word is the whole
// register's first.
func target() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIF, Register: firstWord},
		&expr.Payload{DestRegister: secondWord, Base: expr.PayloadBaseTransportHeader, Offset: 8, Len: 16},
	}
}

func name(s string) []byte {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, s)
	return padded
}

func verdict(kind expr.VerdictKind) expr.Any { return &expr.Verdict{Kind: kind} }

// words joins matches and an end into one rule.
func words(parts ...any) []expr.Any {
	var rule []expr.Any
	for _, p := range parts {
		switch p := p.(type) {
		case []expr.Any:
			rule = append(rule, p...)
		case expr.Any:
			rule = append(rule, p)
		}
	}
	return rule
}
