package control

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// Journal keeps the last events of every instance, every group and the daemon
// itself, so that a noisy instance cannot push out the history of a quiet one.
// Its methods may be called from any goroutine; Add never waits for a reader.
type Journal struct {
	keep int // for each subject

	mu      sync.Mutex
	seq     uint64
	events  map[subject][]Event // each in the order of Seq
	changed chan struct{}       // closed by the next Add; nil while nobody waits
}

// subject is whom an event is about; all empty is the daemon.
type subject struct{ instance, group string }

// NewJournal keeps the given number of events for each instance and group.
func NewJournal(keep int) *Journal {
	return &Journal{keep: keep, events: map[subject][]Event{}}
}

// Add numbers the event, gives it the time if it has none, and keeps it.
func (j *Journal) Add(e Event) Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq = j.seq
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	j.put(e)
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
	return e
}

// put appends and, now and then, drops what is too old; j.mu is held.
func (j *Journal) put(e Event) {
	key := subject{e.Instance, e.Group}
	list := append(j.events[key], e)
	if len(list) >= 2*j.keep {
		list = slices.Clone(list[len(list)-j.keep:])
	}
	j.events[key] = list
}

// Query selects events.
type Query struct {
	// Instance limits to one instance; empty means all events.
	Instance string
	// Group also lets in the events of the instance's group.
	Group string
	// After leaves out events up to that number.
	After uint64
	// Last limits to the newest ones; 0 means all that are kept.
	Last int
}

func (q Query) wants(key subject) bool {
	if q.Instance == "" && q.Group == "" {
		return true
	}
	return key.instance != "" && key.instance == q.Instance ||
		key.instance == "" && key.group != "" && key.group == q.Group
}

// Select returns the events that the query asks for, oldest first.
func (j *Journal) Select(q Query) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sel(q)
}

func (j *Journal) sel(q Query) []Event {
	found := []Event{}
	for key, list := range j.events {
		if !q.wants(key) {
			continue
		}
		list = list[max(0, len(list)-j.keep):]
		from, _ := slices.BinarySearchFunc(list, q.After+1, func(e Event, seq uint64) int { return cmp.Compare(e.Seq, seq) })
		found = append(found, list[from:]...)
	}
	slices.SortFunc(found, func(a, b Event) int { return cmp.Compare(a.Seq, b.Seq) })
	if q.Last > 0 && len(found) > q.Last {
		found = found[len(found)-q.Last:]
	}
	return found
}

// Follow yields what Select returns and then every new event as it comes,
// until the context ends. A reader that is slower than the events misses the
// ones that are no longer kept; Seq shows the gap.
func (j *Journal) Follow(ctx context.Context, q Query) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for {
			list, more := j.next(q)
			for _, e := range list {
				q.After = e.Seq
				if !yield(e) {
					return
				}
			}
			q.Last = 0
			if len(list) > 0 {
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			}
		}
	}
}

// next returns what there is and a channel that closes when there is more.
func (j *Journal) next(q Query) ([]Event, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.sel(q), j.changed
}

// Retain forgets the instances and groups that keep does not want.
func (j *Journal) Retain(keep func(instance, group string) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for key := range j.events {
		if key != (subject{}) && !keep(key.instance, key.group) {
			delete(j.events, key)
		}
	}
}
