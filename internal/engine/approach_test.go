package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Who needs long to get ready is called so much earlier, and an advert in between
// has it begin anew.
func TestWarning(t *testing.T) {
	watching.Store(true) // nobody waits awake: virtual time would stand still
	defer watching.Store(false)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.e.ports.Approach = func(at time.Time, _ func() bool) { time.Sleep(time.Until(at)) }
		s := b.spec("VI_1", 51, 100)
		s.Warning = 5 * time.Millisecond
		begun := time.Now()
		var called []time.Duration
		s.Ready = func(coming bool) {
			if coming {
				called = append(called, time.Since(begun))
			}
		}
		b.run(s)
		down := 3609375 * time.Microsecond
		heard := down - 2*time.Millisecond
		time.Sleep(heard)
		b.on(func() {
			b.e.Datagram(wire.Datagram{At: time.Now(), IfIndex: ifindex, IP: advert(51, 200, time.Second)})
			b.e.setAlarm()
		})
		time.Sleep(down + time.Millisecond)
		if got := b.state(); got != vrrp.Active {
			t.Errorf("state %v", got)
		}
		b.close()
		early := lead + s.Warning
		want := []time.Duration{down - early, heard + down - early}
		if len(called) != len(want) || called[0] != want[0] || called[1] != want[1] {
			t.Errorf("called at %v, want %v", called, want)
		}
	})
}
