package vmac

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Config is what a holder needs to know.
type Config struct {
	Journal string // path of the journal; empty: none is kept
	Guard   Guard
}

// A Holder keeps the virtual MAC interfaces of one network namespace. Its methods may be called from several goroutines.
type Holder struct {
	guard Guard

	mu        sync.Mutex
	nl        *netlink.Handle
	conf      *conf
	journal   *journal
	held      map[string]*held // by owner
	inherited map[int]*held    // a predecessor's, by index
	making    string           // the name of one that is just being made
	saved     saved
	closed    bool
}

// held is one that stands.
type held struct {
	want VMAC
	Link
}

// Open makes a holder in the network namespace of the calling thread.
func Open(cfg Config) (*Holder, error) {
	h := &Holder{guard: cfg.Guard, held: map[string]*held{}, inherited: map[int]*held{}, saved: saved{}}
	if err := h.open(cfg.Journal); err != nil {
		return nil, fmt.Errorf("virtual MAC: %w", errors.Join(err, h.Close()))
	}
	return h, nil
}

func (h *Holder) open(path string) error {
	var err error
	if h.nl, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return err
	}
	if h.conf, err = openConf(); err != nil {
		return err
	}
	var left []line
	if h.journal, left, err = openJournal(path, h.conf.fd()); err != nil {
		return err
	}
	for _, l := range left {
		if l.name != "" {
			h.inherit(l)
		} else {
			h.saved[l.setting] = l.old
		}
	}
	return nil
}

// inherit takes over an interface that the journal names, when it is there still. Index 0 stands for one that was just being
// made.
func (h *Holder) inherit(l line) {
	got, err := h.nl.LinkByName(l.name)
	if err != nil {
		return // gone
	}
	m, ok := got.(*netlink.Macvlan)
	a := got.Attrs()
	if !ok || m.Mode != netlink.MACVLAN_MODE_PRIVATE || len(a.HardwareAddr) != 6 || l.index != 0 && l.index != a.Index {
		return
	}
	h.inherited[a.Index] = &held{Link: Link{Name: a.Name, Index: a.Index, Parent: a.ParentIndex, MAC: [6]byte(a.HardwareAddr)}}
}

var errClosed = errors.New("virtual MAC: the holder is closed")

// Ensure makes the owner's interface stand as it is wanted, up and with its settings, and tells which it is. One that stands
// is left as it is, but for a link-local address that follows the parent's. On an error the Link is of no use.
func (h *Holder) Ensure(owner string, want VMAC) (Link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return Link{}, errClosed
	}
	l, err := h.ensure(owner, want)
	if err != nil {
		return Link{}, fmt.Errorf("%s: %w", want, err)
	}
	return l.Link, nil
}

func (h *Holder) ensure(owner string, want VMAC) (*held, error) {
	parent, err := h.nl.LinkByName(want.Parent)
	if err != nil {
		return nil, fmt.Errorf("parent: %w", err)
	}
	index := parent.Attrs().Index
	if l := h.held[owner]; l != nil {
		if l.want == want && l.Parent == index && h.stands(l) {
			l.Fresh = false
			return l, h.adjust(l)
		}
		if err := h.remove(owner); err != nil {
			return nil, err
		}
	}
	l, err := h.find(want, index)
	if err != nil {
		return nil, err
	}
	l.Fresh = true
	delete(h.inherited, l.Index)
	h.held[owner] = l
	return l, errors.Join(h.writeJournal(), h.guard.Silence(l.Index), h.adjust(l))
}

// Remove takes the owner's interface away, with every address on it, and puts settings back that nobody needs any more.
// Removing nothing is no error.
func (h *Holder) Remove(owner string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held[owner] == nil {
		return nil
	}
	if h.closed {
		return errClosed
	}
	return errors.Join(h.remove(owner), h.restore(), h.writeJournal())
}

func (h *Holder) remove(owner string) error {
	l := h.held[owner]
	delete(h.held, owner)
	var err error
	if h.there(l) { // else it is gone with its parent, or somebody made it something else
		err = h.delete(l.Index)
	}
	return errors.Join(err, h.guard.Forget(l.Index))
}

// RemoveInherited deletes what a predecessor left and nobody has ensured, and puts its settings back.
func (h *Holder) RemoveInherited() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	var errs []error
	for _, index := range slices.Collect(maps.Keys(h.inherited)) {
		errs = append(errs, h.delete(index))
	}
	return errors.Join(append(errs, h.restore(), h.writeJournal())...)
}

// Close frees the holder. Interfaces stay: a stop removes them first, a restart in place does not.
func (h *Holder) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	if h.nl != nil {
		h.nl.Close()
	}
	if h.conf != nil {
		h.conf.close()
	}
	return nil
}

func (h *Holder) writeJournal() error {
	return h.journal.write(func(b []byte) []byte {
		for _, l := range h.held {
			b = line{index: l.Index, name: l.Name}.append(b)
		}
		for _, l := range h.inherited {
			b = line{index: l.Index, name: l.Name}.append(b)
		}
		if h.making != "" {
			b = line{name: h.making}.append(b)
		}
		for s, old := range h.saved {
			b = line{setting: s, old: old}.append(b)
		}
		return b
	})
}
