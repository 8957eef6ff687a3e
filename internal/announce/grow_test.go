package announce

import (
	"testing"
	"time"
)

// What stands is announced at once, what comes later then; again only when all is known.
func TestGrowing(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Begin("VI_1", Schedule{Repeat: 2, Delay: 5 * time.Second})
		is(t, "nothing is known", n.rounds(), "")
		a.More("VI_1", on(1, "192.0.2.1", "192.0.2.2"), false)
		time.Sleep(time.Second)
		a.Announce("VI_2", Schedule{Repeat: 1}, on(1, "192.0.2.9")) // does not wait for the other
		time.Sleep(time.Second)
		a.More("VI_1", on(1, "192.0.2.3"), false)
		time.Sleep(time.Second)
		a.More("VI_1", on(2, "192.0.2.4"), true)
		time.Sleep(time.Minute)
		want := `
			0s: 1 x 192.0.2.1
			0s: 1 x 192.0.2.2
			1s: 1 x 192.0.2.9
			2s: 1 x 192.0.2.3
			3s: 1 x 192.0.2.1
			3s: 1 x 192.0.2.2
			3s: 1 x 192.0.2.3`
		var one, two []string
		for _, f := range n.all() {
			line := f.at.String() + " " + f.addr
			if f.ifindex == 2 {
				two = append(two, line)
			} else if f.at >= 8*time.Second {
				one = append(one, line)
			}
		}
		is(t, "the other interface", two, `
			3s 192.0.2.4
			3s 192.0.2.4
			8s 192.0.2.4
			8s 192.0.2.4`)
		is(t, "the second burst", one, `
			8s 192.0.2.1
			8s 192.0.2.2
			8s 192.0.2.3
			8s 192.0.2.1
			8s 192.0.2.2
			8s 192.0.2.3`)
		n.mu.Lock()
		var first []sent
		for _, f := range n.frames {
			if f.ifindex == 1 && f.at < 8*time.Second {
				first = append(first, f)
			}
		}
		n.frames = first
		n.mu.Unlock()
		is(t, "the first burst", n.rounds(), want)
		is(t, "notes", n.said(), `
			1s VI_2 done: takeover
			3s VI_1 done: takeover
			8s VI_1 done: takeover, delayed`)
	})
}

// A target that comes when its owner has stopped, or begun anew, is nobody's.
func TestGrowingStopped(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Begin("VI_1", Schedule{Repeat: 1})
		a.More("VI_1", on(1, "192.0.2.1"), false)
		is(t, "frames", n.rounds(), "0s: 1 x 192.0.2.1")
		a.Stop("VI_1")
		a.More("VI_1", on(1, "192.0.2.2"), true)
		time.Sleep(time.Second)
		a.Announce("VI_1", Schedule{Repeat: 1}, on(1, "192.0.2.3"))
		a.More("VI_1", on(1, "192.0.2.4"), true)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.3`)
	})
}

// An owner that moves while it grows announces what it was moved to, and nothing twice.
func TestGrowingMoved(t *testing.T) {
	story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
		a.Begin("VI_1", Schedule{Repeat: 1})
		a.More("VI_1", on(1, "192.0.2.1"), false)
		time.Sleep(time.Second)
		a.Move("VI_1", on(2, "192.0.2.1", "192.0.2.2"))
		a.More("VI_1", on(1, "192.0.2.2"), true)
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.2`)
		is(t, "notes", n.said(), `1s VI_1 done: takeover`)
	})
}

// With a pace, growing waits for it.
func TestGrowingPaced(t *testing.T) {
	story(t, Pacing{Default: Pace{GARP: time.Second}}, func(t *testing.T, a *Announcer, n *network) {
		a.Begin("VI_1", Schedule{Repeat: 1})
		a.More("VI_1", on(1, "192.0.2.1", "192.0.2.2"), false)
		time.Sleep(3500 * time.Millisecond)
		a.More("VI_1", on(1, "192.0.2.3"), true)
		time.Sleep(time.Minute)
		is(t, "frames", n.rounds(), `
			0s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.2
			3.5s: 1 x 192.0.2.3`)
	})
}
