package datapath

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
)

// LastGood returns when the kernel saw the last good advert for a virtual
// router, and who sent it, also when no room was left in the ring to hand it
// over. It returns false when there was none yet, and in mode Socket. A
// deadline that this disproves is not to be acted on.
//
// Only what identifies r is looked at: IfIndex, Family, VRID, Multicast and Heartbeat.
func (d *Datapath) LastGood(r Router) (at time.Time, from netip.Addr, ok bool, err error) {
	if d.objects == nil {
		return at, from, false, nil
	}
	key := r.key()
	var h vrrpHistory
	if err := d.objects.Heard.Lookup(&key, &h); errors.Is(err, ebpf.ErrKeyNotExist) {
		return at, from, false, nil
	} else if err != nil {
		return at, from, false, fmt.Errorf("read what was heard of virtual router %d: %w", r.VRID, err)
	}
	if h.GoodNs == 0 {
		return at, from, false, nil
	}
	return d.clock.time(int64(h.GoodNs)), netipAddress(h.Source, key.Family), true, nil
}

// Remembers reports whether LastGood also knows what came in while no process
// was there: a predecessor's program went on and its memory was adopted.
func (d *Datapath) Remembers() bool { return d.remembers }

// heardMaps are pinned, so that what comes in while no process is there is known
// to the next one.
var heardMaps = []string{vrrpMapHeard}

func (d *Datapath) keepHeard() error {
	if d.cfg.PinDir == "" {
		return nil
	}
	return d.pinMaps(map[string]*ebpf.Map{vrrpMapHeard: d.objects.Heard})
}
