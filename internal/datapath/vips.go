package datapath

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/cilium/ebpf"
)

// vipKey is a virtual address on an interface.
type vipKey struct {
	ifindex uint32
	addr    netip.Addr // unmapped, without zone
}

func newVIPKey(ifindex int, a netip.Addr) vipKey {
	return vipKey{uint32(ifindex), a.Unmap().WithZone("")}
}

func (k vipKey) compare(other vipKey) int {
	return cmp.Or(cmp.Compare(k.ifindex, other.ifindex), k.addr.Compare(other.addr))
}

// vips is what the program must know of virtual addresses: which ones to
// watch, and how long it may be answered for them without a heartbeat; 0 is
// for ever.
type vips map[vipKey]time.Duration

// wantedVIP is what the maps shall hold for an address: it is fenced, or only watched, or neither.
func (d *Datapath) wantedVIP(k vipKey) (lease time.Duration, ok bool) {
	if lease, ok = d.fenced.get(k); ok {
		return lease, true
	}
	_, ok = d.table.vips[k]
	return 0, ok
}

// writeVIPs brings the maps to what they shall hold for some addresses; for all of them where an earlier call failed.
func (d *Datapath) writeVIPs(touched []vipKey) error {
	if d.objects == nil {
		return nil
	}
	if d.vipsBehind {
		touched = slices.Concat(d.fenced.keys(), slices.Collect(maps.Keys(d.table.vips)), slices.Collect(maps.Keys(d.vips)))
	}
	d.vipsBehind = true
	var put []vipKey
	var leases []time.Duration
	for _, k := range touched { // what comes in before what goes
		lease, wanted := d.wantedVIP(k)
		if old, ok := d.vips[k]; !wanted || ok && old == lease {
			continue
		}
		put, leases = append(put, k), append(leases, lease)
	}
	if err := d.putVIPs(put, leases); err != nil {
		return fmt.Errorf("write the map of virtual addresses: %w", err)
	}
	for _, k := range touched {
		if _, wanted := d.wantedVIP(k); wanted {
			continue
		}
		if _, there := d.vips[k]; !there {
			continue
		}
		if err := d.dropVIP(k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("delete from the map of virtual addresses: %w", err)
		}
		delete(d.vips, k)
	}
	d.vipsBehind = false
	return nil
}

// manyVIPs is from how many on they are written in one system call, where the kernel can (5.6): a takeover of a thousand
// addresses waits for them.
const manyVIPs = 16

func (d *Datapath) putVIPs(list []vipKey, leases []time.Duration) error {
	if len(list) >= manyVIPs && d.putAtOnce(list, leases) == nil {
		for i, k := range list {
			d.vips[k] = leases[i]
		}
		return nil
	}
	for i, k := range list { // what is in the map already is written again
		if err := d.putVIP(k, leases[i]); err != nil {
			return err
		}
		d.vips[k] = leases[i]
	}
	return nil
}

func (d *Datapath) putAtOnce(list []vipKey, leases []time.Duration) error {
	var keys4 []vrrpVip4Key
	var keys6 []vrrpVip6Key
	var values4, values6 []vrrpVip
	for i, k := range list {
		value := vrrpVip{LeaseNs: uint64(leases[i])}
		if k.addr.Is4() {
			keys4, values4 = append(keys4, k.kernel4()), append(values4, value)
		} else {
			keys6, values6 = append(keys6, k.kernel6()), append(values6, value)
		}
	}
	if len(keys4) > 0 {
		if _, err := d.objects.Vips4.BatchUpdate(keys4, values4, nil); err != nil {
			return err
		}
	}
	if len(keys6) > 0 {
		if _, err := d.objects.Vips6.BatchUpdate(keys6, values6, nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *Datapath) putVIP(k vipKey, lease time.Duration) error {
	value := vrrpVip{LeaseNs: uint64(lease)}
	if k.addr.Is4() {
		key := k.kernel4()
		return d.objects.Vips4.Put(&key, &value)
	}
	key := k.kernel6()
	return d.objects.Vips6.Put(&key, &value)
}

func (d *Datapath) dropVIP(k vipKey) error {
	if k.addr.Is4() {
		key := k.kernel4()
		return d.objects.Vips4.Delete(&key)
	}
	key := k.kernel6()
	return d.objects.Vips6.Delete(&key)
}

func (k vipKey) kernel4() vrrpVip4Key {
	a := k.addr.As4()
	return vrrpVip4Key{Address: binary.NativeEndian.Uint32(a[:]), Ifindex: k.ifindex}
}

func (k vipKey) kernel6() vrrpVip6Key {
	return vrrpVip6Key{Address: kernelAddress(k.addr), Ifindex: k.ifindex}
}

// readVIPs returns what the maps hold, after a predecessor filled them.
func readVIPs(v4, v6 *ebpf.Map) (vips, error) {
	all := vips{}
	var value vrrpVip
	var key4 vrrpVip4Key
	entries := v4.Iterate()
	for entries.Next(&key4, &value) {
		addr := netipAddress(vrrpAddress{Word: [4]uint32{key4.Address}}, 4)
		all[vipKey{key4.Ifindex, addr}] = time.Duration(value.LeaseNs)
	}
	if err := entries.Err(); err != nil {
		return nil, fmt.Errorf("read the map of virtual addresses: %w", err)
	}
	var key6 vrrpVip6Key
	entries = v6.Iterate()
	for entries.Next(&key6, &value) {
		all[vipKey{key6.Ifindex, netipAddress(key6.Address, 6)}] = time.Duration(value.LeaseNs)
	}
	if err := entries.Err(); err != nil {
		return nil, fmt.Errorf("read the map of virtual addresses: %w", err)
	}
	return all, nil
}
