package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// splits is the proof of what becomes of an address while networks and nodes
// break: every fault, at every interval, for every pair of daemons.
func splits(b *bench) error {
	var errs []error
	count := 0
	for _, at := range paces {
		var list []proof
		for _, f := range faults {
			for _, c := range couples {
				if p := (proof{at.interval, c, f}); b.rows.MatchString(p.String()) {
					list = append(list, p)
				}
			}
		}
		count += len(list)
		errs = append(errs, b.prove(list, at.abreast))
	}
	if count == 0 {
		return fmt.Errorf("-rows %q matches no row", b.rows)
	}
	return errors.Join(errs...)
}

// pace is an interval and how many labs may run at once without disturbing each
// other: at 10 ms a busy machine is a fault of its own.
type pace struct {
	interval time.Duration
	abreast  int
}

var paces = []pace{{time.Second, 16}, {100 * time.Millisecond, 8}, {10 * time.Millisecond, 3}}

// couple is a pair of daemons: the first is master at the beginning.
type couple struct {
	name          string
	first, second role
}

// role is one of them. The guard's limit is longer than any row: here it is to
// show what holding does, not what its end does.
type role struct {
	keepalived bool
	guard      string
}

var couples = []couple{
	{"xvrrp hold", role{guard: "hold"}, role{guard: "hold"}},
	{"xvrrp alarm", role{guard: "alarm"}, role{guard: "alarm"}},
	{"keepalived", role{keepalived: true}, role{keepalived: true}},
	{"keepalived, then xvrrp hold", role{keepalived: true}, role{guard: "hold"}},
	{"xvrrp, then keepalived", role{guard: "alarm"}, role{keepalived: true}},
}

// fault is what happens to them.
type fault struct {
	name    string
	unicast bool // the adverts are
	begin   func(s *stage) error
	end     func(s *stage) error // nil: for ever
}

const noARP = ", no ARP"

var faults = everyFault()

// everyFault lists the rows of the table.
func everyFault() []fault {
	both := func(s *stage) error { return errors.Join(s.drop(0, 1, lab.VRRP), s.drop(1, 0, lab.VRRP)) }
	down := func(s *stage) error { return s.drop(0, 1, lab.VRRP) }
	up := func(s *stage) error { return s.drop(1, 0, lab.VRRP) }
	arp := func(s *stage) error { return errors.Join(s.drop(0, 1, lab.ARP), s.drop(1, 0, lab.ARP)) }
	multicast := func(s *stage) error { return errors.Join(s.drop(0, 1, lab.Multicast), s.drop(1, 0, lab.Multicast)) }
	unicast := func(s *stage) error { return errors.Join(s.drop(0, 1, lab.Unicast), s.drop(1, 0, lab.Unicast)) }
	and := func(f, g func(*stage) error) func(*stage) error {
		return func(s *stage) error { return errors.Join(f(s), g(s)) }
	}
	forward := func(s *stage) error { return s.pair.switches[0].Forward() }
	var list []fault
	cut := func(name string, f func(*stage) error) {
		list = append(list, fault{name: name + ", for a while", begin: f, end: forward}, fault{name: name + ", for ever", begin: f})
	}
	cut("adverts dropped both ways", both)
	cut("adverts dropped both ways"+noARP, and(both, arp))
	cut("adverts to the backup dropped", down)
	cut("adverts to the backup dropped"+noARP, and(down, arp))
	list = append(list, fault{name: "adverts from the backup dropped, for ever", begin: up})
	cut("multicast dropped", multicast)
	list = append(list,
		fault{name: "multicast dropped, adverts are unicast, for ever", unicast: true, begin: multicast},
		// The answers to ARP are unicast: these rows are of no ARP.
		fault{name: "unicast dropped" + noARP + ", for ever", begin: unicast},
		fault{name: "unicast dropped" + noARP + ", adverts are unicast, for a while", unicast: true, begin: unicast, end: forward},
		fault{name: "adverts dropped both ways, adverts are unicast, for a while", unicast: true, begin: both, end: forward},
		fault{name: "adverts dropped both ways, adverts are unicast, for ever", unicast: true, begin: both},
		fault{name: "the master freezes and thaws",
			begin: func(s *stage) error { return s.procs[0].Freeze() }, end: func(s *stage) error { return s.procs[0].Thaw() }},
		fault{name: "the master's daemon dies", begin: func(s *stage) error { return s.procs[0].Kill() }},
		fault{name: "the master's daemon dies and returns",
			begin: func(s *stage) error { return s.procs[0].Kill() }, end: func(s *stage) error { return s.start(0) }},
		fault{name: "the backup freezes and thaws",
			begin: func(s *stage) error { return s.procs[1].Freeze() }, end: func(s *stage) error { return s.procs[1].Thaw() }},
	)
	return list
}

// proof is one row of one pair.
type proof struct {
	interval time.Duration
	couple   couple
	fault    fault
}

// String is what -rows matches.
func (p proof) String() string {
	return fmt.Sprintf("%v, %s, %s", p.interval, p.couple.name, p.fault.name)
}

// config is the usual one, with a master that is the better.
func (p proof) config() config {
	c := one(p.interval)
	c.owners = true
	return c
}

// prove runs rows in labs of their own, some of them at once.
func (b *bench) prove(list []proof, abreast int) error {
	jobs := make(chan proof)
	var mu sync.Mutex
	var errs []error
	var workers sync.WaitGroup
	for range min(abreast, len(list)) {
		workers.Go(func() {
			for p := range jobs {
				o, err := b.perform(p)
				mu.Lock()
				if err != nil {
					errs = append(errs, fmt.Errorf("%v: %w", p, err))
				} else {
					b.addOwners(p, o)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range list {
		jobs <- p
	}
	close(jobs)
	workers.Wait()
	return errors.Join(errs...)
}

func (b *bench) addOwners(p proof, o owners) {
	s := series{Daemon: p.couple.name, Interval: p.interval.String(), Load: p.fault.name}
	for _, v := range []struct {
		what, unit string
		value      float64
	}{
		{"owners at most", "", float64(o.most)},
		{"longest with two owners", "ms", milliseconds(o.two)},
		{"longest with none", "ms", milliseconds(o.none)},
		{"owners at the end", "", float64(o.end)},
	} {
		s.What, s.Unit, s.Values = v.what, v.unit, []float64{v.value}
		b.data = append(b.data, b.stamped(s))
	}
	fmt.Fprintf(os.Stderr, "%-6v %-28s %-62s owners %d, two for %v, none for %v, at the end %d\n",
		p.interval, p.couple.name, p.fault.name, o.most, o.two.Round(time.Millisecond), o.none.Round(time.Millisecond), o.end)
}

// text is the file of one role.
func (p proof) text(n *node, r role) string {
	var t strings.Builder
	c := p.config()
	fmt.Fprintf(&t, "global_defs {\n    vrrp_version 3\n}\nvrrp_instance V0_%d {\n    state BACKUP\n    interface %s\n    virtual_router_id %d\n",
		vrid, link(0), vrid)
	fmt.Fprintf(&t, "    priority %d\n    advert_int %g\n    garp_master_delay 1\n", c.priority(n), p.interval.Seconds())
	if p.fault.unicast {
		fmt.Fprintf(&t, "    unicast_src_ip %v\n    unicast_peer {\n        %v\n    }\n", address(0, n.number), address(0, 3-n.number))
	}
	fmt.Fprintf(&t, "    virtual_ipaddress {\n        %v/16\n    }\n}\n", virtual(0, vrid))
	if !r.keepalived {
		fmt.Fprintf(&t, "xvrrp {\n    listen none\n    fence on\n    split_brain_guard %s\n    guard_hold_limit 1h\n}\n", r.guard)
	}
	return t.String()
}
