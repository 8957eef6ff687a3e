package main

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// falseFailovers leaves pairs alone on a machine that is not left alone, and
// counts how often the Backup spoke although the master lived. All daemons are
// under the same load at the same time.
func falseFailovers(b *bench) error {
	var errs []error
	for _, l := range []burden{busy32, pressed} {
		errs = append(errs, b.falseFailover(one(10*time.Millisecond), l, xvrrp, keepalived, keepalivedRT))
	}
	return errors.Join(errs...)
}

func (b *bench) falseFailover(c config, l burden, kinds ...kind) (err error) {
	span := 12 * time.Second
	if b.long {
		span = 10 * time.Minute
	}
	pairs := make([]*pair, len(kinds))
	for i, k := range kinds {
		if pairs[i], err = b.steadyPair(k, c); err != nil {
			return err
		}
		defer func() { err = join(err, pairs[i].close()) }()
	}
	lists, errs := make([][]series, len(kinds)), make([]error, len(kinds))
	err = pairs[0].under(l, func() error {
		var all sync.WaitGroup
		for i, p := range pairs {
			all.Go(func() { lists[i], errs[i] = p.watch(span) })
		}
		all.Wait()
		return errors.Join(errs...)
	})
	for i, k := range kinds {
		for _, s := range lists[i] {
			s.Daemon, s.Interval, s.Load = k.name, c.interval.String(), l.name
			b.add(s)
		}
	}
	return err
}

// steadyPair is a pair that has found its master, before the load begins: this
// is not about starting.
func (b *bench) steadyPair(k kind, c config) (_ *pair, err error) {
	p, err := newPair(1)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", k.name, err), p.close())
		}
	}()
	for _, n := range p.nodes {
		if _, err = k.start(b, n, c); err != nil {
			return nil, err
		}
	}
	ear, err := p.judge.Capture(link(0))
	if err != nil {
		return nil, err
	}
	probe, err := p.probe(probeEvery, virtual(0, vrid))
	if err != nil {
		return nil, err
	}
	if _, err := p.steady(ear, k, c); err != nil {
		return nil, err
	}
	return p, errors.Join(probe.Kill(), ear.Close())
}

// watch counts changes of who sends, in pieces, so that ten minutes of frames
// need not be kept.
func (p *pair) watch(span time.Duration) ([]series, error) {
	var last netip.Addr
	var at time.Time
	var changes, count int
	var gap time.Duration
	for begin := time.Now(); time.Since(begin) < span; {
		ear, err := p.judge.Capture(link(0))
		if err != nil {
			return nil, err
		}
		time.Sleep(min(20*time.Second, span))
		if err := ear.Close(); err != nil {
			return nil, err
		}
		at = time.Time{} // the gap between two captures is ours
		for _, a := range adverts(ear.Frames()) {
			count++
			if last.IsValid() && a.from != last {
				changes++
			}
			if !at.IsZero() {
				gap = max(gap, a.at.Sub(at))
			}
			last, at = a.from, a.at
		}
	}
	return []series{
		{What: "changes of the sender", Values: []float64{float64(changes)}},
		{What: "longest silence", Unit: "ms", Values: []float64{milliseconds(gap)}},
		{What: "adverts", Values: []float64{float64(count)}},
		{What: "watched", Unit: "s", Values: []float64{span.Seconds()}},
	}, nil
}

// fine is operation below what the protocol can say: 1 ms between nodes that
// agreed on it. Nobody else can, so there is no comparison.
func fine(b *bench) error {
	c := one(time.Millisecond)
	return errors.Join(
		b.failover(xvrrp, c, idle, 15),
		b.falseFailover(c, idle, xvrrp),
		b.falseFailover(c, busy32, xvrrp),
		b.jitter(xvrrp, c, idle, 10*time.Second),
		b.jitter(bareTimer, c, idle, 10*time.Second),
	)
}
