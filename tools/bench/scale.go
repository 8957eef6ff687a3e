package main

import (
	"fmt"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// scales runs many virtual routers: what they cost, whether every advert is on
// time, and how long the start takes.
func scales(b *bench) error {
	for _, k := range []kind{xvrrp, keepalived} {
		for _, c := range []config{
			{interfaces: 4, routers: 1000, interval: 100 * time.Millisecond, owners: true},
			{interfaces: 1, routers: 250, interval: 10 * time.Millisecond, owners: true},
		} {
			if err := b.scale(k, c); err != nil {
				return fmt.Errorf("%s, %d routers at %v: %w", k.name, c.routers, c.interval, err)
			}
		}
	}
	return nil
}

// scaleSpan is how long CPU and adverts are counted.
const scaleSpan = 10 * time.Second

func (b *bench) scale(k kind, c config) (err error) {
	p, err := newPair(c.interfaces)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()

	ears, err := p.listen(c)
	if err != nil {
		return err
	}
	active, backup := p.nodes[0], p.nodes[1]
	begin := time.Now()
	pa, err := k.start(b, active, c)
	if err != nil {
		return err
	}
	var started time.Time
	if err := until(60*time.Second, "every virtual router speaks", func() bool {
		var all bool
		started, all = spoken(ears, active, c)
		return all
	}); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(pa.Output()))
	}
	b.addScale(k, c, "start", "s", []float64{round((started.Sub(begin) - c.down(active)).Seconds())})
	hush(ears)

	pb, err := k.start(b, backup, c)
	if err != nil {
		return err
	}
	time.Sleep(8 * time.Second) // the second director starts, the first has announced for the second time
	if ears, err = p.listen(c); err != nil {
		return err
	}
	before, err := usages(pa, pb)
	if err != nil {
		return err
	}
	from := time.Now()
	time.Sleep(scaleSpan)
	span := time.Since(from)
	after, err := usages(pa, pb)
	if err != nil {
		return err
	}
	hush(ears)
	for i, role := range []string{"master", "backup"} {
		b.addScale(k, c, "CPU of the "+role, "% of a core", []float64{round(100 * float64(after[i].cpu-before[i].cpu) / float64(span))})
		b.addScale(k, c, "resident, "+role, "MiB", []float64{round(float64(after[i].resident) / (1 << 20))})
	}
	b.punctual(k, c, ears, active)
	return nil
}

func (b *bench) addScale(k kind, c config, what, unit string, values []float64) {
	b.add(series{Daemon: k.name, Interval: c.interval.String(), Load: fmt.Sprintf("%d routers", c.routers), What: what, Unit: unit, Values: values})
}

// punctual tells how far the time between two adverts was from the interval,
// for every router, and how many adverts came from a director that should be silent.
func (b *bench) punctual(k kind, c config, ears []*lab.Capture, active *node) {
	var off []float64
	foreign := 0
	for i, ear := range ears {
		last := map[byte]time.Time{}
		for _, a := range adverts(ear.Frames()) {
			if a.from != address(i, active.number) {
				foreign++
				continue
			}
			if at, ok := last[a.vrid]; ok {
				off = append(off, microseconds((a.at.Sub(at) - c.interval).Abs()))
			}
			last[a.vrid] = a.at
		}
	}
	s := series{Values: off}
	b.addScale(k, c, "adverts on the wire", "a second", []float64{round(float64(len(off)) / scaleSpan.Seconds())})
	for _, q := range []float64{0.5, 0.99, 0.999, 1} {
		b.addScale(k, c, fmt.Sprintf("deviation p%g", 100*q), "µs", []float64{s.quantile(q)})
	}
	b.addScale(k, c, "adverts of the backup", "", []float64{float64(foreign)})
}

func (p *pair) listen(c config) ([]*lab.Capture, error) {
	var ears []*lab.Capture
	for i := range c.interfaces {
		ear, err := p.judge.Capture(link(i))
		if err != nil {
			return nil, err
		}
		ears = append(ears, ear)
	}
	return ears, nil
}

// hush ends captures; what they heard stays.
func hush(ears []*lab.Capture) {
	for _, e := range ears {
		// Its error came with the frames that are missing, and those are noticed.
		_ = e.Close()
	}
}

// spoken tells when the last of the routers sent its first advert.
func spoken(ears []*lab.Capture, n *node, c config) (last time.Time, all bool) {
	count := 0
	for i, ear := range ears {
		heard := map[byte]bool{}
		for _, a := range adverts(ear.Frames()) {
			if a.from == address(i, n.number) && !heard[a.vrid] {
				heard[a.vrid] = true
				count++
				if a.at.After(last) {
					last = a.at
				}
			}
		}
	}
	return last, count == c.routers
}

func usages(procs ...*lab.Process) ([]usage, error) {
	var list []usage
	for _, p := range procs {
		u, err := usageOf(p.Pid())
		if err != nil {
			return nil, err
		}
		if len(u.pids) == 0 {
			return nil, fmt.Errorf("%s has ended:\n%s", p.Cmd.Path, tail(p.Output()))
		}
		list = append(list, u)
	}
	return list, nil
}
