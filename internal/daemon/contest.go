package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/notify"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// contest is what is known of another node that holds itself for master while
// this one is: it begins with the first sign and is over when there was none
// for a while, or when one of the two yields.
type contest struct {
	mu     sync.Mutex
	open   bool
	began  time.Time
	last   time.Time // the latest sign
	seen   [signKinds]bool
	signs  []sign // the first of each kind
	claims map[netip.Addr]claim
	ours   time.Time // when our last announcement left
	theirs claim     // their last announcement
}

// claim is who was seen to use one of our addresses.
type claim struct {
	mac [6]byte
	at  time.Time
}

// quiet is how long there must be no sign until a contest is over: longer than
// the pause between the two bursts of announcements of a new master, which may
// be all that crosses a network that carries no adverts.
func (in *instance) quiet() time.Duration {
	return max(3*interval(in.cfg()), 2*in.cfg().GARP.Delay, 3*time.Second)
}

// sign takes in one sign of another master, and says whether it is the first of its
// kind, which is told. Any goroutine, the loop thread too: only the first costs anything.
func (in *instance) sign(kind signKind, what func() sign) (told bool) {
	c := &in.contest
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	begins := !c.open
	if begins {
		c.open, c.began, c.seen, c.signs = true, now, [signKinds]bool{}, nil
	}
	c.last = now
	if c.seen[kind] {
		return false
	}
	c.seen[kind] = true
	s := what()
	s.kind = kind
	c.signs = append(c.signs, s)
	go func() {
		if begins {
			in.tellContest(s)
			in.watchContest()
		} else {
			in.tellSign(s, slog.LevelWarn)
		}
	}()
	return true
}

// tellContest tells that a contest began.
func (in *instance) tellContest(s sign) {
	in.meter().SetSplitBrain(true)
	in.tellSplitBrain(slog.LevelWarn, "began", s.text, "two masters: another node is master beside this one; its signs follow", s.evidence(), "remedy", signRemedies[s.kind])
	in.tellSign(s, slog.LevelDebug)
	in.d.notify.splitBrain(in, notify.SplitBrain)
}

// tellSign tells one more kind of sign.
func (in *instance) tellSign(s sign, level slog.Level) {
	name := in.cfg().Name
	in.log.Log(in.d.ctx, level, fmt.Sprintf("(%s) another master: %s", name, s.text), "sign", signWords[s.kind], "remedy", signRemedies[s.kind])
	in.d.history.Add(control.Event{
		Time: time.Now(), Kind: control.KindConflict, Instance: name, Reason: signWords[s.kind], Text: s.text, Evidence: s.evidence(),
	})
}

// tellSplitBrain writes the line, with its cause, and the event of a contest's begin or
// end. The event of the begin leaves the first sign to the event of that.
func (in *instance) tellSplitBrain(level slog.Level, word, cause, text string, e *control.Evidence, attrs ...any) {
	name := in.cfg().Name
	in.log.Log(in.d.ctx, level, fmt.Sprintf("(%s) two masters: %s", name, word), append([]any{"because", cause}, attrs...)...)
	in.d.history.Add(control.Event{Time: time.Now(), Kind: control.KindSplitBrain, Instance: name, Reason: word, Text: text, Evidence: e})
}

// watchContest ends the contest when it has been quiet for long enough, or
// when this node is not master any more.
func (in *instance) watchContest() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		in.contest.mu.Lock()
		open, quiet := in.contest.open, time.Since(in.contest.last) > in.quiet()
		in.contest.mu.Unlock()
		switch {
		case !open:
			return // it was ended by a transition
		case !in.active.Load():
			in.endContest("this node is not master any more")
		case quiet:
			in.endContest("no sign of another master any more")
		default:
			continue
		}
		return
	}
}

// yielded ends the contest of a router that gives way. On its goroutine.
func (in *instance) yielded(t vrrp.Transition) {
	if t.From != vrrp.Active || t.To == vrrp.Active {
		return
	}
	why := "this node is not master any more: " + t.Reason.Text()
	if to := t.Evidence.Trigger; to.From.IsValid() {
		why = fmt.Sprintf("we yield to %v with priority %d, ours is %d", to.From, to.Priority, t.Evidence.Priority)
	}
	in.endContest(why)
}

// endContest tells that it is over, for how long it lasted as far as this node saw, and
// whose announcements the neighbours heard last.
func (in *instance) endContest(why string) {
	c := &in.contest
	c.mu.Lock()
	if !c.open {
		c.mu.Unlock()
		return
	}
	c.open = false
	lasted, last := c.last.Sub(c.began), in.lastAnnounced()
	c.mu.Unlock()
	in.meter().SetSplitBrain(false)
	text := fmt.Sprintf("%s; it lasted %v at least; the last announcement was %s", why, lasted.Round(time.Millisecond), last)
	in.tellSplitBrain(slog.LevelInfo, "ended", text, "two masters no more: "+text, nil, "lasted", lasted, "last_announcement", last)
	in.d.notify.splitBrain(in, notify.SplitBrainOver)
	if in.active.Load() {
		in.healed()
	}
}

// lastAnnounced says whose announcement was the last; contest.mu is held.
func (in *instance) lastAnnounced() string {
	c := &in.contest
	switch {
	case c.theirs.at.IsZero() && c.ours.IsZero():
		return "nobody's"
	case c.theirs.at.After(c.ours):
		return fmt.Sprintf("that of %v, %v ago", net.HardwareAddr(c.theirs.mac[:]), time.Since(c.theirs.at).Round(time.Millisecond))
	}
	return fmt.Sprintf("ours, %v ago", time.Since(c.ours).Round(time.Millisecond))
}

// lastWordOf reports whether a worse advert is of a router that yields to a new master: the one that it sends then, at once, and
// before it one that was on its way when ours was. A third one is of a router that does not stop.
func (in *instance) lastWordOf(from netip.Addr) bool {
	in.mu.Lock()
	since := in.since
	in.mu.Unlock()
	if in.parting == mostParting || time.Since(since) > max(interval(in.cfg()), partingWithin) {
		return false
	}
	in.parting++
	return from.IsValid()
}

const (
	mostParting = 2
	// partingWithin is how late a last advert may come on a busy machine.
	partingWithin = 200 * time.Millisecond
)

// partingClaim reports whether a claim comes from the kernel of the old master, which hears of our takeover, or has said
// goodbye, and has not removed its addresses yet: it still answers, our own gratuitous ARP too. Whoever does not give way
// claims again, at the latest when we ask.
func (in *instance) partingClaim(last vrrp.Transition, mac [6]byte, at time.Time) bool {
	gives := last.Reason == vrrp.ReasonPreempt || last.Reason == vrrp.ReasonPriorityZero
	return gives && at.Sub(last.Evidence.At) < askedAfterTakeover && !in.former.stranger(mac)
}

// claimed takes in that another host uses one of our addresses. Loop thread.
func (in *instance) claimed(c datapath.Claim) {
	in.meter().VIPConflict(c.Addr)
	in.contest.mu.Lock()
	first := in.contest.claims[c.Addr].mac != c.MAC
	if in.contest.claims == nil {
		in.contest.claims = map[netip.Addr]claim{}
	}
	in.contest.claims[c.Addr] = claim{c.MAC, c.At}
	if c.Kind == datapath.GratuitousARP || c.Kind == datapath.NeighbourAdvert {
		in.contest.theirs = claim{c.MAC, c.At}
	}
	in.contest.mu.Unlock()
	text := func() string { return fmt.Sprintf("%v claims %v", net.HardwareAddr(c.MAC[:]), c.Addr) }
	told := in.sign(signClaim, func() sign { return sign{text: text(), addr: c.Addr, mac: c.MAC} })
	if first && !told {
		in.d.history.Add(control.Event{
			Time: c.At, Kind: control.KindConflict, Instance: in.cfg().Name, Reason: c.Kind.String(), Text: text(),
			Evidence: &control.Evidence{Address: c.Addr.String(), MAC: net.HardwareAddr(c.MAC[:]).String()},
		})
	}
}

// claimOf tells who claimed an address last.
func (in *instance) claimOf(a netip.Addr) (mac string, at time.Time, ok bool) {
	in.contest.mu.Lock()
	defer in.contest.mu.Unlock()
	c, ok := in.contest.claims[a]
	return net.HardwareAddr(c.mac[:]).String(), c.at, ok
}

// announcing notes that our announcements leave.
func (in *instance) announcing() {
	in.contest.mu.Lock()
	defer in.contest.mu.Unlock()
	in.contest.ours = time.Now()
}

// contested reports whether another node holds itself for master now.
func (in *instance) contested() bool {
	in.contest.mu.Lock()
	defer in.contest.mu.Unlock()
	return in.contest.open
}

// contestStatus is the contest that is open, nil when there is none.
func (in *instance) contestStatus() *control.SplitBrain {
	in.contest.mu.Lock()
	defer in.contest.mu.Unlock()
	if !in.contest.open {
		return nil
	}
	s := &control.SplitBrain{Since: in.contest.began, Last: in.contest.last}
	for _, one := range in.contest.signs {
		s.Signs = append(s.Signs, control.Sign{Sign: signWords[one.kind], Text: one.text, Remedy: signRemedies[one.kind]})
	}
	return s
}

// healed announces the addresses again after another master: neighbours and
// switches may have heard it last.
func (in *instance) healed() {
	in.d.announcer.Again(in.id, announce.LinkUp)
}
