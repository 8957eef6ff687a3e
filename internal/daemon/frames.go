package daemon

import (
	"context"
	"iter"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/survey"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// frames lets others look at the datagrams that come in. While nobody looks it
// costs the loop thread one load of a pointer.
type frames struct {
	mu     sync.Mutex // for writers of queues
	queues atomic.Pointer[[]*frameQueue]
}

// frameQueue is a ring of one writer, the loop thread, and one reader. The
// writer neither locks nor waits: what finds the ring full is counted and lost.
type frameQueue struct {
	ifindex    atomic.Int64
	slots      [256]frameSlot
	head, tail atomic.Uint64 // written so far, read so far
	lost       atomic.Uint64
}

type frameSlot struct {
	at  time.Time
	mac [6]byte
	ip  []byte // reused
}

// put shows a datagram to whoever looks at its interface. Loop thread.
func (f *frames) put(d *wire.Datagram) {
	queues := f.queues.Load()
	if queues == nil {
		return
	}
	for _, q := range *queues {
		if int(q.ifindex.Load()) == d.IfIndex {
			q.put(d)
		}
	}
}

func (q *frameQueue) put(d *wire.Datagram) {
	head := q.head.Load()
	if head-q.tail.Load() == uint64(len(q.slots)) {
		q.lost.Add(1)
		return
	}
	s := &q.slots[head%uint64(len(q.slots))]
	s.at, s.mac, s.ip = d.At, d.SourceMAC, append(s.ip[:0], d.IP...)
	q.head.Store(head + 1)
}

// take gives the oldest datagram, nil when there is none. It is valid until
// done.
func (q *frameQueue) take() *frameSlot {
	tail := q.tail.Load()
	if tail == q.head.Load() {
		return nil
	}
	return &q.slots[tail%uint64(len(q.slots))]
}

func (q *frameQueue) done() { q.tail.Add(1) }

func (f *frames) add(q *frameQueue) {
	f.change(func(l []*frameQueue) []*frameQueue { return append(l, q) })
}

func (f *frames) remove(q *frameQueue) {
	f.change(func(l []*frameQueue) []*frameQueue {
		return slices.DeleteFunc(l, func(o *frameQueue) bool { return o == q })
	})
}

func (f *frames) change(how func([]*frameQueue) []*frameQueue) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []*frameQueue
	if old := f.queues.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = how(list); len(list) == 0 {
		f.queues.Store(nil)
		return
	}
	f.queues.Store(&list)
}

// framesEvery is how often a reader looks into its queue, so that the loop
// thread has to wake nobody.
const framesEvery = 10 * time.Millisecond

// Frames implements control.Daemon.
func (a answers) Frames(ctx context.Context, iface string) iter.Seq[control.Frame] {
	q := &frameQueue{}
	q.ifindex.Store(int64(a.d.nics.index(iface)))
	a.d.frames.add(q)
	return func(yield func(control.Frame) bool) {
		defer a.d.frames.remove(q)
		tick := time.NewTicker(framesEvery)
		defer tick.Stop()
		for {
			if !a.d.drainFrames(q, iface, yield) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			q.ifindex.Store(int64(a.d.nics.index(iface))) // it may have gone and come back
		}
	}
}

// drainFrames tells what is hidden of the datagrams that are there.
func (d *Daemon) drainFrames(q *frameQueue, iface string, yield func(control.Frame) bool) bool {
	mode := d.nics.modes()[iface]
	for s := q.take(); s != nil; s = q.take() {
		show := d.nics.hidden(iface, mode, s.ip)
		// The stamp's own wall clock was extrapolated from the start of the process.
		now := time.Now()
		f := control.Frame{
			At: now.Add(s.at.Sub(now)).Round(0), Interface: iface, SourceMAC: net.HardwareAddr(s.mac[:]).String(), IP: slices.Clone(s.ip),
		}
		q.done()
		if !show {
			continue
		}
		f.Lost = q.lost.Swap(0)
		if !yield(f) {
			return false
		}
	}
	return true
}

// hidden reports whether the kernel program kept a datagram from every capture
// on this host. In XDP it does so with what it consumes or refuses. Behind it,
// at tc and at a packet socket, captures have seen everything already.
func (n *nics) hidden(iface string, mode datapath.Mode, ip []byte) bool {
	if mode != datapath.XDP && mode != datapath.XDPGeneric {
		return false
	}
	p, _ := wire.Open(ip) // refused ones too: what could not be read is empty, and has been hidden
	if !p.Dst().IsMulticast() || n.owns(iface, p.Src()) {
		return true
	}
	frame := append(make([]byte, 12, 14+len(ip)), 0x08, 0x00)
	if p.Family() == wire.IPv6 {
		frame[12], frame[13] = 0x86, 0xdd
	}
	e, ok := survey.Decode(survey.Frame{Data: append(frame, ip...)})
	return ok && (e.Inquiry != nil || e.Advert != nil && e.Advert.Fault != "")
}

// owns reports whether an interface has an address.
func (n *nics) owns(iface string, addr netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.byName[iface]
	if c == nil {
		return false
	}
	for _, a := range c.addrs {
		if a.Prefix.Addr() == addr {
			return true
		}
	}
	return false
}

// index tells which number an interface has now, 0 when it is not there.
func (n *nics) index(iface string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.byName[iface]; c != nil {
		return c.link.Index
	}
	return 0
}
