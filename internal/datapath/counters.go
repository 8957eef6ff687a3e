package datapath

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
)

// Counter is how many packets met one verdict on one interface.
type Counter struct {
	IfIndex int
	Verdict Verdict
	Packets uint64
}

// Counters returns the counts of every attached interface, zeros included, in
// the order of the verdicts.
func (d *Datapath) Counters() ([]Counter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Counter
	for _, ifindex := range slices.Sorted(maps.Keys(d.attached)) {
		a := d.attached[ifindex]
		sum, err := d.tally(ifindex)
		if err != nil {
			return nil, err
		}
		if a.socket != nil {
			a.socket.addCounts(&sum)
		}
		for v, packets := range sum {
			out = append(out, Counter{IfIndex: ifindex, Verdict: Verdict(v), Packets: packets})
		}
	}
	return out, nil
}

// Count is one of them.
func (d *Datapath) Count(ifindex int, v Verdict) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.attached[ifindex]
	if a == nil || v >= verdicts {
		return 0, fmt.Errorf("count on interface %d: not attached", ifindex)
	}
	sum, err := d.tally(ifindex)
	if err == nil && a.socket != nil {
		a.socket.addCounts(&sum)
	}
	return sum[v], err
}

// tally sums one interface's counts over the CPUs.
func (d *Datapath) tally(ifindex int) (sum [verdicts]uint64, err error) {
	if d.objects == nil {
		return sum, nil
	}
	var perCPU []vrrpTally
	key := uint32(ifindex)
	if err := d.objects.Counters.Lookup(&key, &perCPU); err != nil {
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return sum, nil
		}
		return sum, fmt.Errorf("read the counters of interface %d: %w", ifindex, err)
	}
	for _, cpu := range perCPU {
		for v, packets := range cpu.Packets {
			sum[v] += packets
		}
	}
	return sum, nil
}
