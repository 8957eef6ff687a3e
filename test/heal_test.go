package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// When a network that was in two parts is one again, the neighbours that were cut off with the other master learn from the
// remaining one where the address is. They are not asked and do not ask. When the worse master hears first it yields, and the
// better one would never know of it, but for the last advert of who yields. keepalived, which knows such an advert, understands it.
func TestSplitHeals(t *testing.T) {
	t.Parallel()
	better := fast("VI_1", 200)
	xvrrp := func(n *node) *testnet.Process { return n.xvrrp(better) }
	for _, c := range []struct {
		name   string
		start  func(*node) *testnet.Process
		worse  string
		behind bool // the worse one hears the better one only after that one has heard it
	}{
		{"the better master hears first", xvrrp, fast("VI_1", 100), true},
		// At 10 ms beside 1 s.
		{"the worse master hears first", xvrrp, strings.Replace(fast("VI_1", 100), "advert_int 0.01", "advert_int 1", 1), false},
		{"the worse master hears first, the better is keepalived", func(n *node) *testnet.Process { return n.keepalived(better) },
			strings.Replace(fast("VI_1", 100), "advert_int 0.01", "advert_int 1", 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			c.start(l.a)
			l.owned(fastVIP, "a", patience)
			l.b.xvrrp(c.worse)
			cut := func(p *lab.Port) {
				l.sw.Drop(l.a.port, p, lab.Everything)
				l.sw.Drop(p, l.a.port, lab.Everything)
			}
			cut(l.b.port)
			cut(l.c.port)
			l.owned(fastVIP, "a b", patience)
			l.c.Run("ping", "-c", "1", fastVIP)
			l.knows(fastVIP, "b")

			l.sw.Forward()
			if c.behind { // adverts of one direction are a little late
				l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
				l.knows(fastVIP, "a")
				l.sw.Forward()
			}
			l.owned(fastVIP, "a", patience)
			l.knows(fastVIP, "a")
		})
	}
}

// Where only the adverts were lost, a keepalived that loses may hear first and yield without a word. What it said by ARP meanwhile,
// asked and unasked, is sign enough: the better master announces again when that has stopped, and not before: while there are two
// the neighbours are not led back and forth with every question.
func TestKeepalivedYieldsWithoutAWord(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, nil, lab.VRRP) // for ever: whatever it may say is not heard
	p := l.a.serving(quick(conf(3, "BACKUP", 200, "0.05")))
	l.owned(peersVIP, "a", patience)
	l.b.keepalived(conf(3, "BACKUP", 100, "0.05"))
	l.owned(peersVIP, "a b", patience)
	l.a.split(1)
	testnet.Throughout(t, 8*time.Second, func() error { // keepalived's second burst, and some questions
		if n := strings.Count(p.Output(), "announcing again"); n > 0 {
			return fmt.Errorf("the better master announced %d times while there were two", n)
		}
		return nil
	})
	heard := l.c.Capture("eth0")
	l.sw.Forward()
	l.sw.Drop(l.b.port, nil, lab.VRRP)
	l.owned(peersVIP, "a", patience)
	says(t, p, "announcing again", patience)
	mac := [6]byte(l.a.Link("eth0").Attrs().HardwareAddr)
	testnet.Eventually(t, patience, func() error {
		if len(heard.Matching(func(f lab.Frame) bool { return announces(f.Data, mac) })) == 0 {
			return fmt.Errorf("the winner has not announced again")
		}
		return nil
	})
	l.answers(peersVIP, l.a, patience)
	l.a.split(0)
}

// A better node that comes takes over without an alarm: the last advert of the
// one that yields to it is no second master. Nor is it told to a script.
func TestPreemptionIsNoSplit(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.b.serving(conf(3, "BACKUP", 100, "0.2"))
	l.owned(peersVIP, "b", patience)
	p := l.a.xvrrp(conf(3, "BACKUP", 200, "0.2"))
	l.owned(peersVIP, "a", patience)
	says(t, p, "the last word of "+l.b.ip, patience)
	for _, n := range l.nodes {
		for _, e := range n.events() {
			if e.Kind == "split_brain" || e.Kind == "conflict" {
				t.Errorf("an ordinary preemption is told as two masters on %s: %+v", n.Name, e)
			}
		}
	}
}
