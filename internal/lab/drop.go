package lab

import (
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Traffic names the frames that a switch can be told to drop.
type Traffic int

// The kinds of traffic. Everything includes ARP: a cable cut in one direction.
const (
	Everything Traffic = iota
	VRRP               // IPv4 and IPv6 packets of protocol 112
	ARP
	Multicast // frames for group addresses, broadcast excepted
	Unicast   // frames for one host
)

// A drop is one rule of a switch. A nil port is any port.
type drop struct {
	from, to *Port
	what     Traffic
}

// Drop stops traffic that enters the switch by one port and leaves it by another; nil is any port. So
// Drop(a, b, VRRP) makes b deaf to a, while a still hears b.
func (s *Switch) Drop(from, to *Port, what Traffic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops = append(s.drops, drop{from, to, what})
	return s.applyDrops()
}

// Forward ends every drop of the switch.
func (s *Switch) Forward() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops = nil
	return s.applyDrops()
}

// applyDrops replaces the switch's rule table in one transaction.
func (s *Switch) applyDrops() error {
	c, err := nftables.New(nftables.WithNetNSFd(s.ns.fd))
	if err != nil {
		return fmt.Errorf("switch %s: nftables: %w", s.Name, err)
	}
	table := &nftables.Table{Family: nftables.TableFamilyBridge, Name: "lab"}
	c.AddTable(table) // so that the deletion finds one
	c.DelTable(table)
	table = c.AddTable(table)
	chain := c.AddChain(&nftables.Chain{
		Name: "forward", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
	})
	for _, d := range s.drops {
		for _, match := range d.matches() {
			c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: match})
		}
	}
	if err := c.Flush(); err != nil {
		return fmt.Errorf("switch %s: drop rules: %w", s.Name, err)
	}
	return nil
}

// matches gives the rules that make up the drop: one for each way the traffic looks.
func (d drop) matches() [][]expr.Any {
	var ports []expr.Any
	if d.from != nil {
		ports = append(ports, ifname(expr.MetaKeyIIFNAME, d.from.name)...)
	}
	if d.to != nil {
		ports = append(ports, ifname(expr.MetaKeyOIFNAME, d.to.name)...)
	}
	rule := func(match ...expr.Any) []expr.Any {
		return append(append(append([]expr.Any{}, ports...), match...), &expr.Verdict{Kind: expr.VerdictDrop})
	}
	switch d.what {
	case VRRP:
		return [][]expr.Any{
			rule(append(etherType(unix.ETH_P_IP), payload(expr.PayloadBaseNetworkHeader, 9, protoVRRP)...)...),
			rule(append(etherType(unix.ETH_P_IPV6), payload(expr.PayloadBaseNetworkHeader, 6, protoVRRP)...)...),
		}
	case ARP:
		return [][]expr.Any{rule(etherType(unix.ETH_P_ARP)...)}
	case Multicast:
		return [][]expr.Any{rule(pktType(unix.PACKET_MULTICAST)...)}
	case Unicast:
		return [][]expr.Any{rule(pktType(unix.PACKET_OTHERHOST)...)} // no frame is for the switch itself
	default:
		return [][]expr.Any{rule()}
	}
}
