package engine

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// neighbour answers the questions of a router as the old owner would.
type neighbour struct {
	b       *bench
	answers bool
	asked   []time.Time
	until   []time.Time
}

func (n *neighbour) Ask(a vrrp.Ask) {
	n.asked, n.until = append(n.asked, time.Now()), append(n.until, a.Until)
	if !n.answers {
		return
	}
	at := time.Now().Add(time.Millisecond)
	time.AfterFunc(time.Millisecond, func() {
		n.b.e.Do(Tell{Router: "VI_1", At: at, Event: vrrp.Answered{Addr: vip, MAC: [6]byte{2, 0, 0, 0, 0, 9}}})
	})
}

func holding(b *bench, n *neighbour) Spec {
	s := b.spec("VI_1", 51, 100)
	s.Election.Guard, s.Asker = vrrp.GuardHold, n
	return s
}

// The question goes out before the down interval ends, and with silence the
// takeover is not a nanosecond later than without it.
func TestSilentQuestionCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		n := &neighbour{b: b}
		begin := time.Now()
		b.run(holding(b, n))
		due := begin.Add(3*time.Second + 156*time.Second/256)
		time.Sleep(time.Until(due) - time.Nanosecond)
		if s := b.state(); s != vrrp.Backup {
			t.Fatalf("%v before the deadline", s)
		}
		time.Sleep(2 * time.Nanosecond)
		if s := b.state(); s != vrrp.Active {
			t.Fatalf("%v after the deadline", s)
		}
		if want := []time.Time{due.Add(-125 * time.Millisecond)}; !slices.EqualFunc(n.asked, want, time.Time.Equal) || !n.until[0].Equal(due) {
			t.Errorf("asked %v until %v, want %v until %v", n.asked, n.until, want, due)
		}
		b.close()
	})
}

// An address that answers is left alone until it does not answer any more.
func TestAnswerHoldsTheTakeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		n := &neighbour{b: b, answers: true}
		b.run(holding(b, n))
		time.Sleep(8 * time.Second)
		if s := b.state(); s != vrrp.Backup {
			t.Fatalf("%v while the address answers", s)
		}
		if len(b.priorities()) != 0 {
			t.Error("an advert left")
		}
		b.on(func() { n.answers = false })
		time.Sleep(250 * time.Millisecond)
		if s := b.state(); s != vrrp.Active {
			t.Fatalf("%v two windows after the last answer", s)
		}
		b.close()
	})
}

// An answer that is read after the deadline, but came before, counts.
func TestAnswerCountsByItsArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(holding(b, &neighbour{b: b}))
		time.Sleep(3500 * time.Millisecond)
		b.on(func() {
			came := time.Now().Add(50 * time.Millisecond)
			time.Sleep(10 * time.Second) // the loop thread starves
			b.e.Hear("VI_1", came, vrrp.Answered{Addr: vip, MAC: [6]byte{2, 0, 0, 0, 0, 9}})
			b.e.Wakeup(time.Now())
		})
		if s := b.state(); s != vrrp.Backup {
			t.Errorf("%v in spite of an answer in time", s)
		}
		b.close()
	})
}
