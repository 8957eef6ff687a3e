package accept

import (
	"fmt"
	"net/netip"
	"os"
	"sync"

	"github.com/google/nftables"
)

// A Filter is the table and what it shall hold. Its methods may be called from several goroutines.
type Filter struct {
	name    string
	trouble func(error)

	mu      sync.Mutex // guards what is wanted
	refused map[string][]element
	silent  map[int]bool
	copies  map[int]element
	want    map[element]int      // how many want it
	touched map[element]struct{} // may differ from what stands
	started bool

	kernel sync.Mutex // held during a transaction; guards the rest
	conn   *nftables.Conn
	have   map[element]struct{}
	stands bool     // the table is there, with have in its sets
	events *os.File // tells of changes, see follow
	closed bool
}

// New makes a filter that keeps its rules in the table with the given name. It touches nothing yet. Trouble is told what
// goes wrong when nobody asked for anything; it may be nil.
func New(name string, trouble func(error)) *Filter {
	if trouble == nil {
		trouble = func(error) {}
	}
	return &Filter{
		name: name, trouble: trouble,
		refused: map[string][]element{}, silent: map[int]bool{}, copies: map[int]element{},
		want: map[element]int{}, touched: map[element]struct{}{}, have: map[element]struct{}{},
	}
}

// Refuse makes addrs all that the owner does not accept packets for; none: it accepts everything.
func (f *Filter) Refuse(owner string, addrs []netip.Addr) error {
	f.mu.Lock()
	for _, e := range f.refused[owner] {
		f.less(e)
	}
	delete(f.refused, owner)
	for _, a := range addrs {
		e := refused(a)
		f.refused[owner] = append(f.refused[owner], e)
		f.more(e)
	}
	return f.unlockAndCommit()
}

// Silence keeps an interface from sending and from being heard.
func (f *Filter) Silence(ifindex int) error {
	f.mu.Lock()
	if !f.silent[ifindex] {
		f.silent[ifindex] = true
		f.more(silent(ifindex))
	}
	return f.unlockAndCommit()
}

// Speak ends Silence.
func (f *Filter) Speak(ifindex int) error {
	f.mu.Lock()
	f.speak(ifindex)
	return f.unlockAndCommit()
}

func (f *Filter) speak(ifindex int) {
	if f.silent[ifindex] {
		delete(f.silent, ifindex)
		f.less(silent(ifindex))
	}
}

// Borrow says that an interface bears a copy of another's link-local address, and must not answer for it. It replaces the
// copy that was told before; the zero Addr is none.
func (f *Filter) Borrow(ifindex int, addr netip.Addr) error {
	f.mu.Lock()
	f.borrow(ifindex, addr)
	return f.unlockAndCommit()
}

func (f *Filter) borrow(ifindex int, addr netip.Addr) {
	if e, ok := f.copies[ifindex]; ok {
		delete(f.copies, ifindex)
		f.less(e)
	}
	if addr.IsValid() {
		f.copies[ifindex] = borrowed(ifindex, addr)
		f.more(f.copies[ifindex])
	}
}

// Forget ends everything that was said of an interface, which is no more.
func (f *Filter) Forget(ifindex int) error {
	f.mu.Lock()
	f.speak(ifindex)
	f.borrow(ifindex, netip.Addr{})
	return f.unlockAndCommit()
}

// more and less count who wants an element. With f.mu held.
func (f *Filter) more(e element) {
	f.want[e]++
	f.touched[e] = struct{}{}
}

func (f *Filter) less(e element) {
	if f.want[e]--; f.want[e] == 0 {
		delete(f.want, e)
	}
	f.touched[e] = struct{}{}
}

// unlockAndCommit lets others speak while the kernel works. Before Start there is nothing to do yet.
func (f *Filter) unlockAndCommit() error {
	started := f.started
	f.mu.Unlock()
	if !started {
		return nil
	}
	return f.commit()
}

// Start replaces what a predecessor left by what has been asked for so far, in one transaction.
func (f *Filter) Start() error {
	f.mu.Lock()
	f.started = true
	f.mu.Unlock()
	f.kernel.Lock()
	err := f.removeInherited()
	f.kernel.Unlock()
	if err != nil {
		return err
	}
	return f.commit()
}

// Close removes the table.
func (f *Filter) Close() error {
	err := f.end(true)
	if err != nil {
		return fmt.Errorf("packet filter: %w", err)
	}
	return nil
}

// Leave ends the filter and leaves its table as it stands, for a successor to replace.
func (f *Filter) Leave() error { return f.end(false) }
