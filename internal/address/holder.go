package address

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Config is what a holder needs to know.
type Config struct {
	Journal string     // path of the journal; empty: none is kept, and a killed daemon's addresses are orphans
	Notify  func(Note) // told what the watcher does on its own; may be nil. Called without locks, one at a time
	Added   func()     // told that addresses were added; may be nil. Called with locks: it must not wait, nor call back
}

// A Holder keeps the wanted addresses in the kernel of one network namespace. Its methods may be called from several
// goroutines.
type Holder struct {
	notify func(Note)
	added  func()

	mu        sync.Mutex
	req       *socket
	journal   *journal
	entries   map[name]*entry    // everything wanted
	claims    uint64             // how many there were
	order     []*entry           // the same as first claimed: the journal's order
	placed    map[key]*entry     // those that stand in the kernel
	inherited map[key]fact       // a predecessor's, not yet claimed or removed
	leaving   map[key]place      // ours, unwanted, but the kernel would not delete them yet
	leave     retry              // when to try again
	strays    map[name]*stray    // configured, wanted or not, see Watch
	prepared  map[string][]place // see Prepare, by owner
	drafts    map[string]*draft  // likewise
	rehearsed time.Time          // see Rehearse
	later     []func() Note      // what the watcher is to do and tell
	unwritten bool               // the journal lacks some of them
	tags      bool               // the kernel shows protocol tags
	stats     Stats
	running   bool
	closed    bool

	watch *watcher
}

// A status is how a wanted address stands.
type status int

const (
	missing status = iota
	ours           // we added it, or our predecessor did
	foreign        // it stood before us
)

// An entry is one wanted address.
type entry struct {
	Address
	owners []string
	claim  uint64 // the latest that named it, as Holder.claims counts them
	rank   int    // its place there
	status status
	was    status // what it was before it was missing
	index  int    // the interface on which it stands, or last stood; 0: none
	err    error  // why it is missing

	retry    retry
	lost     bool // it stood, and somebody took it away
	told     bool // its loss is known to be lasting, and was told
	restored int  // how often it was put back since it was claimed
}

func (e *entry) key() key { return keyOf(e.index, e.Prefix, e.Peer) }

// Stats counts what a holder did since it was opened.
type Stats struct {
	Added, Adopted, Deleted uint64
	Restored                uint64 // put back after somebody else took them away
	Refused                 uint64 // requests that the kernel refused
	StraysFound             uint64 // those that were removed included
	StraysRemoved           uint64
	Resyncs                 uint64 // times the kernel had more to tell than we could hear
}

// Open makes a holder in the network namespace of the calling thread and reads the journal. What a predecessor left is
// kept until it is claimed or RemoveInherited is called.
func Open(cfg Config) (*Holder, error) {
	h := &Holder{
		notify:    cfg.Notify,
		added:     cfg.Added,
		entries:   map[name]*entry{},
		placed:    map[key]*entry{},
		inherited: map[key]fact{},
		leaving:   map[key]place{},
		strays:    map[name]*stray{},
		prepared:  map[string][]place{},
		drafts:    map[string]*draft{},
	}
	if h.notify == nil {
		h.notify = func(Note) {}
	}
	if h.added == nil {
		h.added = func() {}
	}
	if err := h.open(cfg.Journal); err != nil {
		return nil, fmt.Errorf("address: %w", errors.Join(err, h.Close()))
	}
	return h, nil
}

func (h *Holder) open(path string) error {
	var err error
	if h.req, err = openSocket(); err != nil {
		return err
	}
	if h.watch, err = openWatcher(addressGroups, parseChange); err != nil { // before the first list, so that no change falls between
		return err
	}
	if err := h.watch.ignore(h.req); err != nil {
		return err
	}
	cookie, err := h.req.netnsCookie()
	if err != nil {
		return err
	}
	var left []string
	if h.journal, left, err = openJournal(path, cookie); err != nil {
		return err
	}
	facts, err := h.facts(0)
	if err != nil {
		return err
	}
	if err := h.inherit(left, facts); err != nil {
		// The addresses behind the other lines are still ours, and a daemon that does not start holds none.
		h.notify(Note{Kind: Trouble, Err: err})
	}
	h.running = true
	go h.run()
	return nil
}

// facts lists addresses and learns whether this kernel shows tags: 127.0.0.1 has one.
func (h *Holder) facts(index int) ([]fact, error) {
	list, err := h.req.facts(index)
	for _, f := range list {
		h.tags = h.tags || f.proto != 0
	}
	return list, err
}

// inherit takes over what the journal names and the kernel still has. An address without our tag, where there are tags, is
// somebody else's who came after ours was gone.
func (h *Holder) inherit(lines []string, facts []fact) error {
	known := make(map[key]bool, len(lines))
	var damage error
	for _, line := range lines {
		p, err := parsePlace(line)
		if err != nil {
			damage = fmt.Errorf("journal %s: %w", h.journal.path, err)
			continue
		}
		known[p.key()] = true
	}
	for _, f := range facts {
		if known[f.key()] && (!h.tags || f.proto == tag) {
			h.inherited[f.key()] = f
		}
	}
	return damage
}

// Inherited lists the predecessor's addresses that nobody has claimed yet, in no order.
func (h *Holder) Inherited() []netip.Prefix {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []netip.Prefix
	for _, f := range h.inherited {
		list = append(list, f.prefix)
	}
	return list
}

// RemoveInherited deletes the predecessor's addresses that nobody has claimed. What cannot be deleted is tried again later.
func (h *Holder) RemoveInherited() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	for k, f := range h.inherited {
		h.leaving[k] = place{f.index, f.prefix, f.peer}
		delete(h.inherited, k)
	}
	return h.deleteLeaving()
}

// Port is by which the kernel knows who asked, in its news of what the holder adds: see package echo.
func (h *Holder) Port() (uint32, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.req.port()
}

// Stats is a copy of the counters.
func (h *Holder) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// Close ends the watching. Addresses stay as they are: a stop releases first, a restart in place does not.
func (h *Holder) Close() error {
	h.mu.Lock()
	again := h.closed
	h.closed = true
	h.mu.Unlock()
	if again {
		return nil
	}
	return closeBoth(h.watch, h.running, h.req)
}

// closeBoth ends a watcher, waits for its goroutine if that is running, and closes the socket for requests. Either may be nil.
func closeBoth(w *watcher, running bool, req *socket) error {
	var errs []error
	if w != nil {
		if err := w.close(); err != nil && !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
		if running {
			<-w.done
		}
	}
	if req != nil {
		errs = append(errs, req.close())
	}
	return errors.Join(errs...)
}

// writeJournal writes everything that is ours or may become ours.
func (h *Holder) writeJournal() error {
	h.unwritten = false
	return h.journal.writePlaces(func(yield func(place) bool) {
		for _, e := range h.order {
			if e.index != 0 && e.status != foreign && e.was != foreign && !yield(place{e.index, e.Prefix, e.Peer}) {
				return
			}
		}
		for _, f := range h.inherited {
			if !yield(place{f.index, f.prefix, f.peer}) {
				return
			}
		}
		for _, p := range h.leaving {
			if !yield(p) {
				return
			}
		}
		for _, list := range h.prepared {
			for _, p := range list {
				if !yield(p) {
					return
				}
			}
		}
	})
}
