package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// packets are the adverts that an instance sends or gets.
func (i Instance) packets(l Link, out bool) []Packet {
	p := Packet{Out: out, Interface: l.Name, Index: l.Index, Dst: i.Group, VRID: i.VRID, Version: i.Version}
	if !i.Unicast() {
		return []Packet{p}
	}
	var list []Packet
	for _, peer := range i.Peers {
		p.Src, p.Dst = peer, i.Source
		if out {
			p.Src, p.Dst = i.Source, peer
		}
		if !p.Dst.IsValid() { // ours is not written down: any of its family
			p.Dst = netip.IPv4Unspecified()
			if i.IPv6 {
				p.Dst = netip.IPv6Unspecified()
			}
		}
		list = append(list, p)
	}
	return list
}

// Firewall tells where this host's firewall stops adverts of an interface, in
// or out; texts are unique.
func (f Facts) Firewall(n Needs, iface string, out bool) []string {
	l, _ := f.link(iface)
	l.Name = iface
	way := wayIn
	if out {
		way = wayOut
	}
	var texts []string
	for _, i := range n.on(iface) {
		for _, p := range i.packets(l, out) {
			for _, s := range f.Rules.Trace(p, way) {
				texts = append(texts, s.String())
			}
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

const harmless = "irrelevant to xvrrp, which receives before the firewall and sends past it; a keepalived on this host would be blind or mute"

func firewallIn(f Facts, n Needs) []Finding {
	return f.firewall(n, false, "firewall_in", "come in on")
}

func firewallOut(f Facts, n Needs) []Finding {
	return append(f.egress(n), f.firewall(n, true, "firewall_out", "leave by")...)
}

func (f Facts) firewall(n Needs, out bool, code, how string) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		stops := f.Firewall(n, name, out)
		if len(stops) == 0 {
			continue
		}
		list = append(list, Finding{
			Note, code, name, fmt.Sprintf("the firewall stops adverts (IP protocol 112) that %s %s: %s", how, name, strings.Join(stops, "; ")),
			harmless, "none needed for xvrrp, and no rule to flush; for keepalived: accept protocol 112 in front of that rule",
		})
	}
	return list
}

// egress: the one hook that packet sockets pass too.
func (f Facts) egress(n Needs) []Finding {
	var list []Finding
	for _, i := range n.Instances {
		l, _ := f.link(i.Interface)
		for _, p := range i.packets(l, true) {
			for _, s := range f.Rules.Trace(p, wayEgress) {
				severity := Problem
				if !s.Certain {
					severity = Warning
				}
				list = append(list, Finding{
					severity, "firewall_egress", i.Interface, "the firewall stops our adverts at the egress of the interface: " + s.String(),
					"the egress hook of netdev tables is behind everything, so nothing gets past it", "accept IP protocol 112 in front of that rule",
				})
			}
		}
	}
	return slices.Compact(list)
}

func legacyTables(f Facts, _ Needs) []Finding {
	if len(f.LegacyTables) == 0 {
		return nil
	}
	return []Finding{{
		Note, "iptables_legacy", "", fmt.Sprintf("tables of iptables-legacy are in use (%s), which doctor does not evaluate", strings.Join(f.LegacyTables, ", ")),
		harmless, "none needed for xvrrp; `iptables-legacy -S` shows the rules",
	}}
}
