package nexthop

import (
	"errors"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// follow takes in what the kernel tells, until Close.
func (r *Resolver) follow() {
	defer r.running.Done()
	for {
		err := r.news.read(r.told)
		switch {
		case err == nil:
		case errors.Is(err, unix.ENOBUFS): // messages were lost
			r.mu.Lock()
			r.changed = true
			r.mu.Unlock()
			r.poke()
		case errors.Is(err, os.ErrClosed):
			return
		default:
			select {
			case <-r.done:
				return
			case <-time.After(time.Second): // the periodic look goes on
			}
		}
	}
}

// told takes one message of the kernel.
func (r *Resolver) told(kind uint16, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch kind {
	case unix.RTM_NEWNEIGH, unix.RTM_DELNEIGH:
		n, ok := parseNeighbour(body)
		if !ok {
			return
		}
		if kind == unix.RTM_DELNEIGH {
			n.state = netlink.NUD_NONE
		}
		for _, w := range r.byWay[n.way] {
			w.heard++
			r.take(w, n, time.Now())
		}
	default:
		r.changed = true
		r.poke()
	}
}
