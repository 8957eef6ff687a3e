package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/overhear"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// strangers listens to the adverts that are for no virtual router of ours, for
// log_unknown_vrids. The kernel program counts them, and shows only those with an
// address of ours. Where its counter moves an ear is opened, and closed when it
// has stood still for long: an ear costs every packet a little.
type strangers struct {
	d *Daemon

	mu    sync.Mutex // guards the rest
	ears  map[int]*strangerEar
	known map[int][]overhear.Key
	next  int // the interface that is looked at next
}

// strangerEar is one interface.
type strangerEar struct {
	count    uint64
	moved    time.Time
	listener *overhear.Listener
	failed   bool // told
}

const (
	// lookForStrangers is how often counters are read, of strangersAtOnce
	// interfaces each time.
	lookForStrangers = 100 * time.Millisecond
	strangersAtOnce  = 80
	// strangersGone is how long an ear stays open without an advert.
	strangersGone = time.Minute
)

func newStrangers(d *Daemon) *strangers {
	return &strangers{d: d, ears: map[int]*strangerEar{}, known: map[int][]overhear.Key{}}
}

// tune takes in which virtual routers are ours.
func (s *strangers) tune(list []datapath.Router) {
	known := map[int][]overhear.Key{}
	for _, r := range list {
		known[r.IfIndex] = append(known[r.IfIndex], overhear.Key{Family: r.Family, VRID: r.VRID})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = known
	for index, e := range s.ears {
		if e.listener == nil {
			continue
		}
		if err := e.listener.Tune(known[index]); err != nil {
			s.d.log.Debug("adverts of strangers", "ifindex", index, "error", err)
		}
	}
}

// run looks until ctx ends.
func (s *strangers) run(ctx context.Context) {
	tick := time.NewTicker(lookForStrangers)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.close()
			return
		case now := <-tick.C:
			s.look(now)
		}
	}
}

// look reads the counters of some of the interfaces, if anybody wants to know.
func (s *strangers) look(now time.Time) {
	if s.d.settings().Global.LogUnknownVRIDs {
		all := s.d.nics.attached()
		for range min(strangersAtOnce, len(all)) {
			s.next = (s.next + 1) % len(all)
			s.lookAt(now, all[s.next])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for index, e := range s.ears {
		if e.listener != nil && now.Sub(e.moved) > strangersGone {
			s.shut(index, e)
		}
	}
}

func (s *strangers) lookAt(now time.Time, index int) {
	count, err := s.d.dp.Count(index, datapath.VRIDUnknown)
	if err != nil {
		return // it has just been detached
	}
	name := s.d.nics.name(index) // whose mutex must not be waited for with ours held
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ears[index]
	if e == nil {
		e = &strangerEar{}
		s.ears[index] = e
	}
	if count == e.count {
		return
	}
	e.count, e.moved = count, now
	if e.listener != nil {
		return
	}
	e.listener, err = overhear.Open(index, s.known[index], func(d wire.Datagram) { s.hear(name, d) })
	if err != nil && !e.failed {
		e.failed = true
		s.d.log.Warn("cannot listen to adverts of other virtual routers on "+name, "error", err)
	}
}

// hear takes one in. On the ear's goroutine.
func (s *strangers) hear(name string, d wire.Datagram) {
	p, reject := wire.Open(d.IP)
	if reject != wire.None {
		return
	}
	s.d.tellUnknown(name, &p)
}

// shut closes an ear; s.mu is held, which nobody who hears asks for.
func (s *strangers) shut(index int, e *strangerEar) {
	if err := e.listener.Close(); err != nil {
		s.d.log.Debug("adverts of strangers", "ifindex", index, "error", err)
	}
	e.listener = nil
}

func (s *strangers) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for index, e := range s.ears {
		if e.listener != nil {
			s.shut(index, e)
		}
	}
}
