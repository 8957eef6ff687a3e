package survey

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"time"
)

// Merge brings a capture and frames from elsewhere into one stream, in the
// order of their times: what the kernel program of a daemon kept from the
// capture comes a little later, by way of the daemon.
type Merge struct {
	frames chan Frame
	ended  chan struct{} // closed when the capture ends
	err    error         // why; set before ended is closed
	stop   chan struct{}
	once   sync.Once
	held   []Frame // ordered
}

// mergeHold is how long a frame waits for older ones.
const mergeHold = 150 * time.Millisecond

// NewMerge starts to read the capture, which is the Merge's from now on.
func NewMerge(c *Capture) *Merge {
	m := &Merge{frames: make(chan Frame, 64), ended: make(chan struct{}), stop: make(chan struct{})}
	go func() {
		defer close(m.ended)
		for {
			f, err := c.Next()
			if err != nil {
				m.err = err
				return
			}
			f.Data = slices.Clone(f.Data)
			if !m.Put(f) {
				m.err = net.ErrClosed
				return
			}
		}
	}()
	return m
}

// Put adds a frame from elsewhere, whose Data is the Merge's from then on. It
// waits while the reader is slow and returns false when there is none any more.
func (m *Merge) Put(f Frame) bool {
	select {
	case m.frames <- f:
		return true
	case <-m.stop:
		return false
	}
}

// Next waits for the oldest frame. The error is what ended the capture, after
// everything that was held has been told.
func (m *Merge) Next() (Frame, error) {
	ended, late := m.ended, (<-chan time.Time)(nil)
	for {
		if len(m.held) > 0 {
			wait := mergeHold - time.Since(m.held[0].At)
			if wait <= 0 || ended == nil {
				f := m.held[0]
				m.held = m.held[1:]
				return f, nil
			}
			late = time.After(wait)
		} else if ended == nil {
			return Frame{}, m.err
		}
		select {
		case f := <-m.frames:
			at, _ := slices.BinarySearchFunc(m.held, f, func(a, b Frame) int {
				return cmp.Or(a.At.Compare(b.At), -1) // behind those of the same time
			})
			m.held = slices.Insert(m.held, at, f)
		case <-late:
		case <-ended:
			ended = nil
			for len(m.frames) > 0 {
				m.held = append(m.held, <-m.frames)
			}
			slices.SortStableFunc(m.held, func(a, b Frame) int { return a.At.Compare(b.At) })
		}
	}
}

// Close lets go of whoever waits in Put. The capture is closed by its owner.
func (m *Merge) Close() { m.once.Do(func() { close(m.stop) }) }

// Framed makes the frame that a datagram came in: its Ethernet header, of which
// only the source is known, in front of it.
func Framed(at time.Time, to, from MAC, ip []byte) Frame {
	etherType := [2]byte{0x08, 0x00}
	if len(ip) > 0 && ip[0]>>4 == 6 {
		etherType = [2]byte{0x86, 0xdd}
	}
	if len(ip) >= 20 && ip[0]>>4 == 4 && ip[16]&0xf0 == 0xe0 {
		to = MAC{0x01, 0x00, 0x5e, ip[17] & 0x7f, ip[18], ip[19]} // RFC 1112 section 6.4
	}
	if len(ip) >= 40 && ip[0]>>4 == 6 && ip[24] == 0xff {
		to = MAC{0x33, 0x33, ip[36], ip[37], ip[38], ip[39]} // RFC 2464 section 7
	}
	b := append(append(append(make([]byte, 0, 14+len(ip)), to[:]...), from[:]...), etherType[:]...)
	// A time without a monotonic reading would make every difference wrong when
	// the clock is set.
	now := time.Now()
	return Frame{At: now.Add(at.Sub(now.Round(0))), Data: append(b, ip...)}
}
