package datapath

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// latencies is a Sink that measures how old the incumbent's adverts are when
// they are handed over, and counts the rest.
type latencies struct {
	counting
	good   []byte
	ages   []time.Duration
	others int
	last   []byte // an advert that ends the flood
	ended  atomic.Bool
}

func (l *latencies) Datagram(d wire.Datagram) {
	switch {
	case bytes.Equal(d.IP, l.good):
		l.ages = append(l.ages, time.Since(d.At))
	case bytes.Equal(d.IP, l.last):
		l.ended.Store(true)
	default:
		l.others++
	}
}

// TestFlood sends junk, about 50,000 packets a second of several kinds, while the
// incumbent goes on with an advert every 10 ms: each of them is heard, in time.
func TestFlood(t *testing.T) {
	good, last := advert(7, peer4, nil), advert(7, peer4, addresses(2))
	floods := map[string]func(i int) []byte{
		"wrong TTL":      func(int) []byte { return set(good, 8, 1) },
		"wrong checksum": func(int) []byte { return set(good, 26, 0) },
		"wrong VRID":     func(int) []byte { return advert(99, "192.0.2.66", nil) },
		"one sender":     func(int) []byte { return advert(7, "192.0.2.66", nil) },
		"many senders":   func(i int) []byte { return advert(7, fmt.Sprintf("198.51.%d.%d", i/250, i%250+1), nil) },
	}
	for name, junk := range floods {
		t.Run(name, func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			l.attach(t, d, Auto, XDP)
			sink := &latencies{good: good, last: last, ages: make([]time.Duration, 0, 1000)}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- d.Run(ctx, sink) }()

			var frames [][]byte
			for i := range 2000 {
				frames = append(frames, frame(junk(i)))
			}
			sent, adverts := l.flood(t, frames, frame(good), 500*time.Millisecond)
			// What is on its way comes before an advert that is sent after it.
			testnet.Eventually(t, patience, func() error {
				if sink.ended.Load() {
					return nil
				}
				l.send(t, frame(last))
				sent++
				return errors.New("the end of the flood was not heard")
			})
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			// A veth pair has a queue of 256 frames, and drops what finds it full.
			lost := sent + adverts - l.judged(t, d)
			if len(sink.ages) < adverts-lost || len(sink.ages) > adverts {
				t.Errorf("%d of %d adverts heard in a flood of %d, of which the wire lost %d", len(sink.ages), adverts, sent, lost)
			}
			if limit := DefaultFloodLimit + 500; sink.others > limit {
				t.Errorf("%d of the flood's %d reached user space", sink.others, sent)
			}
			slices.Sort(sink.ages)
			t.Logf("%d junk packets, %d lost, %d shown; adverts late by %v at the median, %v at most",
				sent, lost, sink.others, sink.ages[len(sink.ages)/2], sink.ages[len(sink.ages)-1])
		})
	}
}

// judged is how many packets the program has counted.
func (l *lan) judged(t testing.TB, d *Datapath) (n int) {
	t.Helper()
	counters, err := d.Counters()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counters {
		n += int(c.Packets)
	}
	return n
}

// flood sends junk from one goroutine and an advert every 10 ms from another.
func (l *lan) flood(t testing.TB, junk [][]byte, advert []byte, during time.Duration) (sent, adverts int) {
	t.Helper()
	index := l.Index("wire0")
	l.sendTo(t, index, advert) // the incumbent is there first
	adverts++
	var over atomic.Bool
	finished := make(chan int, 1)
	defer over.Store(true) // also when an advert cannot be sent
	go func() {
		n := 0
		to := &unix.SockaddrLinklayer{Ifindex: index}
		for !over.Load() {
			for range 50 {
				if unix.Sendto(l.wire, junk[n%len(junk)], 0, to) == nil {
					n++
				}
			}
			time.Sleep(200 * time.Microsecond) // the length of the queue sets the rate, not this
		}
		finished <- n
	}()
	for end := time.Now().Add(during); time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		l.sendTo(t, index, advert)
		adverts++
	}
	over.Store(true)
	return <-finished, adverts
}
