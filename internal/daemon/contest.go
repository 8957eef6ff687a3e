package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
)

// contest is what is known of another node that holds itself for master while
// this one is: it begins with the first sign and is over when there was none
// for a while.
type contest struct {
	mu     sync.Mutex
	open   bool
	last   time.Time // the latest sign
	claims map[netip.Addr]claim
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

// sign takes in one sign of another master: an advert that we outrank, or a
// claim of an address. Any goroutine, the loop thread too: only the first sign
// of a contest costs anything.
func (in *instance) sign(what func() string) {
	in.contest.mu.Lock()
	begins := !in.contest.open
	in.contest.open, in.contest.last = true, time.Now()
	in.contest.mu.Unlock()
	if begins {
		go func() {
			in.tellContest(true, what())
			in.watchContest()
		}()
	}
}

// watchContest ends the contest when it has been quiet for long enough, or
// when this node is not master any more.
func (in *instance) watchContest() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		in.contest.mu.Lock()
		over := !in.active.Load() || time.Since(in.contest.last) > in.quiet()
		in.contest.open = !over
		in.contest.mu.Unlock()
		if over {
			in.tellContest(false, "no sign of another master any more")
			return
		}
	}
}

// tellContest tells that a contest began or is over.
func (in *instance) tellContest(on bool, what string) {
	in.meter().SetSplitBrain(on)
	name := in.cfg().Name
	e := control.Event{Time: time.Now(), Kind: control.KindSplitBrain, Instance: name, Reason: "ended", Text: what}
	level := slog.LevelInfo
	if on {
		level, e.Reason = slog.LevelWarn, "began"
		e.Evidence = &control.Evidence{Remedy: "xvrrp explain " + name + " and xvrrp who ADDRESS -i " + in.cfg().Interface + " on both nodes"}
	}
	in.log.Log(in.d.ctx, level, fmt.Sprintf("(%s) two masters: %s", name, e.Reason), "because", what)
	in.d.history.Add(e)
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
	in.contest.mu.Unlock()
	what := func() string { return fmt.Sprintf("%v claims %v", net.HardwareAddr(c.MAC[:]), c.Addr) }
	in.sign(what)
	if first {
		in.d.history.Add(control.Event{
			Time: c.At, Kind: control.KindConflict, Instance: in.cfg().Name, Reason: c.Kind.String(), Text: what(),
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

// contested reports whether another node holds itself for master now.
func (in *instance) contested() bool {
	in.contest.mu.Lock()
	defer in.contest.mu.Unlock()
	return in.contest.open
}
