package daemon

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
)

// arrivals knows when each interface received a frame last, whatever it was. The
// kernel only counts them, so the counts are looked at again and again. What is
// told is the look before the one that saw a count move: the frame came after that.
type arrivals struct {
	mu   sync.Mutex
	last map[string]*received
}

type received struct {
	count  uint64
	looked time.Time
	at     time.Time // zero: none since the first look
}

// The pause between two looks: half of the shortest interval within these bounds.
const (
	leastLook = 5 * time.Millisecond
	mostLook  = 500 * time.Millisecond
	// lookShare bounds what looking costs, with thousands of interfaces: a
	// look is followed by a pause of so many times its length.
	lookShare = 50
)

func newArrivals() *arrivals { return &arrivals{last: map[string]*received{}} }

// run looks until ctx ends.
func (r *arrivals) run(ctx context.Context, d *Daemon) {
	for {
		began := time.Now()
		pause := r.pause(d)
		if pause > 0 {
			r.look(began)
		} else {
			pause = mostLook
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(pause, lookShare*time.Since(began))):
		}
	}
}

// pause is how often it must be looked; 0 when nobody wants to know.
func (r *arrivals) pause(d *Daemon) (pause time.Duration) {
	for _, in := range d.all() {
		if cfg := in.cfg(); cfg.Own.Isolated != config.DoubtOff {
			one := min(max(interval(cfg)/2, leastLook), mostLook)
			if pause == 0 || one < pause {
				pause = one
			}
		}
	}
	return pause
}

// look reads the counts of all interfaces.
func (r *arrivals) look(now time.Time) {
	text, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return // then nobody is taken for isolated
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range bytes.Lines(text) {
		name, rest, found := bytes.Cut(line, []byte(":"))
		fields := bytes.Fields(rest)
		if !found || len(fields) < 2 {
			continue // a heading
		}
		count, err := strconv.ParseUint(string(fields[1]), 10, 64) // packets received
		if err == nil {
			r.saw(string(bytes.TrimSpace(name)), count, now)
		}
	}
}

// saw takes in one count; r.mu is held.
func (r *arrivals) saw(name string, count uint64, now time.Time) {
	one := r.last[name]
	if one == nil {
		r.last[name] = &received{count: count, looked: now}
		return
	}
	if count != one.count {
		one.count, one.at = count, one.looked
	}
	one.looked = now
}

// heard is when the last frame came, at the earliest; false when nothing is known.
func (r *arrivals) heard(name string) (at time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.last[name]
	if one == nil {
		return at, false
	}
	return one.at, true
}
