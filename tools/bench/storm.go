package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

const (
	// stormRouters become master at once; VRID stormWatched is that of the one that is master all the time.
	stormRouters = 250
	stormWatched = 251
	stormRounds  = 3
	// stormSpan is how long the watched router's adverts are judged, from the first of the others' adverts on.
	stormSpan = 500 * time.Millisecond
	stormOff  = "another router's adverts off"
)

// storms kills the master of many routers whose heir is master of another one.
func storms(b *bench) error {
	var errs []error
	for _, k := range []kind{xvrrp, keepalived} {
		if err := b.storm(k); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", k.name, err))
		}
	}
	return errors.Join(errs...)
}

func (b *bench) storm(k kind) error {
	c := config{interfaces: 1, routers: stormRouters, interval: takeoverInterval, owners: true, watched: true}
	var off, announced []float64
	for range max(1, int(stormRounds*b.rounds)) {
		o, a, err := b.stormOnce(k, c)
		if err != nil {
			return err
		}
		off, announced = append(off, o...), append(announced, a)
	}
	load := fmt.Sprintf("%d takeovers", stormRouters)
	b.add(series{Daemon: k.name, Interval: otherInterval.String(), Load: load, What: stormOff, Unit: "ms", Values: off})
	b.add(series{Daemon: k.name, Interval: otherInterval.String(), Load: load, What: lastAnnounced, Unit: "ms", Values: announced})
	return nil
}

// withWatched writes the router that the second director alone has.
func (c config) withWatched(t *strings.Builder, n *node) {
	if n.number == 2 {
		fmt.Fprintf(t, "vrrp_instance WATCHED {\n    state BACKUP\n    interface %s\n    virtual_router_id %d\n    priority 100\n    advert_int %g\n"+
			"    virtual_ipaddress {\n        %s/16\n    }\n}\n", link(0), stormWatched, otherInterval.Seconds(), virtual(0, stormWatched))
	}
}

func (b *bench) stormOnce(k kind, c config) (off []float64, announced float64, err error) {
	p, err := newPair(1)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = join(err, p.close()) }()
	ears, err := p.listen(c)
	if err != nil {
		return nil, 0, err
	}
	ear, dead, heir := ears[0], p.nodes[0], p.nodes[1]
	defer hush(ears)
	// The one that dies is the same for both, and sends all its adverts at one moment: so they are missed at one moment.
	master, err := keepalived.start(b, dead, c)
	if err != nil {
		return nil, 0, err
	}
	if err := until(60*time.Second, "every virtual router speaks", func() bool {
		_, all := spoken(ears, dead, c)
		return all
	}); err != nil {
		return nil, 0, fmt.Errorf("%w\n%s", err, tail(master.Output()))
	}
	backup, err := k.start(b, heir, c)
	if err != nil {
		return nil, 0, err
	}
	speaks := func() bool {
		for _, a := range adverts(ear.Frames()) {
			if a.from == heir.addr() && a.vrid == stormWatched {
				return true
			}
		}
		return false
	}
	if err := until(60*time.Second, "the heir has a router of its own", speaks); err != nil {
		return nil, 0, fmt.Errorf("%w\n%s", err, tail(backup.Output()))
	}
	time.Sleep(8 * time.Second) // the second announcements of both are over
	since := time.Now()
	if err := master.Kill(); err != nil {
		return nil, 0, err
	}
	if _, err := dead.Run("ip", "-4", "address", "flush", "dev", link(0), "to", "10.1.1.0/24"); err != nil {
		return nil, 0, err
	}
	var s stormed
	if err := until(60*time.Second, "all are announced", func() bool {
		s = readStorm(ear.Frames(), since, heir)
		return s.routers == stormRouters && len(s.told) == stormRouters && time.Since(s.first) > 2*stormSpan
	}); err != nil {
		return nil, 0, fmt.Errorf("%w: %d routers, %d addresses", err, s.routers, len(s.told))
	}
	if len(s.off) == 0 {
		return nil, 0, errors.New("the watched router was silent all the time")
	}
	return s.off, milliseconds(s.last.Sub(s.first)), nil
}

// stormed is what the judge saw of the heir.
type stormed struct {
	routers     int // that have become master
	told        map[netip.Addr]bool
	first, last time.Time // their first advert, and the first announcement of the last address
	off         []float64 // of the watched router's adverts, ms
}

func readStorm(frames []lab.Frame, since time.Time, heir *node) stormed {
	s := stormed{told: map[netip.Addr]bool{}}
	heard := map[byte]bool{}
	var before time.Time
	for _, f := range frames {
		if ip, ok := announcedBy(f, heir.mac()); ok && f.At.After(since) && ip != virtual(0, stormWatched) && !s.told[ip] {
			s.told[ip], s.last = true, f.At
		}
		a, ok := readAdvert(f)
		if !ok || a.from != heir.addr() {
			continue
		}
		switch {
		case a.vrid == stormWatched:
			// The gap in which the storm begins is of it.
			if !s.first.IsZero() && !before.IsZero() && before.Sub(s.first) < stormSpan {
				s.off = append(s.off, milliseconds((a.at.Sub(before) - otherInterval).Abs()))
			}
			before = a.at
		case a.at.After(since) && !heard[a.vrid]:
			heard[a.vrid] = true
			s.routers++
			if s.first.IsZero() {
				s.first = a.at
			}
		}
	}
	return s
}
