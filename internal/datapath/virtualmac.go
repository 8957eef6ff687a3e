package datapath

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/cilium/ebpf"
)

// VirtualMAC is the virtual MAC of a master on an interface that keeps its own: frames for it are taken in, and what the host
// says of the addresses by ARP and neighbour discovery bears it.
type VirtualMAC struct {
	IfIndex int // attached by AttachVirtualMAC
	MAC     [6]byte
	VIPs    []netip.Addr
	// Lease is that of the addresses, see FencedVIP: a dead or frozen master takes in nothing for the MAC. 0: there is no fence.
	Lease time.Duration
}

// macTable is the content of the three maps.
type macTable struct {
	macs    map[vrrpVmacKey]vrrpVip
	voices4 map[vrrpVip4Key]vrrpVoice
	voices6 map[vrrpVip6Key]vrrpVoice
}

func newMACTable() macTable {
	return macTable{map[vrrpVmacKey]vrrpVip{}, map[vrrpVip4Key]vrrpVoice{}, map[vrrpVip6Key]vrrpVoice{}}
}

func (t macTable) add(m *VirtualMAC) {
	t.macs[vrrpVmacKey{Ifindex: uint32(m.IfIndex), Mac: m.MAC}] = vrrpVip{LeaseNs: uint64(m.Lease)}
	for _, a := range m.VIPs {
		if k := newVIPKey(m.IfIndex, a); k.addr.Is4() {
			t.voices4[k.kernel4()] = vrrpVoice{Mac: m.MAC}
		} else {
			t.voices6[k.kernel6()] = vrrpVoice{Mac: m.MAC}
		}
	}
}

// under fills in what the table does not say itself.
func (t macTable) under(other macTable) {
	fill(t.macs, other.macs)
	fill(t.voices4, other.voices4)
	fill(t.voices6, other.voices6)
}

func fill[K comparable, V any](to, from map[K]V) {
	for k, v := range from {
		if _, said := to[k]; !said {
			to[k] = v
		}
	}
}

// macShares is what the owners want in the three maps.
type macShares struct {
	macs    shares[vrrpVmacKey, vrrpVip]
	voices4 shares[vrrpVip4Key, vrrpVoice]
	voices6 shares[vrrpVip6Key, vrrpVoice]
}

func newMACShares() macShares {
	return macShares{newShares[vrrpVmacKey, vrrpVip](), newShares[vrrpVip4Key, vrrpVoice](), newShares[vrrpVip6Key, vrrpVoice]()}
}

// macKeys name entries of the three maps.
type macKeys struct {
	macs    []vrrpVmacKey
	voices4 []vrrpVip4Key
	voices6 []vrrpVip6Key
}

func (s macShares) set(owner string, list []VirtualMAC) macKeys {
	t := newMACTable()
	for i := range list {
		t.add(&list[i])
	}
	return macKeys{s.macs.set(owner, t.macs), s.voices4.set(owner, t.voices4), s.voices6.set(owner, t.voices6)}
}

// SetVirtualMACs says which virtual MACs an owner, by a name of its own, has now, in place of those before. Call it before the
// addresses are added, and after they are removed. What a killed predecessor left stays until Sweep. After an error what could
// be done is done, and the next call of any owner tries the rest again.
func (d *Datapath) SetVirtualMACs(owner string, list []VirtualMAC) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.virtual[owner] = slices.Clone(list); len(list) == 0 {
		delete(d.virtual, owner)
	}
	if d.objects == nil {
		if len(list) > 0 {
			return errNoBPF
		}
		return nil
	}
	return d.writeMACs(d.voiced.set(owner, list))
}

var errNoBPF = errors.New("a virtual MAC without an interface needs BPF, which is not loaded")

// writeMACs brings the maps, and what the interfaces take in, from what they hold for some keys to what they shall hold: first
// the interface's filter, then the maps, and backwards. After an earlier failure it does so for all keys.
func (d *Datapath) writeMACs(touched macKeys) error {
	if d.macsBehind {
		touched = d.allMACs()
	}
	next, have := newMACTable(), newMACTable()
	part(next.macs, touched.macs, d.voiced.macs.get, d.inherited.macs)
	part(next.voices4, touched.voices4, d.voiced.voices4.get, d.inherited.voices4)
	part(next.voices6, touched.voices6, d.voiced.voices6.get, d.inherited.voices6)
	part(have.macs, touched.macs, nil, d.macs.macs)
	part(have.voices4, touched.voices4, nil, d.macs.voices4)
	part(have.voices6, touched.voices6, nil, d.macs.voices6)

	o := d.objects
	var errs []error
	for k := range next.macs {
		if _, stands := have.macs[k]; !stands {
			if err := takeIn(k); err != nil {
				errs = append(errs, err)
				delete(next.macs, k) // the next call tries again
			}
		}
	}
	errs = append(errs,
		put(o.Vmacs, "virtual MACs", have.macs, next.macs),
		put(o.Voices4, "addresses of virtual MACs", have.voices4, next.voices4),
		put(o.Voices6, "addresses of virtual MACs", have.voices6, next.voices6),
		drop(o.Voices4, "addresses of virtual MACs", have.voices4, next.voices4),
		drop(o.Voices6, "addresses of virtual MACs", have.voices6, next.voices6),
		drop(o.Vmacs, "virtual MACs", have.macs, next.macs))
	for k := range have.macs {
		if _, stays := next.macs[k]; !stays {
			errs = append(errs, leaveOut(k))
		}
	}
	replace(d.macs.macs, touched.macs, next.macs)
	replace(d.macs.voices4, touched.voices4, next.voices4)
	replace(d.macs.voices6, touched.voices6, next.voices6)
	err := errors.Join(errs...)
	d.macsBehind = err != nil
	return err
}

// allMACs are the keys of everything that is wanted, inherited or held.
func (d *Datapath) allMACs() macKeys {
	return macKeys{
		allKeys(d.voiced.macs.keys(), d.inherited.macs, d.macs.macs),
		allKeys(d.voiced.voices4.keys(), d.inherited.voices4, d.macs.voices4),
		allKeys(d.voiced.voices6.keys(), d.inherited.voices6, d.macs.voices6),
	}
}

func allKeys[K comparable, V any](wanted []K, inherited, held map[K]V) []K {
	return slices.Concat(wanted, slices.Collect(maps.Keys(inherited)), slices.Collect(maps.Keys(held)))
}

// part copies some entries: what get says, or else what the map below has.
func part[K comparable, V any](to map[K]V, keys []K, get func(K) (V, bool), below map[K]V) {
	for _, k := range keys {
		v, ok := below[k]
		if get != nil {
			if said, is := get(k); is {
				v, ok = said, true
			}
		}
		if ok {
			to[k] = v
		}
	}
}

// replace has some entries be as they are in from.
func replace[K comparable, V any](to map[K]V, keys []K, from map[K]V) {
	for _, k := range keys {
		if v, ok := from[k]; ok {
			to[k] = v
		} else {
			delete(to, k)
		}
	}
}

// lapseMACs closes the virtual MACs whose addresses the election has lost, after the loop comes back from a freeze.
func (d *Datapath) lapseMACs(lost []vipKey) error {
	gone := make(map[vipKey]bool, len(lost))
	for _, k := range lost {
		gone[k] = true
	}
	var errs []error
	for owner, list := range d.virtual {
		changed := false
		for i := range list {
			m := &list[i]
			is := func(a netip.Addr) bool { return gone[newVIPKey(m.IfIndex, a)] }
			if m.Lease > 0 && m.Lease != always && slices.ContainsFunc(m.VIPs, is) {
				m.Lease, changed = always, true
			}
		}
		if changed {
			errs = append(errs, d.writeMACs(d.voiced.set(owner, list)))
		}
	}
	return errors.Join(errs...)
}

// The maps of the virtual MACs are pinned as the fence's are: what the host says must not change while the process does. They
// are also the journal of what an interface was told to take in.
var macMaps = []string{vrrpMapVmacs, vrrpMapVoices4, vrrpMapVoices6}

// keepMACs learns what a predecessor left, and pins.
func (d *Datapath) keepMACs() error {
	d.macs, d.inherited = newMACTable(), newMACTable()
	o := d.objects
	if err := errors.Join(readAll(o.Vmacs, d.inherited.macs), readAll(o.Voices4, d.inherited.voices4), readAll(o.Voices6, d.inherited.voices6)); err != nil {
		return err
	}
	d.macs.under(d.inherited)
	if d.cfg.PinDir == "" {
		return nil
	}
	return d.pinMaps(map[string]*ebpf.Map{vrrpMapVmacs: o.Vmacs, vrrpMapVoices4: o.Voices4, vrrpMapVoices6: o.Voices6})
}

func readAll[K comparable, V any](m *ebpf.Map, into map[K]V) error {
	var k K
	var v V
	entries := m.Iterate()
	for entries.Next(&k, &v) {
		into[k] = v
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("read the map of virtual MACs: %w", err)
	}
	return nil
}

// disown takes away what a predecessor left and nobody has set since.
func (d *Datapath) disown() error {
	if d.objects == nil || d.inherited.macs == nil {
		return nil
	}
	touched := d.allMACs()
	d.inherited = newMACTable()
	return d.writeMACs(touched)
}

// LeaveVirtualMACs has Close leave them in the kernel, for addresses that stay when the daemon goes. It takes pins.
func (d *Datapath) LeaveVirtualMACs() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leaveMACs = d.cfg.PinDir != ""
}

// closeMACs takes every virtual MAC away, with its programs.
func (d *Datapath) closeMACs() error {
	var errs []error
	if d.leaveMACs {
		for _, s := range d.stations {
			errs = append(errs, s.close())
		}
		return errors.Join(errs...)
	}
	if d.objects != nil && d.macs.macs != nil {
		touched := d.allMACs()
		d.virtual, d.voiced, d.inherited = nil, newMACShares(), newMACTable()
		errs = append(errs, d.writeMACs(touched), d.unpin(macMaps))
	}
	for _, ifindex := range slices.Collect(maps.Keys(d.stations)) {
		errs = append(errs, d.leaveStation(ifindex))
	}
	return errors.Join(errs...)
}
