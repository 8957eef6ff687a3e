package daemon

import (
	"bytes"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/prober"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// asks are the questions of an instance, ready to be put.
type asks struct {
	name      string            // of the interface
	addresses []prober.Question // one for each, on the interface that bears it
	second    []prober.Question // the same on other interfaces of the same link
	witness   []prober.Question
	turn      atomic.Uint32
	scene     uint64 // nics.scene when they were prepared
	// macs are what this host would answer with itself. An address with a virtual MAC is not among them: every master has
	// the same, and nobody's is higher.
	macs map[netip.Addr][6]byte
}

// mostAsked is how many addresses are asked for at once: they go together.
const mostAsked = 4

// some are the next few addresses in turn.
func (a *asks) some() []prober.Question {
	n := len(a.addresses)
	if n <= mostAsked {
		return slices.Clone(a.addresses)
	}
	var list []prober.Question
	from := int(a.turn.Add(mostAsked)) % n
	for i := range mostAsked {
		list = append(list, a.addresses[(from+i)%n])
	}
	return list
}

// on reports whether something is asked on an interface.
func (a *asks) on(ifindex int) bool {
	is := func(q prober.Question) bool { return q.IfIndex == ifindex }
	return slices.ContainsFunc(a.addresses, is) || slices.ContainsFunc(a.second, is) || slices.ContainsFunc(a.witness, is)
}

// virtuallyAnswered reports whether an address answers with a virtual MAC.
func virtuallyAnswered(cfg *config.Instance, v *config.Address) bool {
	_, macvlan := vmacOf(prefixes{}, cfg, v)
	_, virtual := virtualMAC(cfg, v)
	return macvlan || virtual
}

// answer is what the core is told of somebody who uses an address of ours. Any goroutine, at once.
func (in *instance) answer(addr netip.Addr, mac [6]byte) vrrp.Answered {
	ev := vrrp.Answered{Addr: addr, MAC: mac, Stranger: in.former.stranger(mac)}
	if a := in.asks.Load(); a != nil {
		ours, ok := a.macs[addr]
		ev.Outranks = ok && bytes.Compare(mac[:], ours[:]) > 0
	}
	return ev
}

// prepareAsks gets an instance's questions ready, and the sockets that they
// leave through; n.mu is held.
func (n *nics) prepareAsks(c *nic, in *instance) {
	cfg := in.cfg()
	a := &asks{name: c.name, scene: n.scene.Load(), macs: map[netip.Addr][6]byte{}}
	for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for _, v := range list {
			at := n.byName[v.Interface]
			if at == nil || at.link.Index == 0 || len(at.link.MAC) != 6 || v.Prefix.Addr().IsMulticast() {
				continue
			}
			a.addresses = append(a.addresses, n.question(at, v.Prefix.Addr()))
			a.second = append(a.second, n.elsewhere(at, v.Prefix.Addr())...)
			if !virtuallyAnswered(cfg, &v) {
				a.macs[v.Prefix.Addr()] = [6]byte(at.link.MAC)
			}
		}
	}
	for _, w := range cfg.Own.Witness {
		a.witness = append(a.witness, n.question(c, w))
	}
	if cfg.Own.Guard != config.GuardOff {
		n.prepare(a.addresses, cfg.Own.Guard != config.GuardHold)
	}
	n.prepare(a.witness, false)
	in.asks.Store(a)
}

// currentAsks are an instance's questions as they are to be put now: another interface may have come to its link since they
// were prepared. That is looked at when they are put, since a thousand addresses may come and go meanwhile.
func (n *nics) currentAsks(in *instance) *asks {
	a := in.asks.Load()
	if a == nil || a.scene == n.scene.Load() {
		return a
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.byName[in.cfg().Interface]; c != nil && c.link.Index != 0 {
		n.prepareAsks(c, in)
	}
	return in.asks.Load()
}

// prepare opens the sockets ahead. The kernel program hears who claims an
// IPv6 address of ours, though of many at once not every one; a witness it does not know.
func (n *nics) prepare(list []prober.Question, deaf6 bool) {
	for _, q := range list {
		family, deaf := uint8(4), false
		if q.Addr.Is6() {
			family, deaf = 6, deaf6
		}
		if err := n.d.asker.prober.Prepare(q.IfIndex, family, deaf); err != nil {
			n.d.log.Debug("cannot ask yet", "ifindex", q.IfIndex, "error", err)
		}
	}
}

// question asks for an address through an interface, from what it has.
func (n *nics) question(c *nic, addr netip.Addr) prober.Question {
	family := wire.IPv4
	if addr.Is6() {
		family = wire.IPv6
	}
	return prober.Question{IfIndex: c.link.Index, Addr: addr, Source: n.seat(c, family).source}
}

// elsewhere are the questions for an address on the other interfaces that have
// an address in its subnet: they may be on the same link.
func (n *nics) elsewhere(at *nic, addr netip.Addr) (list []prober.Question) {
	for _, c := range n.byName {
		if c == at || c.link.Index == 0 || !c.link.Up || len(c.link.MAC) != 6 || reservedMAC([6]byte(c.link.MAC)) {
			continue
		}
		for _, a := range c.addrs {
			if a.Prefix.Bits() < a.Prefix.Addr().BitLen() && a.Prefix.Contains(addr) && a.Prefix.Addr() != addr && !addr.IsLinkLocalUnicast() {
				list = append(list, prober.Question{IfIndex: c.link.Index, Addr: addr, Source: a.Prefix.Addr()})
				break
			}
		}
	}
	return list
}
