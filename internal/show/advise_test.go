package show

import (
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// measured is a histogram of gaps around 100 ms: a hundred thousand on time, a
// few late, and one lost advert.
func measured() control.Histogram {
	h := control.Histogram{Count: 100012, Sum: sec(10002 * time.Second), Max: sec(203 * time.Millisecond)}
	for _, b := range []struct {
		le time.Duration
		n  uint64
	}{{50 * time.Millisecond, 0}, {101 * time.Millisecond, 100000}, {105 * time.Millisecond, 100009}, {150 * time.Millisecond, 100011}, {250 * time.Millisecond, 100012}} {
		h.Buckets = append(h.Buckets, control.Bucket{Le: sec(b.le), Count: b.n})
	}
	return h
}

func TestAdvise(t *testing.T) {
	i := control.Instance{InstanceStatus: inner(), Histograms: map[string]control.Histogram{"advert_interarrival_seconds": measured()}}
	golden(t, "advise", func(p Paper) string { return p.Advice(Advise(i), measured()) })

	two := i
	two.Version, two.Master, two.AdvertInterval = 2, nil, sec(time.Second)
	two.MasterDownInterval, two.SkewTime = sec(3613281250), sec(613281250)
	if a := Advise(two); len(a.Options) != 3 || a.Best != 2 || a.Options[2].Interval != sec(time.Second) {
		t.Errorf("version 2 knows whole seconds: %+v", a)
	}
	// The combination is safe, one advert less is not, and it is faster than by advert_int alone.
	a := Advise(i)
	o := a.Options[a.Fastest]
	if o.Needs != 32 || o.NeedsDown >= a.Options[a.Best].Down || !safe(o.Worst.Duration(), o.NeedsDown.Duration()) ||
		safe(o.Worst.Duration(), o.NeedsDown.Duration()-o.Interval.Duration()) {
		t.Errorf("the fastest is %+v", o)
	}
	// What runs now is in the table, whatever it is, and is told apart.
	odd := i
	master := *i.Master
	master.AdvertInterval = sec(250 * time.Millisecond)
	odd.Master, odd.MasterDownInterval, odd.SkewTime = &master, sec(3*250*time.Millisecond+153320312), sec(153320312)
	if a := Advise(odd); len(a.Options) != len(intervals3)+1 || a.Options[2].Interval != sec(250*time.Millisecond) || a.Adverts != 3 {
		t.Errorf("what runs now is not among the options: %+v", a)
	}
	golden(t, "advise-odd", func(p Paper) string { return p.Advice(Advise(odd), measured()) })
	none := i
	none.Histograms, none.State = nil, control.Master
	golden(t, "advise-master", func(p Paper) string { return p.Advice(Advise(none), control.Histogram{}) })
}

// A gap is taken for the worst that it can be.
func TestScaled(t *testing.T) {
	a := Advice{Interval: sec(100 * time.Millisecond)}
	for _, c := range []struct{ gap, interval, want time.Duration }{
		{100 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
		{103 * time.Millisecond, 10 * time.Millisecond, 13 * time.Millisecond},
		{203 * time.Millisecond, 10 * time.Millisecond, 113 * time.Millisecond}, // it stood still
		{203 * time.Millisecond, time.Second, 2003 * time.Millisecond},          // one was lost
		{97 * time.Millisecond, time.Second, time.Second},
	} {
		if got := a.scaled(c.gap, c.interval); got != c.want {
			t.Errorf("a gap of %v at %v: %v, want %v", c.gap, c.interval, got, c.want)
		}
	}
	for gap := time.Duration(0); gap < time.Second; gap += time.Millisecond {
		for _, i := range intervals3 {
			if a.scaled(gap+time.Millisecond, i) < a.scaled(gap, i) {
				t.Fatalf("a longer gap than %v means less at %v", gap, i)
			}
		}
	}
}

func TestLength(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s": 0, "78.1 µs": 78125 * time.Nanosecond, "312.4 ms": 312400 * time.Microsecond, "2.31 s": 2310 * time.Millisecond,
		"42 s": 42 * time.Second, "4 m 12 s": 252 * time.Second, "5 m": 5 * time.Minute, "3 h 5 m": 185 * time.Minute,
		"12 d 4 h": 292 * time.Hour, "-1 s": -time.Second,
	} {
		if got := length(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
