package daemon

import (
	"net"

	"github.com/xvrrp/xvrrp/internal/address"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/vmac"
)

// What a virtual MAC changes for an instance: the interfaces that its addresses
// are on, the MAC that its adverts leave with, and when those are heard.

// seated are addresses of an instance with the interfaces that they are really
// on. A virtual MAC interface that does not stand yet goes by its planned name.
func (in *instance) seated(list []config.Address) []config.Address {
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	for i := range list {
		if w, ok := vmacOf(in.virtual.prefixes, in.cfg(), &list[i]); ok {
			if l, stands := in.virtual.links[w]; stands {
				list[i].Interface = l.Name
			} else {
				list[i].Interface = w.Planned()
			}
		}
	}
	return list
}

// belongings are all that the instance holds while master, where it is.
func (in *instance) belongings() (belongings, error) {
	addresses := in.addresses()
	b := belongings{addresses: make([]address.Address, 0, len(addresses))}
	for _, a := range addresses {
		b.addresses = append(b.addresses, wantedAddress(a))
	}
	return b, b.add(in.cfg().Routes, in.cfg().Rules)
}

// at tells where frames for an interface of this name leave. Of its own virtual
// MAC interfaces the instance knows before the kernel has told.
func (in *instance) at(name string) (place, bool) {
	in.virtual.mu.Lock()
	for _, l := range in.virtual.links {
		if l.Name == name {
			defer in.virtual.mu.Unlock()
			return place{l.Index, l.MAC}, true
		}
	}
	in.virtual.mu.Unlock()
	return in.d.nics.at(name)
}

// entry tells where frames for an interface of this name come in: those for a
// virtual MAC interface at its parent, where the kernel program sees them.
func (in *instance) entry(name string) (place, bool) {
	in.virtual.mu.Lock()
	for _, l := range in.virtual.links {
		if l.Name == name {
			defer in.virtual.mu.Unlock()
			return place{l.Parent, l.MAC}, true
		}
	}
	in.virtual.mu.Unlock()
	return in.d.nics.at(name)
}

// speak lets the instance's interfaces be heard, hush ends that. On the
// router's goroutine, before the addresses come and go: the kernel reports
// groups when they do.
func (in *instance) speak() {
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	in.virtual.loud = true
	for _, l := range in.virtual.links {
		in.d.vmacs.heard(in, l)
	}
}

func (in *instance) hush() {
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	in.virtual.loud = false
	in.silence()
}

// silence is hush with in.virtual.mu held.
func (in *instance) silence() {
	for _, l := range in.virtual.links {
		if err := in.d.vmacs.filter.Silence(l.Index); err != nil {
			in.log.Error("("+in.cfg().Name+") "+l.Name+" may be heard although this node is not master", "error", err)
		}
	}
}

func (v *vmacs) heard(in *instance, l vmac.Link) {
	if err := v.filter.Speak(l.Index); err != nil {
		v.d.log.Error("("+in.cfg().Name+") "+l.Name+" is not heard although this node is master", "error", err)
	}
}

// sender is what an instance's adverts leave by: the interface with its own
// MAC, or with the virtual one. With nics.mu held.
func (n *nics) sender(c *nic, in *instance) *egress.Interface {
	mac, ok := n.sourceMAC(in)
	if !ok {
		return c.out
	}
	if in.virtual.out == nil {
		out, err := egress.Open(c.link.Index, mac)
		if err != nil {
			n.d.log.Error("("+in.cfg().Name+") adverts leave with the MAC of "+c.name, "mac", net.HardwareAddr(c.link.MAC).String(), "error", err)
			return c.out
		}
		in.virtual.out = out
	}
	return in.virtual.out
}

// unsend closes the sender with the virtual MAC, once the engine has let it go.
func (in *instance) unsend() {
	if in.virtual.out == nil {
		return
	}
	if err := in.virtual.out.Close(); err != nil {
		in.log.Debug("("+in.cfg().Name+") closing its sender", "error", err)
	}
	in.virtual.out = nil
}
