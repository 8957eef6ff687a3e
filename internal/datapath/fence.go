package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// FencedVIP is a virtual address that this host holds.
type FencedVIP struct {
	// IfIndex is an attached interface, the one on which frames for the address
	// arrive: of a virtual MAC's macvlan that is the interface below.
	IfIndex int
	Addr    netip.Addr
	// Lease is how long after the last heartbeat the host may answer for the
	// address: the Active_Down_Interval that its peers wait, less a margin.
	Lease time.Duration
}

// lease is the proof of life, in memory shared with the program.
type lease struct {
	page []byte
	*vrrpLease
	shortest atomic.Uint64 // ns
}

func openLease(m *ebpf.Map) (*lease, error) {
	page, err := unix.Mmap(m.FD(), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the lease: %w", err)
	}
	return &lease{page: page, vrrpLease: (*vrrpLease)(unsafe.Pointer(&page[0]))}, nil
}

func (l *lease) renew(at int64) { atomic.StoreUint64(&l.AliveNs, uint64(at)) }
func (l *lease) arm(on bool)    { atomic.StoreUint64(&l.Armed, uint64(flag(on))) }
func (l *lease) armed() bool    { return atomic.LoadUint64(&l.Armed) != 0 }
func (l *lease) alive() uint64  { return atomic.LoadUint64(&l.AliveNs) }
func (l *lease) close() error   { return unix.Munmap(l.page) }

// over reports whether the lease has run out for the address with the shortest one.
func (l *lease) over() bool {
	return l.armed() && uint64(monotonic())-l.alive() > l.shortest.Load()
}

// setShortest looks through the leases, of which there are few different ones, so that over need not. Those that are over
// for good do not count: nothing is to be judged anew for their sake.
func (l *lease) setShortest(counts map[time.Duration]int) {
	shortest := uint64(1<<63 - 1)
	for lease := range counts {
		if lease != always {
			shortest = min(shortest, uint64(lease))
		}
	}
	l.shortest.Store(shortest)
}

// predecessor is the owner of what a predecessor left, until the first owner of ours speaks.
const predecessor = ""

// SetFence says which virtual addresses an owner, by a name of its own, holds
// now, in place of those that it named before. Once the loop has been silent for
// longer than an address's lease, because the process died or stands still, the
// kernel answers no ARP or ND for it and drops what is sent to it, until the
// loop has served everything that came in meanwhile.
//
// Without Config.Fence, or without BPF, it does nothing. With Config.PinDir
// the fence outlives the process; else it ends with it.
func (d *Datapath) SetFence(owner string, held []FencedVIP) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.objects == nil || !d.cfg.Fence {
		return nil
	}
	next := make(map[vipKey]time.Duration, len(held))
	for _, v := range held {
		if v.Lease <= 0 {
			return fmt.Errorf("fence %v: lease of %v", v.Addr, v.Lease)
		}
		next[newVIPKey(v.IfIndex, v.Addr)] = v.Lease
	}
	if d.fenceSet && !d.vipsBehind && d.fencedAs(owner, next) {
		return nil // what is asked for twice, before a takeover and in it, is written once
	}
	return d.fence(d.fenceChange(owner, next))
}

// fencedAs reports whether the fence is what an owner wants.
func (d *Datapath) fencedAs(owner string, next map[vipKey]time.Duration) bool {
	if len(d.fenced.of[owner]) != len(next) {
		return false
	}
	for _, k := range d.fenced.of[owner] {
		lease, held := next[k]
		if now, _ := d.fenced.get(k); !held || now != lease {
			return false
		}
	}
	return true
}

// fenceChange notes what an owner wants and returns the addresses that it touches. The first to speak ends what a predecessor left.
func (d *Datapath) fenceChange(owner string, next map[vipKey]time.Duration) []vipKey {
	touched := d.recount(d.fenced.of[owner], next, func() []vipKey { return d.fenced.set(owner, next) })
	if !d.fenceSet {
		d.fenceSet = true
		touched = append(touched, d.recount(d.fenced.of[predecessor], nil, func() []vipKey { return d.fenced.set(predecessor, nil) })...)
	}
	return touched
}

// recount keeps count of the leases over a change of some addresses.
func (d *Datapath) recount(old []vipKey, next map[vipKey]time.Duration, change func() []vipKey) []vipKey {
	keys := slices.Clone(old)
	for k := range next {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, vipKey.compare)
	keys = slices.Compact(keys)
	for _, k := range keys {
		if lease, ok := d.fenced.get(k); ok {
			if d.leases[lease]--; d.leases[lease] == 0 {
				delete(d.leases, lease)
			}
		}
	}
	touched := change()
	for _, k := range keys {
		if lease, ok := d.fenced.get(k); ok {
			d.leases[lease]++
		}
	}
	return touched
}

// fence writes what has been noted, with a lease that begins now.
func (d *Datapath) fence(touched []vipKey) error {
	d.lease.setShortest(d.leases)
	d.lease.renew(monotonic())
	if err := d.writeVIPs(touched); err != nil {
		return err
	}
	d.lease.arm(len(d.fenced.at) > 0)
	return nil
}

// Heartbeat renews the lease. Run does so by itself whenever it has handed over
// everything that came in; call it in a handler that takes long.
func (d *Datapath) Heartbeat() {
	if d.lease != nil {
		d.lease.renew(monotonic())
	}
}

// Holder is a Sink that can be asked, on the thread of Run, for the addresses
// that virtual routers of this host are Active with, or about to be. It is asked
// when the loop comes back after a lease ran out: an address that is no longer
// held stays silent until SetFence says that it has been removed from the host.
type Holder interface {
	Held() map[netip.Addr]bool
}

// heartbeat renews the lease as of start, when the loop began to hand over what
// had come in. Time that the process spends frozen after that does not count
// as life.
func (d *Datapath) heartbeat(start int64, sink Sink) {
	if d.lease == nil {
		return
	}
	if d.lease.over() && d.lapsed(sink) != nil {
		return // better silent than two
	}
	d.lease.renew(start)
}

// lapsed takes from the lease, before it is renewed after it ran out, the
// addresses that the election has lost meanwhile. The holder is asked without
// our lock: it may have one of its own.
func (d *Datapath) lapsed(sink Sink) error {
	holder, ok := sink.(Holder)
	if !ok {
		return nil
	}
	d.mu.Lock()
	lost := d.fenced.keys()
	d.mu.Unlock()
	held := holder.Held()
	lost = slices.DeleteFunc(lost, func(k vipKey) bool { return held[k.addr] })

	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range lost {
		d.recount([]vipKey{k}, nil, func() []vipKey {
			d.fenced.override(k, always)
			return nil
		})
	}
	d.lease.setShortest(d.leases)
	return errors.Join(d.writeVIPs(lost), d.lapseMACs(lost))
}

// always is a lease that is over whenever somebody looks.
const always = time.Nanosecond

// Lift ends the fence of every owner, also one that a predecessor left.
func (d *Datapath) Lift() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.objects == nil || !d.cfg.Fence {
		return nil
	}
	d.fenced, d.fenceSet = newShares[vipKey, time.Duration](), true
	clear(d.leases)
	return d.fence(slices.Collect(maps.Keys(d.vips)))
}

// FenceActive reports whether some address is silenced now. Right after Load
// that is the predecessor's doing: the fence that it left stays until SetFence
// or Lift.
func (d *Datapath) FenceActive() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lease != nil && d.lease.over()
}

// The fence's maps are pinned under their own names.
var fenceMaps = []string{vrrpMapVips4, vrrpMapVips6, vrrpMapLeases}

// adoptFence opens the maps of the fence that a predecessor left, so that it
// stays closed until the new engine has spoken.
func (d *Datapath) adoptFence(spec *ebpf.CollectionSpec) (map[string]*ebpf.Map, error) {
	if !d.cfg.Fence {
		return map[string]*ebpf.Map{}, nil
	}
	return d.adoptMaps(spec, fenceMaps)
}

// adoptMaps opens maps that a predecessor pinned, all or none. Maps of another layout go.
func (d *Datapath) adoptMaps(spec *ebpf.CollectionSpec, names []string) (map[string]*ebpf.Map, error) {
	adopted := map[string]*ebpf.Map{}
	if d.cfg.PinDir == "" {
		return adopted, nil
	}
	for _, name := range names {
		m, err := ebpf.LoadPinnedMap(filepath.Join(d.cfg.PinDir, name), nil)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err == nil {
			adopted[name] = m
			err = spec.Maps[name].Compatible(m)
		}
		if errors.Is(err, ebpf.ErrMapIncompatible) {
			closeAll(adopted)
			clear(adopted)
			break
		}
		if err != nil {
			closeAll(adopted)
			return nil, fmt.Errorf("open the pinned map: %w", err)
		}
	}
	if len(adopted) == len(names) {
		return adopted, nil
	}
	closeAll(adopted)
	return map[string]*ebpf.Map{}, d.unpin(names)
}

// keepFence pins the maps of the fence and learns what they hold.
func (d *Datapath) keepFence() (err error) {
	if d.cfg.PinDir == "" || !d.cfg.Fence {
		return d.unpin(fenceMaps)
	}
	if d.vips, err = readVIPs(d.objects.Vips4, d.objects.Vips6); err != nil {
		return err
	}
	left := vips{}
	for k, lease := range d.vips {
		if lease > 0 {
			left[k] = lease
		}
	}
	d.recount(nil, left, func() []vipKey { return d.fenced.set(predecessor, left) })
	d.lease.setShortest(d.leases)
	return d.pinMaps(map[string]*ebpf.Map{
		vrrpMapVips4: d.objects.Vips4, vrrpMapVips6: d.objects.Vips6, vrrpMapLeases: d.objects.Leases,
	})
}

func (d *Datapath) pinMaps(maps map[string]*ebpf.Map) error {
	for name, m := range maps {
		if err := m.Pin(filepath.Join(d.cfg.PinDir, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("pin the map %s: %w", name, err)
		}
	}
	return nil
}

func (d *Datapath) unpin(names []string) error {
	if d.cfg.PinDir == "" {
		return nil
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(d.cfg.PinDir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("unpin the map %s: %w", name, err)
		}
	}
	return nil
}
