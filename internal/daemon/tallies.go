package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/metrics"
)

// tallies remember what the kernel program had counted at earlier moments, so
// that a takeover can tell what it refused since the last advert. The loop
// thread has no part in it.
type tallies struct {
	mu     sync.Mutex
	fine   []tally // one every tallyEvery, of the last minute
	coarse []tally // one of ten, of the last quarter of an hour: version 2 may wait long
	reads  int
}

type tally struct {
	at     time.Time
	counts map[tallyKey]uint64
}

type tallyKey struct{ iface, verdict string }

const (
	tallyEvery = 500 * time.Millisecond
	keptFine   = 120
	keptCoarse = 180
)

// run reads the counters until ctx ends.
func (t *tallies) run(ctx context.Context, read func() ([]metrics.KernelCount, error)) {
	tick := time.NewTicker(tallyEvery)
	defer tick.Stop()
	for {
		if list, err := read(); err == nil { // a scrape tells of errors
			t.add(time.Now(), list)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (t *tallies) add(at time.Time, list []metrics.KernelCount) {
	one := tally{at, counted(list)}
	t.mu.Lock()
	defer t.mu.Unlock()
	keep := func(all []tally, most int) []tally {
		if len(all) == most {
			all = append(all[:0], all[1:]...)
		}
		return append(all, one)
	}
	t.fine = keep(t.fine, keptFine)
	if t.reads%10 == 0 {
		t.coarse = keep(t.coarse, keptCoarse)
	}
	t.reads++
}

func counted(list []metrics.KernelCount) map[tallyKey]uint64 {
	counts := make(map[tallyKey]uint64, len(list))
	for _, c := range list {
		if c.Packets > 0 {
			counts[tallyKey{c.Interface, c.Verdict}] += c.Packets
		}
	}
	return counts
}

// before is the last tally that is not younger than a moment.
func (t *tallies) before(at time.Time) (found tally, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, all := range [][]tally{t.coarse, t.fine} {
		for _, one := range all {
			if !one.at.After(at) && (!ok || one.at.After(found.at)) {
				found, ok = one, true
			}
		}
	}
	return found, ok
}

// refusedSince tells what was refused on an interface since a moment, by
// verdict. It may count what came up to tallyEvery earlier. What was taken as
// good is left out: it came for other virtual routers. False: nobody looked.
func (d *Daemon) refusedSince(iface string, at time.Time) (map[string]uint64, bool) {
	then, ok := d.tallies.before(at)
	if !ok {
		return nil, false
	}
	list, err := d.kernelAdverts()
	if err != nil {
		return nil, false
	}
	since := map[string]uint64{}
	for key, n := range counted(list) {
		switch key.verdict {
		case "accepted", "consumed", "inquiry", "fenced":
			continue
		}
		if earlier := then.counts[key]; key.iface == iface && n > earlier {
			since[key.verdict] = n - earlier
		}
	}
	return since, true
}
