package show

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// safe says that the longest gap and half of it more fits into the down
// interval.
func safe(gap, down time.Duration) bool { return gap+gap/2 <= down }

// Advice is what the measured gaps between adverts say about one instance.
type Advice struct {
	Instance string          `json:"instance"`
	Interval control.Seconds `json:"interval"` // the master's, while it was measured
	Adverts  int             `json:"down_timer_adverts"`
	Gaps     uint64          `json:"gaps"`
	Observed control.Seconds `json:"observed"` // the sum of all gaps
	Longest  control.Seconds `json:"longest"`
	Options  []Option        `json:"options"`
	// Best is the index of the fastest safe option; -1 when none is.
	Best int `json:"best"`
	// Fastest is the index of the option that fails over first, or nearly so, when
	// it is given the down_timer_adverts that it needs; -1 when none is safe.
	Fastest int `json:"fastest"`
	// Why there is no advice; empty when there is.
	Why string `json:"why,omitempty"`
}

// Option is one advert_int and what would have happened with it.
type Option struct {
	Interval control.Seconds `json:"interval"`
	Down     control.Seconds `json:"down"` // a failover takes at most that
	// Worst is the longest gap that it would have had.
	Worst control.Seconds `json:"worst"`
	// False is how many false failovers it would have caused, at most: a
	// histogram knows no single gap.
	False uint64 `json:"false_failovers"`
	Safe  bool   `json:"safe"`
	// Needs is the lowest down_timer_adverts that would have been safe, and
	// NeedsDown what a failover takes then, at most; 0 when none is.
	Needs     int             `json:"needs_down_timer_adverts,omitempty"`
	NeedsDown control.Seconds `json:"needs_down,omitempty"`
}

// fewestAdverts and mostAdverts bound the down_timer_adverts that are advised:
// the protocol's number, and the language's highest.
const (
	fewestAdverts = 3
	mostAdverts   = 100
)

var (
	intervals3 = []time.Duration{time.Second, 500 * time.Millisecond, 200 * time.Millisecond, 100 * time.Millisecond,
		50 * time.Millisecond, 20 * time.Millisecond, 10 * time.Millisecond, 5 * time.Millisecond, 2 * time.Millisecond}
	intervals2 = []time.Duration{3 * time.Second, 2 * time.Second, time.Second}
)

// enoughGaps is how many gaps are needed before anything is said.
const enoughGaps = 100

// Advise works out an instance's Advice.
func Advise(i control.Instance) Advice {
	a := Advice{Instance: i.Name, Best: -1, Fastest: -1, Options: []Option{}}
	h, ok := i.Histograms["advert_interarrival_seconds"]
	a.Interval = i.AdvertInterval
	if i.Master != nil && !i.Master.Self && i.Master.AdvertInterval > 0 {
		a.Interval = i.Master.AdvertInterval
	}
	a.Gaps, a.Observed, a.Longest = h.Count, h.Sum, h.Max
	a.Adverts = 3
	if a.Interval > 0 {
		a.Adverts = int(math.Round(float64(i.MasterDownInterval-i.SkewTime) / float64(a.Interval)))
	}
	switch {
	case a.Interval <= 0 || a.Adverts <= 0:
		a.Why = "its timers are not known yet"
		return a
	case !ok || h.Count < enoughGaps:
		a.Why = fmt.Sprintf("only %s between adverts measured, %d are needed", count(h.Count, "gap", "gaps"), enoughGaps)
		if i.State == control.Master {
			a.Why += "; a master hears nobody: ask on the backup"
		}
		return a
	}
	list := intervals3
	if i.Version == 2 {
		list = intervals2
	}
	for _, interval := range with(list, a.Interval.Duration()) {
		o := a.try(h, interval, i)
		a.Options = append(a.Options, o)
		if o.Safe {
			a.Best = len(a.Options) - 1
		}
	}
	a.Fastest = fastest(a.Options)
	return a
}

// with is the list, the slowest first, and the interval that runs now in its place.
func with(list []time.Duration, now time.Duration) []time.Duration {
	list = append([]time.Duration{now}, list...)
	slices.SortFunc(list, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	return slices.Compact(list)
}

// fastest is the option with the shortest safe failover, or one with fewer
// adverts that takes a tenth more at most; -1 when none is safe.
func fastest(options []Option) int {
	best := -1
	for n, o := range options {
		if o.Needs > 0 && (best < 0 || o.NeedsDown < options[best].NeedsDown) {
			best = n
		}
	}
	for n, o := range options { // the slowest interval stands first
		if o.Needs > 0 && 10*o.NeedsDown <= 11*options[best].NeedsDown {
			return n
		}
	}
	return best
}

// try works out what the measured gaps would have been with another interval.
func (a Advice) try(h control.Histogram, interval time.Duration, i control.Instance) Option {
	down := time.Duration(a.Adverts)*interval + skew(i, interval)
	o := Option{Interval: control.Seconds(interval), Down: control.Seconds(down)}
	o.Worst = control.Seconds(a.scaled(h.Max.Duration(), interval))
	var before uint64
	for _, b := range h.Buckets {
		n := b.Count - before
		before = b.Count
		if n > 0 && a.scaled(min(b.Le.Duration(), h.Max.Duration()), interval) > down {
			o.False += n
		}
	}
	if o.Worst.Duration() > down {
		o.False += h.Count - before // beyond the last bucket
		o.False = max(o.False, 1)
	}
	o.Safe = safe(o.Worst.Duration(), down)
	for n := fewestAdverts; n <= mostAdverts && o.Needs == 0; n++ {
		if down := time.Duration(n)*interval + skew(i, interval); safe(o.Worst.Duration(), down) {
			o.Needs, o.NeedsDown = n, control.Seconds(down)
		}
	}
	return o
}

// scaled turns a gap at the measured interval into the worst that it can mean
// at another: the sender stood still, which costs as much at any interval, or
// adverts were lost, which costs an interval each. It grows with the gap.
func (a Advice) scaled(gap, interval time.Duration) time.Duration {
	measured := a.Interval.Duration()
	if gap <= measured {
		return interval
	}
	return max(interval+gap-measured, gap/measured*interval+gap%measured)
}

// skew is Skew_Time at another interval (RFC 9568 section 6.1; in version 2 it
// does not depend on the interval).
func skew(i control.Instance, interval time.Duration) time.Duration {
	if i.Version == 2 {
		interval = time.Second
	}
	return time.Duration(256-i.Priority) * interval / 256
}
