package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// falseFailovers leaves a pair alone on a machine that is not left alone, and
// counts how often the Backup spoke although the master lived.
func falseFailovers(b *bench) error {
	var errs []error
	for _, l := range []burden{busy32, memory, disk} {
		for _, k := range []kind{xvrrp, keepalived, keepalivedRT} {
			errs = append(errs, b.falseFailover(k, one(10*time.Millisecond), l))
		}
	}
	return errors.Join(errs...)
}

func (b *bench) falseFailover(k kind, c config, l burden) (err error) {
	span := 12 * time.Second
	if b.long {
		span = 10 * time.Minute
	}
	p, err := newPair(1)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()
	for _, n := range p.nodes {
		if _, err = k.start(b, n, c); err != nil {
			return err
		}
	}
	// A master is found before the load begins: this is not about starting.
	ear, err := p.judge.Capture(link(0))
	if err != nil {
		return err
	}
	probe, err := p.probe(virtual(0, vrid))
	if err != nil {
		return err
	}
	if _, err := p.steady(ear, k, c); err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	if err := errors.Join(probe.Kill(), ear.Close()); err != nil {
		return err
	}
	return p.under(l, func() error { return b.watch(p, k, c, l, span) })
}

// watch counts changes of who sends, in pieces, so that ten minutes of frames
// need not be kept.
func (b *bench) watch(p *pair, k kind, c config, l burden, span time.Duration) error {
	var last netip.Addr
	var at time.Time
	var changes, count int
	var gap time.Duration
	for begin := time.Now(); time.Since(begin) < span; {
		ear, err := p.judge.Capture(link(0))
		if err != nil {
			return err
		}
		time.Sleep(min(20*time.Second, span))
		if err := ear.Close(); err != nil {
			return err
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
	s := series{Daemon: k.name, Interval: c.interval.String(), Load: l.name}
	for _, v := range []struct {
		what, unit string
		value      float64
	}{
		{"changes of the sender", "", float64(changes)},
		{"longest silence", "ms", milliseconds(gap)},
		{"adverts", "", float64(count)},
		{"watched", "s", span.Seconds()},
	} {
		s.What, s.Unit, s.Values = v.what, v.unit, []float64{v.value}
		b.add(s)
	}
	return nil
}

// fine is operation below what the protocol can say: 1 ms between nodes that
// agreed on it. Nobody else can, so there is no comparison.
func fine(b *bench) error {
	c := one(time.Millisecond)
	return errors.Join(
		b.failover(xvrrp, c, idle, 15),
		b.falseFailover(xvrrp, c, idle),
		b.falseFailover(xvrrp, c, busy32),
		b.jitter(xvrrp, c, idle, 10*time.Second),
	)
}
