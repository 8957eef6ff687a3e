package main

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// jitters measures how evenly a master sends its adverts at 10 ms, and whether
// its schedule drifts.
func jitters(b *bench) error {
	var errs []error
	for _, l := range []burden{idle, busy32} {
		for _, k := range []kind{xvrrp, keepalived, keepalivedRT, bareTimer} {
			errs = append(errs, b.jitter(k, one(10*time.Millisecond), l, jitterSpan))
		}
	}
	return errors.Join(errs...)
}

// jitterSpan is long enough for the least often of a thousand adverts to come
// six times: one stall of the machine makes two or three adverts late or early.
const jitterSpan = 60 * time.Second

func (b *bench) jitter(k kind, c config, l burden, span time.Duration) (err error) {
	if !b.rows.MatchString(row(k, c, l)) {
		return nil
	}
	p, err := newPair(1)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()
	return p.under(l, func() error {
		proc, err := k.start(b, p.nodes[0], c)
		if err != nil {
			return err
		}
		ear, err := p.judge.Capture(link(0))
		if err != nil {
			return err
		}
		if err := until(60*time.Second, "an advert", func() bool { return len(adverts(ear.Frames())) > 0 }); err != nil {
			return fmt.Errorf("%w\n%s", err, tail(proc.Output()))
		}
		time.Sleep(6*time.Second + span) // the second burst of announcements leaves after 5 s
		if err := ear.Close(); err != nil {
			return err
		}
		var at []time.Time
		for _, a := range adverts(ear.Frames()) {
			at = append(at, a.at)
		}
		late := at[len(at)-1].Add(-span)
		for len(at) > 2 && at[0].Before(late) {
			at = at[1:]
		}
		b.addJitter(k, c, l, at)
		return nil
	})
}

func (b *bench) addJitter(k kind, c config, l burden, at []time.Time) {
	s := series{Daemon: k.name, Interval: c.interval.String(), Load: l.name}
	var off []float64
	for i := 1; i < len(at); i++ {
		off = append(off, microseconds((at[i].Sub(at[i-1]) - c.interval).Abs()))
	}
	s.What, s.Unit, s.Values = "deviation", "µs", off
	b.add(s)
	s.What, s.Unit, s.Values = "drift", "ppm", []float64{round(1e6 * (slope(at, c.interval)/c.interval.Seconds() - 1))}
	b.add(s)
}

// slope is the time between two deadlines in seconds, by least squares over all
// adverts: a late first or last one hardly moves it. Which deadline an advert is
// for is counted from the last one that was on time: a late one may be followed by
// the next in time, or by a deadline for which there is no advert.
func slope(at []time.Time, interval time.Duration) float64 {
	n := float64(len(at))
	var sx, sy, sxx, sxy float64
	punctual, deadline := at[0], 0.0
	for _, t := range at {
		x := deadline + math.Round(float64(t.Sub(punctual))/float64(interval))
		if off := t.Sub(punctual) - time.Duration(x-deadline)*interval; off.Abs() < interval/4 {
			punctual, deadline = t, x
		}
		y := t.Sub(at[0]).Seconds()
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
