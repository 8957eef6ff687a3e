package daemon

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// whereabouts follows where the addresses of masters are. Another index or
// hardware address of an interface, or frames that it carries again, are news
// to the neighbours on it, be it the instance's own interface or one that only
// some addresses are on. It works on a goroutine of its own: whoever tells of an
// interface does not wait, and a thousand addresses that come back together are
// announced once.
type whereabouts struct {
	d    *Daemon
	wake chan struct{}

	mu    sync.Mutex
	links []string // interfaces with news
	stale []*instance
}

func newWhereabouts(d *Daemon) *whereabouts {
	return &whereabouts{d: d, wake: make(chan struct{}, 1)}
}

// link tells that an interface is there anew, or at another hardware address.
func (w *whereabouts) link(name string) {
	w.mu.Lock()
	if !slices.Contains(w.links, name) {
		w.links = append(w.links, name)
	}
	w.mu.Unlock()
	w.poke()
}

// placed tells that an instance's address stands that could not be added before.
func (w *whereabouts) placed(in *instance) {
	w.mu.Lock()
	if !slices.Contains(w.stale, in) {
		w.stale = append(w.stale, in)
	}
	w.mu.Unlock()
	w.poke()
}

func (w *whereabouts) poke() {
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (w *whereabouts) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		w.mu.Lock()
		links, stale := w.links, w.stale
		w.links, w.stale = nil, nil
		w.mu.Unlock()
		for _, in := range w.d.all() {
			name := in.onOneOf(links)
			switch {
			case name != "":
				in.relocate(name + " is there again or changed")
			case slices.Contains(stale, in):
				in.relocate("an address could be added at last")
			}
		}
	}
}

// onOneOf is the first of the interfaces that an address of the instance is on.
func (in *instance) onOneOf(links []string) string {
	if len(links) == 0 || !in.active.Load() {
		return ""
	}
	for _, a := range in.addresses() {
		if slices.Contains(links, a.Interface) {
			return a.Interface
		}
	}
	return ""
}

// relocate fences and announces the addresses of a master where they are now.
// What a master does not hold any more, or does not hold yet, is not its business.
func (in *instance) relocate(because string) {
	in.holding.Lock()
	defer in.holding.Unlock()
	if !in.holds {
		return
	}
	in.d.fence.raise(in)
	targets := in.targets()
	if err := in.d.announcer.Move(in.id, targets); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot announce the addresses", "error", err)
	}
	in.log.Info(fmt.Sprintf("(%s) Sending %s for %d addresses again", in.cfg().Name, announcementOf(in.cfg().Family), len(targets)), "because", because)
}
