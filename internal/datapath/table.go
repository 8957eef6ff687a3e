package datapath

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/cilium/ebpf"
)

// table is the content of the kernel's maps: what SetRouters gave, as keys and
// values.
type table struct {
	routers map[vrrpRouterKey]vrrpRouter
	parties map[vrrpPartyKey]vrrpParty
	ah      map[uint32]bool // interfaces on which protocol 51 is listened to
	vips    map[vipKey]struct{}
}

func newTable() *table {
	return &table{
		routers: map[vrrpRouterKey]vrrpRouter{},
		parties: map[vrrpPartyKey]vrrpParty{},
		ah:      map[uint32]bool{},
		vips:    map[vipKey]struct{}{},
	}
}

// add puts one router into the table. Several unicast routers may share a VRID
// when their addresses or peers differ: the kernel then lets in what suits any
// of them, and user space tells them apart.
func (t *table) add(r *Router) error {
	if err := r.validate(); err != nil {
		return fmt.Errorf("virtual router %d: %w", r.VRID, err)
	}
	key, program := r.key(), r.program()
	if other, shared := t.routers[key]; shared {
		if other.Destination != program.Destination {
			program.Destination = vrrpAddress{}
		}
		program.PeersOnly &= other.PeersOnly
	}
	t.routers[key] = program
	if r.AH {
		t.ah[key.Ifindex] = true
	}
	for _, p := range r.Peers {
		limit := p.MaxTTL
		if limit == 0 {
			limit = 255
		}
		t.addParty(key, p.Addr, vrrpParty{MinTtl: p.MinTTL, MaxTtl: limit})
	}
	for _, a := range r.Own {
		t.addParty(key, a, vrrpParty{Own: 1})
	}
	for _, a := range r.VIPs {
		t.vips[newVIPKey(r.IfIndex, a)] = struct{}{}
	}
	for _, v := range r.Elsewhere {
		t.vips[newVIPKey(v.IfIndex, v.Addr)] = struct{}{}
	}
	return nil
}

// addParty gives an address its meaning. Our own address is no peer, wherever
// it is listed as one; two ranges of TTL become one that holds both.
func (t *table) addParty(router vrrpRouterKey, a netip.Addr, p vrrpParty) {
	key := vrrpPartyKey{Router: router, Address: kernelAddress(a)}
	if other, ok := t.parties[key]; ok {
		p.Own |= other.Own
		p.MinTtl, p.MaxTtl = min(p.MinTtl, other.MinTtl), max(p.MaxTtl, other.MaxTtl)
	}
	t.parties[key] = p
}

// SetRouters replaces the set of virtual routers. What is new or changed comes
// in before anything goes, each router in one step: a router that stands
// before and after never misses an advert. After an error nothing is removed.
func (d *Datapath) SetRouters(rs []Router) error {
	next := newTable()
	for i := range rs {
		if err := next.add(&rs[i]); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.objects != nil {
		if err := d.write(d.table, next); err != nil {
			return err
		}
	}
	touched := slices.Concat(slices.Collect(maps.Keys(next.vips)), slices.Collect(maps.Keys(d.table.vips)))
	d.table = next
	if err := d.writeVIPs(touched); err != nil {
		return err
	}
	d.admission.Store(newAdmission(d.cfg, next))
	return nil
}

// write brings the maps from one table to another. The maps that a router
// refers to are filled before it appears, and emptied after it has gone.
func (d *Datapath) write(from, to *table) error {
	o := d.objects
	err := errors.Join(
		put(o.Parties, "own addresses and unicast peers", from.parties, to.parties),
		remember(o.Heard, to.routers),
		put(o.Routers, "virtual routers", from.routers, to.routers),
	)
	for ifindex := range d.attached {
		err = errors.Join(err, d.setAH(uint32(ifindex), to.ah[uint32(ifindex)]))
	}
	if err != nil {
		return err
	}
	return errors.Join(
		drop(o.Routers, "virtual routers", from.routers, to.routers),
		drop(o.Heard, "virtual routers heard", from.routers, to.routers),
		drop(o.Parties, "own addresses and unicast peers", from.parties, to.parties),
	)
}

// setAH tells the program whether to look at protocol 51 on an interface.
func (d *Datapath) setAH(ifindex uint32, ah bool) error {
	var nic vrrpInterface
	if err := d.objects.Interfaces.Lookup(&ifindex, &nic); err != nil {
		return fmt.Errorf("read the settings of interface %d: %w", ifindex, err)
	}
	if nic.Ah == flag(ah) {
		return nil
	}
	nic.Ah = flag(ah)
	if err := d.objects.Interfaces.Put(&ifindex, &nic); err != nil {
		return fmt.Errorf("write the settings of interface %d: %w", ifindex, err)
	}
	return nil
}

// put writes what is new in or differs from the map's old content.
func put[K comparable, V comparable](m *ebpf.Map, what string, from, to map[K]V) error {
	for k, v := range to {
		if old, ok := from[k]; ok && old == v {
			continue
		}
		if err := m.Put(&k, &v); err != nil {
			return fmt.Errorf("write the map of %s (room for %d entries): %w", what, m.MaxEntries(), err)
		}
	}
	return nil
}

// drop deletes what the map no longer holds.
func drop[K comparable, V any](m *ebpf.Map, what string, from, to map[K]V) error {
	for k := range from {
		if _, stays := to[k]; stays {
			continue
		}
		if err := m.Delete(&k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("delete from the map of %s: %w", what, err)
		}
	}
	return nil
}

// remember makes room for what the program hears of new routers, and leaves
// alone what it has heard of old ones.
func remember(m *ebpf.Map, routers map[vrrpRouterKey]vrrpRouter) error {
	for k := range routers {
		if err := m.Update(&k, &vrrpHistory{}, ebpf.UpdateNoExist); err != nil && !errors.Is(err, ebpf.ErrKeyExist) {
			return fmt.Errorf("write the map of virtual routers heard: %w", err)
		}
	}
	return nil
}
