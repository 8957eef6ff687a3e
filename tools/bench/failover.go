package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// failovers kills the master of an idle machine, again and again.
func failovers(b *bench) error {
	var errs []error
	for _, plan := range []struct {
		interval time.Duration
		rounds   int
	}{{time.Second, 8}, {100 * time.Millisecond, 30}, {10 * time.Millisecond, 50}} {
		for _, k := range []kind{xvrrp, keepalived, frr} {
			if k.name == frr.name && plan.interval < 100*time.Millisecond {
				continue // a pair of it has no steady master there
			}
			errs = append(errs, b.failover(k, one(plan.interval), idle, plan.rounds))
		}
	}
	return errors.Join(errs...)
}

// stressedFailovers does it on a busy machine.
func stressedFailovers(b *bench) error {
	var errs []error
	for _, l := range []burden{busy8, busy32} {
		for _, k := range []kind{xvrrp, keepalived, keepalivedRT} {
			errs = append(errs, b.failover(k, one(100*time.Millisecond), l, 8))
			errs = append(errs, b.failover(k, one(10*time.Millisecond), l, 10))
		}
	}
	return errors.Join(errs...)
}

// crash is one round: what the judge saw of it. All are counted from the end
// of the protocol's bound: the last advert of the dead and Active_Down_Interval.
type crash struct {
	advert, announcement, answer time.Duration
}

// failover kills whoever is master, measures, and brings the dead back as
// Backup, as often as asked.
func (b *bench) failover(k kind, c config, l burden, rounds int) (err error) {
	if !b.rows.MatchString(row(k, c, l)) {
		return nil
	}
	rounds = max(1, int(float64(rounds)*b.rounds))
	p, err := newPair(1)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()
	var list []crash
	var spoiled int
	err = p.under(l, func() error {
		var procs [2]*lab.Process
		for i, n := range p.nodes {
			if procs[i], err = k.start(b, n, c); err != nil {
				return err
			}
		}
		if _, err := p.probe(probeClosely, virtual(0, vrid)); err != nil {
			return err
		}
		for range rounds {
			r, err := b.crash(p, k, c, &procs)
			switch {
			case errors.Is(err, errRestless):
				spoiled++
			case err != nil:
				return err
			default:
				list = append(list, r)
			}
		}
		return nil
	})
	b.addCrashes(k, c, l, list, spoiled)
	if err != nil {
		err = fmt.Errorf("%s at %v, %s: %w", k.name, c.interval, l.name, err)
	}
	return err
}

// row is what a row of failovers or of jitter is called.
func row(k kind, c config, l burden) string {
	return fmt.Sprintf("%v, %s, %s", c.interval, l.name, k.name)
}

func (b *bench) addCrashes(k kind, c config, l burden, list []crash, spoiled int) {
	s := series{Daemon: k.name, Interval: c.interval.String(), Load: l.name, Unit: "ms"}
	var advert, announcement, answer []float64
	for _, r := range list {
		advert = append(advert, milliseconds(r.advert))
		announcement = append(announcement, milliseconds(r.announcement))
		answer = append(answer, milliseconds(r.answer))
	}
	for _, of := range []struct {
		what   string
		values []float64
	}{{"first advert", advert}, {"first announcement", announcement}, {"first answer", answer}} {
		s.What, s.Values = of.what, of.values
		b.add(s)
	}
	s.What, s.Unit, s.Values = "rounds without a steady master", "", []float64{float64(spoiled)}
	b.add(s)
}

// errRestless: there was not one steady master to kill.
var errRestless = errors.New("no steady master")

func (b *bench) crash(p *pair, k kind, c config, procs *[2]*lab.Process) (r crash, err error) {
	ear, err := p.judge.Capture(link(0))
	if err != nil {
		return r, err
	}
	defer ear.Close()
	vip := virtual(0, vrid)
	dead, err := p.steady(ear, k, c)
	if err != nil {
		return r, err
	}
	heir := p.other(dead)
	// At any phase of the interval.
	time.Sleep(time.Duration(rand.Int64N(int64(c.interval))))
	since := time.Now()
	if err := procs[dead.number-1].Kill(); err != nil {
		return r, err
	}
	if err := k.bury(dead); err != nil {
		return r, err
	}
	time.Sleep(c.down(heir)) // nothing of ours is in the way meanwhile
	answered := func(f lab.Frame) bool { return isAnswer(f, vip, k.mac(heir)) }
	if err := until(4*c.down(heir)+60*time.Second, "an answer of the successor", func() bool {
		_, ok := first(ear.Frames(), since, answered)
		return ok
	}); err != nil {
		return r, err
	}
	time.Sleep(10 * time.Millisecond)
	frames := ear.Frames()
	r, judged := measure(frames, since, dead, heir, k, c)
	if procs[dead.number-1], err = k.start(b, dead, c); err != nil {
		return r, err
	}
	return r, errors.Join(judged, awake(k, procs[dead.number-1]))
}

// awake waits until a daemon that was started again listens: on a busy machine
// that takes seconds, and nothing on the wire shows it. What it prints is asked
// for this alone; FRR does not say it and gets a while.
func awake(k kind, p *lab.Process) error {
	if k.name == frr.name {
		time.Sleep(2 * time.Second)
		return nil
	}
	return until(60*time.Second, k.name+" is up again", func() bool {
		return strings.Contains(p.Output(), "Entering BACKUP STATE")
	})
}

// measure reads a takeover from the wire.
func measure(frames []lab.Frame, since time.Time, dead, heir *node, k kind, c config) (r crash, err error) {
	vip := virtual(0, vrid)
	var last time.Time
	for _, a := range adverts(frames) {
		if a.from == dead.addr() && a.vrid == vrid {
			last = a.at
		}
	}
	bound := last.Add(c.down(heir))
	advert, ok1 := first(frames, since, func(f lab.Frame) bool { a, ok := readAdvert(f); return ok && a.from == heir.addr() && a.vrid == vrid })
	announced, ok2 := first(frames, since, func(f lab.Frame) bool { return isAnnouncement(f, vip, k.announced(heir)) })
	answered, ok3 := first(frames, since, func(f lab.Frame) bool { return isAnswer(f, vip, k.mac(heir)) })
	if !ok1 || !ok2 || !ok3 {
		// The heir had the address already: it did not wait for the death.
		return r, errRestless
	}
	return crash{advert.Sub(bound), announced.Sub(bound), answered.Sub(bound)}, nil
}

// steady waits until one director has been the only one to send adverts for a
// while, has answered the probes, and the other one is up.
func (p *pair) steady(ear *lab.Capture, k kind, c config) (*node, error) {
	vip := virtual(0, vrid)
	quiet := max(time.Second, 2*c.down(p.nodes[0]))
	for deadline := time.Now().Add(20*time.Second + 10*quiet); time.Now().Before(deadline); {
		begin := time.Now()
		time.Sleep(quiet)
		seen := map[netip.Addr]int{}
		frames := ear.Frames()
		for _, a := range adverts(frames) {
			if a.at.After(begin) && a.vrid == vrid {
				seen[a.from]++
			}
		}
		for _, n := range p.nodes {
			_, answers := first(frames, begin, func(f lab.Frame) bool { return isAnswer(f, vip, k.mac(n)) })
			if len(seen) == 1 && seen[n.addr()] > 1 && answers {
				return n, nil
			}
		}
	}
	return nil, errRestless
}
