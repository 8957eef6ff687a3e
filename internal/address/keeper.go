package address

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// A thing is a route or a rule.
type thing interface {
	comparable
	fmt.Stringer
	id() string   // what the kernel tells it from its like by
	line() string // its id and what else it takes to delete it alone: the journal's line
	tracked() bool
	request(index func(name string) (int, error)) ([]byte, error)
	flags() uint16    // of the request that adds it
	gate() netip.Addr // the gateway, the first of several; zero: none
	before() bool     // it goes before another of the same id that we hold already, else behind it
}

// A kind is what the kernel calls routes or rules.
type kind struct {
	what          string
	add, del, get uint16
	groups        uint32
	id            func(body []byte) (string, bool)
	undo          func(line string) ([]byte, error)
	paths         func(body []byte) int             // how many paths a thing has, others' among them; nil: one
	base          func(id string) string            // what of an id others' things may share, that then stand in ours' place; nil: nothing
	questions     [][]byte                          // the bodies of the dumps that list all that may be ours
	also          func(id string) (question []byte) // one more for a thing that those do not show; nil: none
}

// A keeper holds things of one kind as a Holder holds addresses. They are few, so it asks the kernel for all of them where a
// holder follows every change.
type keeper[T thing] struct {
	kind   kind
	notify func(Note)

	mu        sync.Mutex
	req       *socket
	journal   *journal
	entries   map[string]*kept[T]
	bases     map[string]int  // of the entries, how many
	order     []*kept[T]      // as claimed: routes may need one another
	inherited map[string]bool // lines: a predecessor's, not yet claimed or removed
	leaving   map[string]bool // lines: unwanted, but the kernel would not delete them yet
	leave     retry
	hearing   bool      // the watcher hears something
	checkAt   time.Time // when to compare with the kernel, zero: no need
	stats     Stats
	running   bool
	closed    bool
	watch     *watcher
}

// kept is what stands for one id. Several owners may want things of one id that differ in the rest, of which one can stand.
type kept[T thing] struct {
	thing    T // of wants the first
	id       string
	line     string // of what stands or stood
	wants    []want[T]
	status   status
	wasOurs  bool // it is missing, but stood
	heir     bool // a predecessor's stands
	alien    bool // it is missing, for another stood in its place
	err      error
	retry    retry
	lost     bool
	told     bool
	restored int
}

// A want is what one owner would have stand.
type want[T thing] struct {
	owner string
	thing T
}

// checkPause gathers the changes of one moment into one comparison.
const checkPause = 5 * time.Millisecond

func openKeeper[T thing](k kind, cfg Config) (*keeper[T], error) {
	h := &keeper[T]{
		kind: k, notify: cfg.Notify,
		entries: map[string]*kept[T]{}, bases: map[string]int{}, inherited: map[string]bool{}, leaving: map[string]bool{},
	}
	if h.notify == nil {
		h.notify = func(Note) {}
	}
	if err := h.open(cfg.Journal); err != nil {
		return nil, fmt.Errorf("%s: %w", k.what, errors.Join(err, h.Close()))
	}
	return h, nil
}

func (h *keeper[T]) open(path string) error {
	var err error
	if h.req, err = openSocket(); err != nil {
		return err
	}
	if h.watch, err = openWatcher(0, h.parse); err != nil {
		return err
	}
	cookie, err := h.req.netnsCookie()
	if err != nil {
		return err
	}
	var lines []string
	if h.journal, lines, err = openJournal(path, cookie); err != nil {
		return err
	}
	for _, line := range lines {
		h.alsoAsk(lineID(line))
	}
	there, err := h.list()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if there[lineID(line)] > 0 {
			h.inherited[line] = true
		}
	}
	h.running = true
	go h.run()
	return nil
}

// alsoAsk has list look for a thing that is not of our protocol.
func (h *keeper[T]) alsoAsk(id string) {
	if h.kind.also == nil {
		return
	}
	q := h.kind.also(id)
	if q != nil && !slices.ContainsFunc(h.kind.questions, func(known []byte) bool { return bytes.Equal(known, q) }) {
		h.kind.questions = append(h.kind.questions, q)
	}
}

// parse keeps what may matter: a thing that goes, a link or address that comes or goes, with which the kernel deletes routes
// and tells nobody.
func (h *keeper[T]) parse(typ uint16, body []byte) (change, bool) {
	switch typ {
	case h.kind.del:
		id, ok := h.kind.id(body)
		return change{typ: typ, id: id}, ok
	case h.kind.add: // by which somebody may have put his own in the place of ours
		if h.kind.base == nil {
			return change{}, false
		}
		id, ok := h.kind.id(body)
		return change{typ: typ, id: id}, ok
	case unix.RTM_NEWLINK, unix.RTM_DELLINK, unix.RTM_NEWADDR, unix.RTM_DELADDR:
		return change{typ: typ}, true
	}
	return change{}, false
}

// list asks for the ids of everything there that may be ours, and how many paths each has.
func (h *keeper[T]) list() (map[string]int, error) {
	there := map[string]int{}
	err := dump.Whole(func() error {
		clear(there)
		for _, q := range h.kind.questions {
			err := h.req.dump(request{typ: h.kind.get, body: func(b []byte) []byte { return append(b, q...) }},
				func(_ uint16, body []byte) {
					if id, ok := h.kind.id(body); ok {
						there[id] = 1
						if h.kind.paths != nil {
							there[id] = h.kind.paths(body)
						}
					}
				})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", h.kind.what, err)
	}
	return there, nil
}

// listen has the watcher hear what changes, from the first thing that is wanted on. Before that it would only cost: the kernel
// tells every listener of each of a thousand addresses that a takeover adds, and of their routes.
func (h *keeper[T]) listen(things int) error {
	if h.hearing || things == 0 {
		return nil
	}
	if err := h.watch.join(h.kind.groups | addressGroups); err != nil {
		return err
	}
	h.hearing = true
	return nil
}

// RemoveInherited deletes what a predecessor left and nobody has claimed.
func (h *keeper[T]) RemoveInherited() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	leave := slices.Collect(maps.Keys(h.inherited))
	clear(h.inherited)
	return h.delete(leave)
}

// Stats is a copy of the counters.
func (h *keeper[T]) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats
}

// Close ends the watching; what is held stays.
func (h *keeper[T]) Close() error {
	h.mu.Lock()
	again := h.closed
	h.closed = true
	h.mu.Unlock()
	if again {
		return nil
	}
	return closeBoth(h.watch, h.running, h.req)
}

func (h *keeper[T]) writeJournal() error {
	return h.journal.write(func(b []byte) []byte {
		for _, e := range h.order {
			if e.status != foreign {
				b = append(append(b, e.thing.line()...), '\n')
			}
			if e.line != "" && e.line != e.thing.line() { // still there, until the new one is
				b = append(append(b, e.line...), '\n')
			}
		}
		for _, set := range []map[string]bool{h.inherited, h.leaving} {
			for line := range set {
				b = append(append(b, line...), '\n')
			}
		}
		return b
	})
}
