package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// takeoverSizes are how many addresses go over at once.
var takeoverSizes = []config{{addresses: 1}, {addresses: 10}, {addresses: 100}, {addresses: 1000},
	{addresses: 100, lan: true}, {addresses: 1000, lan: true}, {addresses: 100, ipv6: true}, {addresses: 1000, ipv6: true}}

const (
	takeoverInterval = 100 * time.Millisecond
	takeoverRounds   = 5
	// otherInterval is that of the router that the successor is master of all the time.
	otherInterval = 10 * time.Millisecond
	// inAdverts is how many addresses an advert carries; the others are virtual_ipaddress_excluded.
	inAdverts = 20
	// burstRounds are keepalived's garp_master_repeat.
	burstRounds = 5
	// lastStands is when the kernel has the last address of the list, as a listener on the director hears from it.
	lastStands = "last address stands"
	// witnessFrom is how many addresses it takes for that listener: with one, waking it is a third of what it would measure.
	witnessFrom = 100
	// lastAnnounced is when every address has been announced once.
	lastAnnounced = "last address announced"
	// unwatched is how long after the bound nothing of ours is in the way.
	unwatched = 300 * time.Millisecond
	// sampled is how many addresses are asked whether they answer.
	sampled = 3
)

// takeovers kills the master of many addresses, again and again.
func takeovers(b *bench) error {
	var errs []error
	for _, c := range takeoverSizes {
		c.interfaces, c.routers, c.interval = 1, 1, takeoverInterval
		for _, k := range []kind{xvrrp, keepalived, kernelAlone} {
			if !b.rows.MatchString(c.size() + ", " + k.name) {
				continue
			}
			measure := b.takeover
			if k.name == kernelAlone.name {
				measure = b.kernel
			}
			if err := measure(k, c); err != nil {
				errs = append(errs, fmt.Errorf("%s, %s: %w", k.name, c.size(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// size is what the rows of a takeover are called.
func (c config) size() string {
	if c.ipv6 {
		return fmt.Sprintf("%d IPv6 addresses", c.addresses)
	}
	if c.lan {
		return fmt.Sprintf("%d /%d addresses", c.addresses, lanBits)
	}
	return fmt.Sprintf("%d addresses", c.addresses)
}

// vip is address i of the router, the first the one that every scenario has.
func (c config) vip(i int) netip.Addr {
	if i == 0 {
		return virtual(0, vrid)
	}
	if c.ipv6 {
		return netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 5: 1, 14: byte(i >> 8), 15: byte(i)})
	}
	return netip.AddrFrom4([4]byte{10, 1, byte(16 + i/250), byte(1 + i%250)})
}

// prefix is address i with the length of the LAN's prefix, or with its own.
func (c config) prefix(i int) netip.Prefix {
	ip := c.vip(i)
	if c.lan {
		return netip.PrefixFrom(ip, lanBits)
	}
	return netip.PrefixFrom(ip, ip.BitLen())
}

// samples are addresses spread over the list, the first and the last included.
func (c config) samples() (list []netip.Addr) {
	n := min(sampled, c.addresses)
	if c.ipv6 {
		n = 1 // the client speaks IPv4
	}
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (c.addresses - 1) / (n - 1)
		}
		list = append(list, c.vip(at))
	}
	return list
}

// other is the VRID of the router that a director has for itself.
func (n *node) other() int { return 60 + n.number }

// withAddresses writes the two routers.
func (c config) withAddresses(t *strings.Builder, n *node) {
	list := func(from, to int) string {
		var s strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&s, "        %s\n", c.prefix(i))
		}
		return s.String()
	}
	shown := min(c.addresses, inAdverts)
	if c.ipv6 {
		shown = 1 // adverts are of one family
	}
	fmt.Fprintf(t, "vrrp_instance MANY {\n    state BACKUP\n    interface %s\n    virtual_router_id %d\n    priority %d\n    advert_int %g\n"+
		"    garp_master_delay 0\n    virtual_ipaddress {\n%s    }\n", link(0), vrid, c.priority(n), c.interval.Seconds(), list(0, shown))
	if c.addresses > shown {
		fmt.Fprintf(t, "    virtual_ipaddress_excluded {\n%s    }\n", list(shown, c.addresses))
	}
	fmt.Fprintf(t, "}\nvrrp_instance OTHER {\n    state BACKUP\n    interface %s\n    virtual_router_id %d\n    priority 100\n    advert_int %g\n"+
		"    garp_master_delay 0\n    virtual_ipaddress {\n        %s/32\n    }\n}\n", link(0), n.other(), otherInterval.Seconds(), virtual(1, n.other()))
}

// succession is one round, counted from the bound as in crash.
type succession struct {
	stands, announced, burst, answered, other time.Duration
}

func (b *bench) takeover(k kind, c config) (err error) {
	k.bury = (*node).flush
	p, err := newPair(1)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()
	var procs [2]*lab.Process
	var witnesses [2]*witness
	for i, n := range p.nodes {
		if c.addresses >= witnessFrom {
			if witnesses[i], err = n.watch(c.vip(c.addresses - 1)); err != nil {
				return err
			}
		}
		if procs[i], err = k.start(b, n, c); err != nil {
			return err
		}
	}
	if _, err := p.probe(probeEvery, c.samples()...); err != nil {
		return err
	}
	var list []succession
	for range max(1, int(takeoverRounds*b.rounds)) {
		r, err := b.succession(p, k, c, &procs, &witnesses)
		if errors.Is(err, errRestless) {
			continue
		}
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	b.addSuccessions(k, c, list)
	return nil
}

// flush takes everything virtual away from a director, as its death would.
func (n *node) flush() error {
	for _, prefix := range []string{"10.1.1.0/24", "10.1.16.0/20", "10.2.1.0/24"} {
		if _, err := n.Run("ip", "-4", "address", "flush", "dev", link(0), "to", prefix); err != nil {
			return err
		}
	}
	_, err := n.Run("ip", "-6", "address", "flush", "dev", link(0), "to", vips6.String())
	return err
}

// vips6 has every IPv6 address of config.vip.
var vips6 = netip.MustParsePrefix("2001:db8:1::/64")

// succession kills whoever is master and waits until the heir has announced and answers for everything.
func (b *bench) succession(p *pair, k kind, c config, procs *[2]*lab.Process, witnesses *[2]*witness) (r succession, err error) {
	ear, err := p.judge.Capture(link(0))
	if err != nil {
		return r, err
	}
	defer ear.Close()
	dead, err := p.steady(ear, k, c)
	if err != nil {
		return r, err
	}
	heir := p.other(dead)
	if err := until(20*time.Second, "the successor has a router of its own", func() bool { return speaks(ear, heir) }); err != nil {
		return r, err
	}
	since := time.Now()
	if err := procs[dead.number-1].Kill(); err != nil {
		return r, err
	}
	if err := k.bury(dead); err != nil {
		return r, err
	}
	time.Sleep(c.down(heir) + unwatched)
	var whole bool
	if err := until(30*time.Second, "everything announced and answered", func() bool {
		r, whole = c.succeeded(ear.Frames(), since, dead, heir, witnesses[heir.number-1])
		return whole
	}); err != nil {
		return r, err
	}
	time.Sleep(time.Second) // for the other router's adverts
	r.other = off(ear.Frames(), since, heir)
	if procs[dead.number-1], err = k.start(b, dead, c); err != nil {
		return r, err
	}
	return r, awake(k, procs[dead.number-1])
}

// speaks reports whether a director's own router has sent an advert lately.
func speaks(ear *lab.Capture, n *node) bool {
	for _, a := range adverts(ear.Frames()) {
		if int(a.vrid) == n.other() && time.Since(a.at) < time.Second {
			return true
		}
	}
	return false
}

// succeeded reads a takeover from the wire; false when it is not over.
func (c config) succeeded(frames []lab.Frame, since time.Time, dead, heir *node, w *witness) (r succession, whole bool) {
	var last time.Time
	for _, a := range adverts(frames) {
		if a.from == dead.addr() && a.vrid == vrid {
			last = a.at
		}
	}
	bound := last.Add(c.down(heir))
	if w != nil {
		at, ok := w.since(since)
		if !ok {
			return r, false
		}
		r.stands = at.Sub(bound)
	}
	told := map[netip.Addr]int{}
	for _, f := range frames {
		if f.At.Before(since) {
			continue
		}
		if ip, ok := announcedBy(f, heir.mac()); ok && c.has(ip) {
			if told[ip]++; told[ip] == 1 && len(told) == c.addresses {
				r.announced = f.At.Sub(bound)
			}
			r.burst = f.At.Sub(bound)
		}
	}
	total := 0
	for _, n := range told {
		total += n
	}
	for _, ip := range c.samples() {
		at, ok := first(frames, since, func(f lab.Frame) bool { return isAnswer(f, ip, heir.mac()) })
		if !ok {
			return r, false
		}
		r.answered = max(r.answered, at.Sub(bound))
	}
	return r, len(told) == c.addresses && total >= burstRounds*c.addresses
}

// announcedBy is the address that a frame announces from a MAC.
func announcedBy(f lab.Frame, mac [6]byte) (ip netip.Addr, ok bool) {
	if ip, ok := advertisedBy(f, mac); ok {
		return ip, true
	}
	if f.Out || len(f.Data) < arpLen || binary.BigEndian.Uint16(f.Data[12:]) != etherARP || [6]byte(f.Data[arpSender:]) != mac {
		return ip, false
	}
	ip = netip.AddrFrom4([4]byte(f.Data[arpSendsIP:]))
	return ip, isAnnouncement(f, ip, mac)
}

// has reports whether an address is one of the router's.
func (c config) has(ip netip.Addr) bool {
	if ip.Is6() {
		return vips6.Contains(ip)
	}
	a := ip.As4()
	return ip == c.vip(0) || a[0] == 10 && a[1] == 1 && a[2] >= 16 && a[2] < 32
}

// off is how far the adverts of the heir's own router were off their interval at worst, in the second after the bound.
func off(frames []lab.Frame, since time.Time, heir *node) (worst time.Duration) {
	var last time.Time
	for _, a := range adverts(frames) {
		if int(a.vrid) != heir.other() || a.at.Before(since) {
			continue
		}
		if !last.IsZero() {
			worst = max(worst, (a.at.Sub(last) - otherInterval).Abs())
		}
		last = a.at
	}
	return worst
}

func (b *bench) addSuccessions(k kind, c config, list []succession) {
	var stands, announced, burst, answered, other []float64
	for _, r := range list {
		if c.addresses >= witnessFrom {
			stands = append(stands, milliseconds(r.stands))
		}
		announced = append(announced, milliseconds(r.announced))
		burst = append(burst, milliseconds(r.burst))
		answered = append(answered, milliseconds(r.answered))
		other = append(other, milliseconds(r.other))
	}
	for _, of := range []struct {
		what   string
		values []float64
	}{{lastStands, stands}, {"last address answers", answered}, {lastAnnounced, announced}, {"burst over", burst}, {"another router's adverts off", other}} {
		if len(of.values) > 0 {
			b.add(series{Daemon: k.name, Interval: c.interval.String(), Load: c.size(), What: of.what, Unit: "ms", Values: of.values})
		}
	}
}
