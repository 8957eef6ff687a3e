package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// The deadlines of a group's members are a little apart, as its members were
// started and heard apart. The group becomes Active at the last of them.
func TestGroupTakesOverWithDeadlinesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		one, two := b.spec("VI_1", 51, 100), b.spec("VI_2", 52, 100)
		for _, f := range []Fact{
			Add{Group: "G", Members: []Spec{one, two}},
			Bind{Router: "VI_1", IfIndex: ifindex, Out: b, Source: ours},
			Bind{Router: "VI_2", IfIndex: ifindex, Out: b, Source: ours},
			Tell{Router: "VI_1", Event: vrrp.Startup{}},
		} {
			if err := b.e.Settle(f); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		b.hear(time.Now(), advert(51, 200, time.Second))
		time.Sleep(time.Millisecond)
		b.hear(time.Now(), advert(52, 200, time.Second))
		time.Sleep(3700 * time.Millisecond)
		if s := b.state(); s != vrrp.Active {
			t.Errorf("%v after the down interval of both", s)
		}
		b.close()
	})
}
