package daemon

import (
	"sync"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A reader that does not read costs the writer nothing but a count; what it
// reads later is what came first, in order and whole.
func TestFrameQueue(t *testing.T) {
	var f frames
	q := &frameQueue{}
	q.ifindex.Store(3)
	f.put(&wire.Datagram{IfIndex: 3, IP: []byte{1}}) // nobody looks
	f.add(q)
	const sent = 1000
	for n := range sent {
		f.put(&wire.Datagram{IfIndex: 3, IP: []byte{byte(n), byte(n >> 8)}})
		f.put(&wire.Datagram{IfIndex: 4, IP: []byte{0xff, 0xff}}) // of another interface
	}
	read := 0
	for s := q.take(); s != nil; s = q.take() {
		if got := int(s.ip[0]) | int(s.ip[1])<<8; got != read {
			t.Fatalf("number %d is %d", read, got)
		}
		read++
		q.done()
	}
	if lost := int(q.lost.Load()); read != len(q.slots) || read+lost != sent {
		t.Errorf("%d read, %d lost of %d", read, lost, sent)
	}
	f.remove(q)
	f.put(&wire.Datagram{IfIndex: 3, IP: []byte{1}})
	if q.take() != nil || f.queues.Load() != nil {
		t.Error("a reader that has gone is still served")
	}
}

// Writer and reader at the same time: nothing is torn.
func TestFrameQueueAtOnce(t *testing.T) {
	q := &frameQueue{}
	const sent = 20000
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range sent {
			q.put(&wire.Datagram{At: time.Unix(int64(n), 0), IP: []byte{byte(n), byte(n >> 8), byte(n), byte(n >> 8)}})
		}
	})
	read, last := 0, int64(-1)
	for read+int(q.lost.Load()) < sent {
		s := q.take()
		if s == nil {
			time.Sleep(time.Microsecond) // a hint to the scheduler; the count decides
			continue
		}
		if s.at.Unix() <= last || s.ip[0] != byte(s.at.Unix()) || s.ip[1] != byte(s.at.Unix()>>8) || s.ip[0] != s.ip[2] || s.ip[1] != s.ip[3] {
			t.Fatalf("torn: %v %v after %d", s.at.Unix(), s.ip, last)
		}
		last = s.at.Unix()
		read++
		q.done()
	}
	wg.Wait()
}

// Nobody watching and somebody watching, on the loop thread.
func BenchmarkFramesPut(b *testing.B) {
	d := wire.Datagram{IfIndex: 3, IP: make([]byte, 60)}
	b.Run("nobody", func(b *testing.B) {
		var f frames
		b.ReportAllocs()
		for b.Loop() {
			f.put(&d)
		}
	})
	b.Run("one", func(b *testing.B) {
		var f frames
		q := &frameQueue{}
		q.ifindex.Store(3)
		f.add(q)
		b.ReportAllocs()
		for b.Loop() {
			f.put(&d)
			if q.take() != nil {
				q.done()
			}
		}
	})
}
