package daemon

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
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
	file *os.File // /proc/net/dev: reading it again is one call
	text []byte   // reused
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
	defer r.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var pause time.Duration
	var asked time.Time // for the pause: there may be thousands of instances, and they seldom change
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		if began.Sub(asked) >= mostLook {
			pause, asked = r.pause(d), began
		}
		next := mostLook
		if pause > 0 {
			r.look(began)
			next = max(pause, lookShare*time.Since(began))
		}
		timer.Reset(next)
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
	r.mu.Lock()
	defer r.mu.Unlock()
	text, err := r.read()
	if err != nil {
		return // then nobody is taken for isolated
	}
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		name, rest, found := bytes.Cut(line, []byte(":"))
		_, rest = field(rest) // bytes received
		packets, _ := field(rest)
		count, err := strconv.ParseUint(string(packets), 10, 64)
		if found && err == nil { // else a heading
			r.saw(bytes.TrimSpace(name), count, now)
		}
	}
}

// field is the first word of a line, and what comes behind it.
func field(line []byte) (word, rest []byte) {
	line = bytes.TrimLeft(line, " ")
	if end := bytes.IndexByte(line, ' '); end >= 0 {
		return line[:end], line[end:]
	}
	return line, nil
}

// read gives the whole file; r.mu is held.
func (r *arrivals) read() (text []byte, err error) {
	if r.file == nil {
		if r.file, err = os.Open("/proc/net/dev"); err != nil {
			r.file = nil
			return nil, err
		}
	}
	r.text = r.text[:0]
	for {
		r.text = slices.Grow(r.text, 4096)
		n, err := r.file.ReadAt(r.text[len(r.text):cap(r.text)], int64(len(r.text)))
		r.text = r.text[:len(r.text)+n]
		switch {
		case err == io.EOF:
			return r.text, nil
		case err != nil:
			return nil, err
		}
	}
}

// close forgets the file, which the next look opens again.
func (r *arrivals) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		_ = r.file.Close() // it was only read
		r.file = nil
	}
}

// saw takes in one count; r.mu is held.
func (r *arrivals) saw(name []byte, count uint64, now time.Time) {
	one := r.last[string(name)]
	if one == nil {
		r.last[string(name)] = &received{count: count, looked: now}
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
