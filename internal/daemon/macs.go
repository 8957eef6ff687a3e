package daemon

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/vmac"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// macs gives instances with `virtual_mac bpf` their virtual MACs, on interfaces
// that keep their own. The kernel programs are there from the start, so that a
// master never finds out that they cannot be; what they say is told before the
// addresses are claimed, and taken back after they are released.
type macs struct {
	d *Daemon

	mu     sync.Mutex // after nics.mu and vmacs.work, before the datapath's
	users  map[*instance][]vmac.VMAC
	active map[*instance]bool
	ready  map[string]int // indexes of interfaces with the programs
}

func newMACs(d *Daemon) *macs {
	return &macs{d: d, users: map[*instance][]vmac.VMAC{}, active: map[*instance]bool{}, ready: map[string]int{}}
}

// virtualMAC is that of one of the instance's addresses, false when it has none
// without an interface of its own. As with use_vmac, addresses elsewhere or of
// the other family have one under use_vmac_addr only.
func virtualMAC(cfg *config.Instance, a *config.Address) (vmac.VMAC, bool) {
	family := wire.IPv4
	if a.Prefix.Addr().Is6() {
		family = wire.IPv6
	}
	own := a.Interface == cfg.Interface && family == cfg.Family
	if !cfg.Own.VirtualMAC || !own && !cfg.VMAC.Addr {
		return vmac.VMAC{}, false
	}
	return vmac.VMAC{Parent: a.Interface, VRID: cfg.VRID, IPv6: family == wire.IPv6}, true
}

// ofInstance is the one that adverts leave with.
func ofInstance(cfg *config.Instance) vmac.VMAC {
	return vmac.VMAC{Parent: cfg.Interface, VRID: cfg.VRID, IPv6: cfg.Family == wire.IPv6}
}

// virtualMACs are all of an instance, with the addresses that go with each.
func virtualMACs(cfg *config.Instance) map[vmac.VMAC][]config.Address {
	if !cfg.Own.VirtualMAC {
		return nil
	}
	all := map[vmac.VMAC][]config.Address{ofInstance(cfg): nil}
	for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for i := range list {
			if w, ok := virtualMAC(cfg, &list[i]); ok {
				all[w] = append(all[w], list[i])
			}
		}
	}
	return all
}

// use takes in an instance, also one with new settings.
func (m *macs) use(in *instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.users, in)
	for w := range virtualMACs(in.cfg()) {
		m.users[in] = append(m.users[in], w)
	}
	for _, w := range m.users[in] {
		m.prepare(w.Parent)
	}
	m.tidy()
}

func (m *macs) leave(in *instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.users, in)
	if m.active[in] {
		delete(m.active, in)
		m.tell(in)
	}
	m.tidy()
}

// news: the interface of that name is there, or changed, or went.
func (m *macs) news(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used(name) && m.prepare(name) {
		for in := range m.active {
			m.tell(in)
		}
	}
}

func (m *macs) used(name string) bool {
	for _, list := range m.users {
		if slices.ContainsFunc(list, func(w vmac.VMAC) bool { return w.Parent == name }) {
			return true
		}
	}
	return false
}

// prepare has the programs on an interface, and reports whether it is another
// one than before.
func (m *macs) prepare(name string) (fresh bool) {
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) { // a fault of its own
		m.forget(name)
		return false
	}
	before, stood := m.ready[name]
	if err == nil {
		if stood && before != link.Attrs().Index {
			m.forget(name)
		}
		err = m.d.dp.AttachVirtualMAC(link.Attrs().Index)
	}
	if err != nil {
		m.forget(name)
		m.d.log.Error("no virtual MAC on "+name, "error", err, "remedy", "use_vmac in place of virtual_mac bpf, or neither")
		m.fault(name, true)
		return false
	}
	m.ready[name] = link.Attrs().Index
	if fresh = !stood || before != m.ready[name]; fresh {
		m.fault(name, false)
	}
	return fresh
}

// forget takes the programs off an interface, or lets go of what is left of them when the interface is gone.
func (m *macs) forget(name string) {
	index, stood := m.ready[name]
	if !stood {
		return
	}
	delete(m.ready, name)
	if err := m.d.dp.DetachVirtualMAC(index); err != nil {
		m.d.log.Error("virtual MAC programs may be left on "+name, "error", err)
	}
}

// fault tells the routers that need an interface whether they cannot have it.
func (m *macs) fault(name string, is bool) {
	cause := vrrp.Cause{Kind: vrrp.CauseConfig, Name: "no virtual MAC on " + name}
	for in, list := range m.users {
		if slices.ContainsFunc(list, func(w vmac.VMAC) bool { return w.Parent == name }) {
			m.d.engine.Do(engine.Tell{Router: in.id, Event: faulty(cause, is)})
		}
	}
}

// tidy takes the programs off interfaces that nobody needs any more.
func (m *macs) tidy() {
	for name := range m.ready {
		if !m.used(name) {
			m.forget(name)
		}
	}
}

// raise makes the instance's virtual MACs this host's, drop ends that. On the
// router's goroutine.
func (m *macs) raise(in *instance) { m.set(in, true) }
func (m *macs) drop(in *instance)  { m.set(in, false) }

func (m *macs) set(in *instance, active bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if active && m.users[in] != nil {
		m.active[in] = true
	} else if !m.active[in] {
		return
	} else {
		delete(m.active, in)
	}
	m.tell(in)
}

// tell says to the kernel program what holds now for an instance.
func (m *macs) tell(in *instance) {
	var list []datapath.VirtualMAC
	if m.active[in] {
		cfg := in.cfg()
		fence, _ := lease(cfg) // 0: none
		for w, addresses := range virtualMACs(cfg) {
			index, ok := m.ready[w.Parent]
			if !ok {
				continue
			}
			v := datapath.VirtualMAC{IfIndex: index, MAC: [6]byte(w.Hardware()), Lease: fence}
			for _, a := range addresses {
				v.VIPs = append(v.VIPs, a.Prefix.Addr())
			}
			list = append(list, v)
		}
	}
	if err := m.d.dp.SetVirtualMACs(in.id, list); err != nil {
		m.d.log.Error("a virtual MAC may not be heard", "error", err)
	}
}

// sourceMAC is what an instance's adverts leave with in place of the
// interface's own MAC. Unicast adverts keep that, as with use_vmac.
func (n *nics) sourceMAC(in *instance) (net.HardwareAddr, bool) {
	cfg := in.cfg()
	if cfg.VMAC.XmitBase {
		return nil, false
	}
	if w, ok := mainVMAC(in.virtual.prefixes, cfg); ok {
		return w.Hardware(), true
	}
	return ofInstance(cfg).Hardware(), cfg.Own.VirtualMAC && !cfg.Unicast.Enabled()
}

// describe says what the log says of an instance's virtual MAC.
func (m *macs) describe(in *instance) {
	if cfg := in.cfg(); cfg.Own.VirtualMAC {
		m.d.log.Info(fmt.Sprintf("(%s) virtual MAC by BPF", cfg.Name), "interface", cfg.Interface, "mac", ofInstance(cfg).Hardware().String())
	}
}
