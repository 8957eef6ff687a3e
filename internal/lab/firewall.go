package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Firewall names a rule set that hosts are met with.
type Firewall int

const (
	// DistributionDefault is what a distribution installed on the directors of field case 1: INPUT accepts related and
	// established, loopback, ICMP and new tcp/22, drops the invalid and rejects the rest with icmp-host-prohibited.
	// OUTPUT is open. Protocol 112 falls through to the reject.
	DistributionDefault Firewall = iota + 1

	// EstablishedOnly drops on input and on output, IPv4 and IPv6, everything that belongs to no connection.
	EstablishedOnly

	// NoVRRPOut drops protocol 112 on output, and nothing else.
	NoVRRPOut
)

const firewallTable = "xvrrp-lab"

// Firewall replaces the host's lab firewall. Several may stand at once when their kinds are given together.
func (h *Host) Firewall(kinds ...Firewall) error {
	c, err := nftables.New(nftables.WithNetNSFd(h.ns.fd))
	if err != nil {
		return fmt.Errorf("host %s: nftables: %w", h.Name, err)
	}
	table := &nftables.Table{Family: nftables.TableFamilyINet, Name: firewallTable}
	c.AddTable(table) // so that the deletion finds one
	c.DelTable(table)
	table = c.AddTable(table)
	for i, k := range kinds {
		if err := k.install(c, table, i); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	if err := c.Flush(); err != nil {
		return fmt.Errorf("host %s: firewall: %w", h.Name, err)
	}
	return nil
}

func (k Firewall) install(c *nftables.Conn, table *nftables.Table, n int) error {
	chain := func(hook *nftables.ChainHook, name string, otherwise nftables.ChainPolicy) func(...any) {
		ch := c.AddChain(&nftables.Chain{
			Name: fmt.Sprintf("%s%d", name, n), Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: hook, Priority: nftables.ChainPriorityFilter, Policy: policy(otherwise),
		})
		return func(parts ...any) {
			c.AddRule(&nftables.Rule{Table: table, Chain: ch, Exprs: words(parts...)})
		}
	}
	accept, drop := verdict(expr.VerdictAccept), verdict(expr.VerdictDrop)
	established := ctState(expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED)

	switch k {
	case DistributionDefault:
		in := chain(nftables.ChainHookInput, "input", nftables.ChainPolicyAccept)
		in(nfproto(unix.NFPROTO_IPV6), accept) // the recorded rules are iptables', which leave IPv6 alone
		in(established, accept)
		in(ifname(expr.MetaKeyIIFNAME, "lo"), accept)
		in(l4proto(unix.IPPROTO_ICMP), accept)
		in(l4proto(unix.IPPROTO_TCP), payload(expr.PayloadBaseTransportHeader, 2, 0, 22),
			ctState(expr.CtStateBitNEW), accept)
		in(ctState(expr.CtStateBitINVALID), drop)
		in(&expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: 10}) // code 10: host administratively prohibited
	case EstablishedOnly:
		chain(nftables.ChainHookInput, "input", nftables.ChainPolicyDrop)(established, accept)
		chain(nftables.ChainHookOutput, "output", nftables.ChainPolicyDrop)(established, accept)
	case NoVRRPOut:
		chain(nftables.ChainHookOutput, "output", nftables.ChainPolicyAccept)(l4proto(protoVRRP), drop)
	default:
		return fmt.Errorf("no firewall %d", k)
	}
	return nil
}
