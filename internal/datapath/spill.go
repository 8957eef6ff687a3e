package datapath

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// spills are the adverts that found the ring full, the newest of each virtual
// router. They are handed over after everything in the ring and before any
// wake-up, so that a full ring cannot make a router believe that it heard nothing.
type spills struct {
	page    []byte
	signals *vrrpSignal
	seen    uint64 // signals.Spills when they were collected last
}

func openSpills(m *ebpf.Map) (*spills, error) {
	page, err := unix.Mmap(m.FD(), 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the signals: %w", err)
	}
	return &spills{page: page, signals: (*vrrpSignal)(unsafe.Pointer(&page[0]))}, nil
}

// any reports whether something was spilled since it was asked last.
func (s *spills) any() bool {
	now := atomic.LoadUint64(&s.signals.Spills)
	if now == s.seen {
		return false
	}
	s.seen = now
	return true
}

func (s *spills) close() error { return unix.Munmap(s.page) }

// collectSpills hands over what was spilled, the oldest first.
func (d *Datapath) collectSpills(sink Sink) {
	if d.spills == nil || !d.spills.any() {
		return
	}
	for _, e := range d.takeSpills() {
		sink.Datagram(wire.Datagram{
			At:        d.clock.time(int64(e.ArrivedNs)),
			IfIndex:   int(e.Ifindex),
			SourceMAC: e.SourceMac,
			IP:        e.Ip[:min(int(e.Length), len(e.Ip))],
		})
	}
}

// takeSpills empties the map. An advert that is not the last good one of its
// virtual router is left out: a newer one came through the ring.
func (d *Datapath) takeSpills() []*vrrpAdvertEvent {
	var found []*vrrpAdvertEvent
	var keys []vrrpRouterKey
	var key vrrpRouterKey
	event := new(vrrpAdvertEvent)
	entries := d.objects.Spilled.Iterate()
	for entries.Next(&key, event) {
		keys = append(keys, key)
		var h vrrpHistory
		if d.objects.Heard.Lookup(&key, &h) == nil && h.GoodNs == event.ArrivedNs {
			found = append(found, event)
			event = new(vrrpAdvertEvent)
		}
	}
	for _, key := range keys {
		// If it spilled once more meanwhile, the signal says so and the next
		// advert of the virtual router is not far.
		_ = d.objects.Spilled.Delete(&key)
	}
	slices.SortFunc(found, func(a, b *vrrpAdvertEvent) int { return cmp.Compare(a.ArrivedNs, b.ArrivedNs) })
	return found
}
