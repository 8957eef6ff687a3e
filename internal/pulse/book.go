package pulse

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Book is a daemon's own file.
type Book struct {
	path, beside string
	page         []byte
	*layout

	base      time.Time // with Go's monotonic reading, which is the same clock
	mono      int64     // CLOCK_MONOTONIC at base
	refreshed atomic.Int64

	mu   sync.Mutex // guards the rest
	used map[string]*Pulse
	done bool // published
}

// Pulse is one virtual router's. All methods may be called from any goroutine.
type Pulse struct {
	book *Book
	*slot
}

// New makes a book beside the path.
func New(path string) (b *Book, err error) {
	b = &Book{path: path, beside: fmt.Sprintf("%s.%d", path, os.Getpid()), used: map[string]*Pulse{}}
	f, err := os.OpenFile(b.beside, os.O_RDWR|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("pulse: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("pulse: %w", errors.Join(err, os.Remove(b.beside)))
		}
	}()
	// Filled, not only made longer: a full file system shows here and not as a fault at a store.
	if _, err := f.Write(make([]byte, size)); err != nil {
		return nil, err
	}
	b.page, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, err
	}
	b.layout = (*layout)(unsafe.Pointer(&b.page[0]))
	if b.head.where, err = here(); err != nil {
		return nil, errors.Join(err, unix.Munmap(b.page))
	}
	b.base, b.mono = time.Now(), readClock(unix.CLOCK_MONOTONIC)
	atomic.StoreInt64(&b.head.slept, slept())
	return b, nil
}

// Publish gives the book its name, in the place of a predecessor's.
func (b *Book) Publish() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := os.Rename(b.beside, b.path); err != nil {
		return fmt.Errorf("pulse: %w", err)
	}
	b.done = true
	return nil
}

// Add makes room for a virtual router, or returns what it has.
func (b *Book) Add(name string) (*Pulse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.used[name]; p != nil {
		return p, nil
	}
	for i := range b.slots {
		if s := &b.slots[i]; s.key == [32]byte{} {
			*s = slot{key: sum(name)} // a late beat may have come after its last owner's end
			p := &Pulse{b, s}
			b.used[name] = p
			return p, nil
		}
	}
	return nil, fmt.Errorf("pulse: no room for more than %d virtual routers", slots)
}

// Remove forgets a virtual router. Its Pulse may not be used any more.
func (b *Book) Remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.used[name]; p != nil {
		p.Clear()
		p.key = [32]byte{}
		delete(b.used, name)
	}
}

// Close removes the file: an orderly end leaves nothing to go on from. What
// the pulses write stays harmless, so that nobody need be stopped first.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := b.beside
	if b.done {
		name = b.path
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("pulse: %w", err)
	}
	return nil
}

// Beat notes that an advert has been sent as master.
func (p *Pulse) Beat() {
	now := p.book.mono + int64(time.Since(p.book.base))
	atomic.StoreInt64(&p.beat, now)
	if last := p.book.refreshed.Load(); now-last > refresh && p.book.refreshed.CompareAndSwap(last, now) {
		atomic.StoreInt64(&p.book.head.slept, slept())
	}
}

// Clear notes that the router is not master, or about not to be.
func (p *Pulse) Clear() { atomic.StoreInt64(&p.beat, 0) }

// Since notes when the router became master.
func (p *Pulse) Since(at time.Time) { atomic.StoreInt64(&p.since, at.UnixNano()) }

// SetWindow says how long after a beat no peer has missed anything, and whether
// the kernel program hears for the router also without us.
func (p *Pulse) SetWindow(window time.Duration, kernel bool) {
	atomic.StoreInt64(&p.window, int64(window))
	heard := uint64(0)
	if kernel {
		heard = 1
	}
	atomic.StoreUint64(&p.kernel, heard)
}
