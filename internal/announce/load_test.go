package announce

import (
	"testing"
	"time"
)

// What was loaded is announced as anything else is, and once only; nothing leaves before.
func TestLoaded(t *testing.T) {
	targets := on(1, "192.0.2.1", "192.0.2.2")
	const both = `
			1s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.2
			1s: 1 x 192.0.2.1
			1s: 1 x 192.0.2.2`
	for _, c := range []struct {
		name   string
		change func(a *Announcer)
		used   bool
	}{
		{"as it is", func(*Announcer) {}, true},
		{"stopped", func(a *Announcer) { a.Stop("VI_1") }, false},
		{"unloaded", func(a *Announcer) { a.Unload("VI_1") }, false},
		{"with another schedule", func(a *Announcer) { a.Load("VI_1", Schedule{Repeat: 7}, targets) }, false},
		{"with other targets", func(a *Announcer) { a.Load("VI_1", Schedule{Repeat: 2}, on(1, "192.0.2.1", "192.0.2.2")) }, false},
		{"at another pace", func(a *Announcer) { a.SetPacing(Pacing{}) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, Pacing{}, func(t *testing.T, a *Announcer, n *network) {
				a.Load("VI_1", Schedule{Repeat: 2}, targets)
				c.change(a)
				time.Sleep(time.Second)
				is(t, "frames before", n.rounds(), ``)
				a.mu.Lock()
				o, _ := a.plan.unload("VI_1", Schedule{Repeat: 2}, targets)
				if used := o != nil; used != c.used {
					t.Errorf("used: %v", used)
				} else if used {
					a.plan.load("VI_1", Schedule{Repeat: 2}, targets)
				}
				a.mu.Unlock()
				a.Announce("VI_1", Schedule{Repeat: 2}, targets)
				time.Sleep(time.Second)
				if got := len(a.plan.loaded); got != 0 {
					t.Errorf("%d are loaded still", got)
				}
				is(t, "frames", n.rounds(), both)
			})
		})
	}
}
