package announce

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// usual is keepalived's default schedule.
var usual = Schedule{Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1, LowerRepeat: 5, LowerDelay: 5 * time.Second}

func TestTakeover(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", usual, on(1, "192.0.2.1"))
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 5 x 192.0.2.1
			5s: 5 x 192.0.2.1`)
		is(t, "notes", n.said(), `
			0s VI_1 done: takeover
			5s VI_1 done: takeover, delayed`)
	})
}

func TestEveryAddressOnceBeforeAnyAgain(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", Schedule{Repeat: 2}, on(1, "192.0.2.1", "192.0.2.2", "192.0.2.3"))
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			0s: 1 x 192.0.2.2
			0s: 1 x 192.0.2.3
			0s: 1 x 192.0.2.1
			0s: 1 x 192.0.2.2
			0s: 1 x 192.0.2.3`)
	})
}

func TestRefresh(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		s := Schedule{Repeat: 1, Refresh: 10 * time.Second, RefreshRepeat: 2}
		a.Announce("VI_1", s, on(1, "192.0.2.1"))
		time.Sleep(35 * time.Second)
		a.Stop("VI_1")
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			10s: 2 x 192.0.2.1
			20s: 2 x 192.0.2.1
			30s: 2 x 192.0.2.1`)
	})
}

// The first address alone is announced again and again, beside the refresh of all.
func TestExtra(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		s := Schedule{Repeat: 1, Refresh: 25 * time.Second, Extra: 10 * time.Second}
		targets := on(1, "192.0.2.1", "192.0.2.2")
		targets[0].Extra = true
		a.Announce("VI_1", s, targets)
		time.Sleep(15 * time.Second)
		a.SetPacing(Pacing{Groups: []Group{{Interfaces: []int{1}}}}) // its lane becomes another one
		time.Sleep(20 * time.Second)
		a.Stop("VI_1")
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			0s: 1 x 192.0.2.2
			10s: 1 x 192.0.2.1
			20s: 1 x 192.0.2.1
			25s: 1 x 192.0.2.1
			25s: 1 x 192.0.2.2
			30s: 1 x 192.0.2.1`)
	})
}

// Without an interval nothing is extra, and without such a target neither.
func TestNothingExtra(t *testing.T) {
	for _, s := range []Schedule{{Repeat: 1}, {Repeat: 1, Extra: time.Second}} {
		story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
			targets := on(1, "192.0.2.1")
			targets[0].Extra = s.Extra == 0
			a.Announce("VI_1", s, targets)
			time.Sleep(time.Minute)
			is(t, "frames", n.rounds(), `0s: 1 x 192.0.2.1`)
		})
	}
}

func TestStopMeansStop(t *testing.T) {
	story(t, Pacing{Default: Pace{GARP: time.Second}}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", usual, on(1, "192.0.2.1"))
		time.Sleep(1500 * time.Millisecond)
		a.Stop("VI_1")
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.1`)
		a.Again("VI_1", LowerPriority)
		is(t, "notes", n.said(), ``)
	})
}

// Somebody of lower priority goes on claiming the addresses for three seconds,
// ten times a second: one burst a second, and one after the last.
func TestLowerPriority(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		s := Schedule{LowerRepeat: 2, LowerDelay: 5 * time.Second}
		a.Announce("VI_1", s, on(1, "192.0.2.1"))
		for range 25 {
			a.Again("VI_1", LowerPriority)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 2 x 192.0.2.1
			1s: 2 x 192.0.2.1
			2s: 2 x 192.0.2.1
			3s: 2 x 192.0.2.1
			8s: 2 x 192.0.2.1`)
	})
}

func TestConflictIsAnsweredEveryTenSeconds(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", Schedule{}, on(1, "192.0.2.1"))
		for range 24 {
			a.Again("VI_1", Conflict)
			time.Sleep(time.Second)
		}
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			10s: 1 x 192.0.2.1
			20s: 1 x 192.0.2.1`)
	})
}

func TestLinkUpIsATakeoverAnew(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", usual, on(1, "192.0.2.1"))
		time.Sleep(3 * time.Second)
		a.Again("VI_1", LinkUp)
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 5 x 192.0.2.1
			3s: 5 x 192.0.2.1
			8s: 5 x 192.0.2.1`)
	})
}

func TestAnnounceReplaces(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", usual, on(1, "192.0.2.1"))
		time.Sleep(time.Second)
		a.Announce("VI_1", usual, on(2, "192.0.2.2"))
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 5 x 192.0.2.1
			1s: 5 x 192.0.2.2
			6s: 5 x 192.0.2.2`)
	})
}

// Two owners on one interface take turns; IPv6 and another interface keep a
// pace of their own.
func TestPace(t *testing.T) {
	pacing := Pacing{Default: Pace{GARP: 100 * time.Millisecond, NA: time.Second}}
	story(t, pacing, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", Schedule{Repeat: 2}, on(1, "192.0.2.1", "2001:db8::1"))
		time.Sleep(time.Millisecond)
		a.Announce("VI_2", Schedule{Repeat: 2}, on(1, "192.0.2.2"))
		time.Sleep(time.Millisecond)
		a.Announce("VI_3", Schedule{Repeat: 1}, on(2, "192.0.2.3"))
		time.Sleep(time.Minute)
		garps, advertisements := split(n)
		is(t, "gratuitous ARPs", garps, `
			0s: 192.0.2.1 on 1
			2ms: 192.0.2.3 on 2
			100ms: 192.0.2.1 on 1
			200ms: 192.0.2.2 on 1
			300ms: 192.0.2.2 on 1`)
		is(t, "advertisements", advertisements, `
			0s: 2001:db8::1 on 1
			1s: 2001:db8::1 on 1`)
	})
}

func TestGroupSharesItsPace(t *testing.T) {
	pacing := Pacing{Groups: []Group{{Interfaces: []int{1, 2}, Pace: Pace{GARP: time.Second}}}}
	story(t, pacing, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", Schedule{Repeat: 1}, append(on(1, "192.0.2.1"), on(2, "192.0.2.2")...))
		a.Announce("VI_3", Schedule{Repeat: 2}, on(3, "192.0.2.3"))
		time.Sleep(time.Minute)
		shared := 0
		for _, f := range n.all() {
			if f.ifindex == 3 && f.at != 0 {
				t.Errorf("interface 3 is in no group and had to wait: %v", f)
			}
			if f.ifindex != 3 {
				if f.at != time.Duration(shared)*time.Second {
					t.Errorf("frame %d of the group at %v", shared, f.at)
				}
				shared++
			}
		}
		if shared != 2 {
			t.Errorf("%d frames of the group", shared)
		}
	})
}

func TestPaceChanges(t *testing.T) {
	story(t, Pacing{Default: Pace{GARP: time.Hour}}, func(t *testing.T, a *Announcer, n *network) {
		a.Announce("VI_1", Schedule{Repeat: 3, Delay: 10 * time.Second}, on(1, "192.0.2.1"))
		time.Sleep(time.Second)
		a.SetPacing(Pacing{})
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			1s: 2 x 192.0.2.1
			10s: 3 x 192.0.2.1`)
	})
}

// An interface that takes nothing for a moment gets everything afterwards.
func TestBusyInterface(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		free := n.begun.Add(30 * time.Millisecond)
		n.refuse = func(ifindex, frames int) (int, error) {
			if ifindex == 1 && time.Now().Before(free) {
				return 0, unix.ENOBUFS
			}
			return frames, nil
		}
		a.Announce("VI_1", Schedule{Repeat: 2}, on(1, "192.0.2.1"))
		a.Announce("VI_2", Schedule{Repeat: 1}, on(2, "192.0.2.2"))
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.2
			30ms: 2 x 192.0.2.1`)
		is(t, "notes", n.said(), `
			0s VI_2 done: takeover
			30ms VI_1 done: takeover`)
	})
}

// One that is down loses the burst, holds no other interface up, and is tried
// again when the schedule says so.
func TestDeadInterface(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		up := n.begun.Add(4 * time.Second)
		n.refuse = func(ifindex, frames int) (int, error) {
			if ifindex == 1 && time.Now().Before(up) {
				return 0, unix.ENETDOWN
			}
			return frames, nil
		}
		a.Announce("VI_1", usual, append(on(1, "192.0.2.1"), on(2, "192.0.2.2")...))
		time.Sleep(time.Second)
		is(t, "frames", n.rounds(), `0s: 5 x 192.0.2.2`)
		is(t, "notes", n.said()[:1], `0s VI_1 failed on 1: network is down`)
		time.Sleep(time.Minute)
		if got := len(n.all()); got != 3*5 {
			t.Errorf("%d frames in the end: %v", got, n.rounds())
		}
		if n.opens(1) != 2 {
			t.Errorf("the socket was opened %d times, want 2", n.opens(1))
		}
	})
}

// An interface that stays busy is given up, in the end.
func TestBusyForGood(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		n.refuse = func(int, int) (int, error) { return 0, unix.EAGAIN }
		a.Announce("VI_1", Schedule{Repeat: 2}, on(1, "192.0.2.1"))
		time.Sleep(time.Minute)
		is(t, "notes", n.said(), `
			1s VI_1 failed on 1: resource temporarily unavailable
			1s VI_1 done: takeover`)
	})
}

// A thousand owners with hour-long schedules and one with a short one.
func TestManyOwners(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		for i := range 1000 {
			a.Announce(fmt.Sprint("VI_", i), Schedule{Repeat: 1, Delay: time.Hour, Refresh: time.Hour},
				on(1+i%4, fmt.Sprintf("10.0.%d.%d", i/250, 1+i%250)))
		}
		if len(n.all()) != 1000 {
			t.Fatalf("%d of 1000 left at once", len(n.all()))
		}
		a.Announce("late", Schedule{Repeat: 1, Delay: time.Second}, on(1, "192.0.2.1"))
		time.Sleep(2 * time.Second)
		if len(n.all()) != 1002 {
			t.Errorf("%d frames, want 1002", len(n.all()))
		}
		for i := range 1000 {
			a.Stop(fmt.Sprint("VI_", i))
		}
		time.Sleep(2 * time.Hour)
		if len(n.all()) != 1002 {
			t.Errorf("%d frames after all was stopped, want 1002", len(n.all()))
		}
	})
}

// split lists gratuitous ARPs and advertisements apart.
func split(n *network) (garps, advertisements []string) {
	for _, f := range n.all() {
		line := fmt.Sprintf("%v: %s on %d", f.at, f.addr, f.ifindex)
		if len(f.addr) > 4 && f.addr[:4] == "2001" {
			advertisements = append(advertisements, line)
		} else {
			garps = append(garps, line)
		}
	}
	return garps, advertisements
}

// A frame that was held up is not followed by the next before its time.
func TestLater(t *testing.T) {
	at := time.Now()
	for _, c := range []struct{ interval, behind, want time.Duration }{
		{0, 5 * time.Second, 0},
		{100 * time.Millisecond, 0, 100 * time.Millisecond},
		{100 * time.Millisecond, time.Millisecond, 99 * time.Millisecond},
		{100 * time.Millisecond, 76 * time.Millisecond, 98 * time.Millisecond},
		{100 * time.Millisecond, time.Minute, 100 * time.Millisecond},
		{time.Millisecond, 1500 * time.Microsecond, -500 * time.Microsecond},
		{time.Millisecond, time.Second, time.Millisecond},
	} {
		if got := later(at.Add(-c.behind), at, c.interval).Sub(at); got != c.want {
			t.Errorf("interval %v, %v behind: the next frame leaves after %v, want %v", c.interval, c.behind, got, c.want)
		}
	}
}
