package datapath

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
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

// vips is what the program must know of virtual addresses: which ones to
// watch, and how long it may be answered for them without a heartbeat; 0 is
// for ever.
type vips map[vipKey]time.Duration

// merged is what goes into the maps: every watched address, and every fenced one.
func merged(watched map[vipKey]struct{}, fenced vips) vips {
	all := vips{}
	for k := range watched {
		all[k] = 0
	}
	for k, lease := range fenced {
		all[k] = lease
	}
	return all
}

// writeVIPs brings the maps from what they hold to what they shall hold.
func (d *Datapath) writeVIPs() error {
	next := merged(d.table.vips, d.fenced)
	if d.objects == nil {
		return nil
	}
	for k, lease := range next {
		if old, ok := d.vips[k]; ok && old == lease {
			continue
		}
		if err := d.putVIP(k, lease); err != nil {
			return fmt.Errorf("write the map of virtual addresses: %w", err)
		}
	}
	for k := range d.vips {
		if _, stays := next[k]; stays {
			continue
		}
		if err := d.dropVIP(k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("delete from the map of virtual addresses: %w", err)
		}
	}
	d.vips = next
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
