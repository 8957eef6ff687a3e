package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Advice is `xvrrp advise` for one instance.
func (p Paper) Advice(a Advice, h control.Histogram) string {
	var b strings.Builder
	if a.Why != "" {
		b.WriteString(wrap("", fmt.Sprintf("%s: no advice: %s", clean(a.Instance), a.Why)))
		return b.String()
	}
	b.WriteString(wrap("", fmt.Sprintf("%s: %s between adverts measured over %s, sent every %s; the longest was %s",
		clean(a.Instance), count(a.Gaps, "gap", "gaps"), seconds(a.Observed), seconds(a.Interval), seconds(a.Longest))))
	b.WriteString(p.plot(h))
	rows := [][]cell{{inked(bold, "ADVERT_INT"), inked(bold, "FAILOVER WITHIN"), inked(bold, "LONGEST GAP"), inked(bold, "FALSE FAILOVERS"), inked(bold, "SAFE WITH"), inked(bold, "")}}
	for n, o := range a.Options {
		verdict := inked(red, "would have failed over")
		switch {
		case n == a.Best:
			verdict = inked(green, "<- the fastest safe one")
		case o.Safe:
			verdict = inked(plain, "safe")
		case o.False == 0:
			verdict = inked(yellow, "too little headroom")
		}
		wrong := "0"
		if o.False > 0 {
			wrong = fmt.Sprintf("up to %d", o.False)
		}
		needs := "-"
		if o.Needs > 0 {
			needs = fmt.Sprintf("%d: %s", o.Needs, seconds(o.NeedsDown))
		}
		interval := seconds(o.Interval)
		if o.Interval == a.Interval {
			interval += " now"
		}
		rows = append(rows, []cell{word(interval), word(seconds(o.Down)), word(seconds(o.Worst)), word(wrong), word(needs), verdict})
	}
	b.WriteString(strings.Join(p.table(rows), "\n") + "\n")
	for _, sentence := range a.sentences() {
		b.WriteString(wrap("", sentence))
	}
	return b.String()
}

// fewObserved is how long one should have watched before one relies on it: the
// busiest hour of a day is in it.
const fewObserved = 24 * time.Hour

// sentences say what the table means and what to do.
func (a Advice) sentences() (say []string) {
	if a.Best < 0 {
		say = append(say, "None of these is safe: raise down_timer_adverts, or look for load and loss with `xvrrp doctor`.")
	} else if o := a.Options[a.Best]; o.Interval != a.Interval {
		say = append(say, fmt.Sprintf("The fastest safe one with down_timer_adverts %d as now: advert_int %s, a failover within %s.", a.Adverts, inFile(o.Interval), seconds(o.Down)))
	} else {
		say = append(say, fmt.Sprintf("With down_timer_adverts %d as now, what runs is the fastest safe one: a failover within %s.", a.Adverts, seconds(o.Down)))
	}
	if a.Fastest >= 0 && (a.Fastest != a.Best || a.Options[a.Fastest].Needs != a.Adverts) {
		o := a.Options[a.Fastest]
		say = append(say, fmt.Sprintf("The fastest safe failover of all: advert_int %s with down_timer_adverts %d, within %s.", inFile(o.Interval), o.Needs, seconds(o.NeedsDown)))
	}
	say = append(say, fmt.Sprintf("SAFE WITH is the lowest down_timer_adverts that would have been safe, and its failover; FAILOVER WITHIN is with %d, as now. Both numbers must be the same on every node. "+
		"The longest gap is taken for the worst that it can be: a sender that stood still, or lost adverts. "+
		"Safe means that it and half of it more fits into the down interval. Bars grow with the square root.", a.Adverts))
	if fastest := a.quickest(); fastest > 0 && fastest*2 < a.Interval.Duration() {
		say = append(say, fmt.Sprintf("Nobody has tried that here: what was measured was sent every %s. Go there in steps, halving advert_int, and ask again after each.", seconds(a.Interval)))
	}
	if a.Observed.Duration() < fewObserved {
		say = append(say, fmt.Sprintf("Measured over %s only: let it see a busy day, a backup run and the reboot of a neighbour before you rely on it.", seconds(a.Observed)))
	}
	return say
}

// quickest is the shortest interval that is advised, 0 when none is.
func (a Advice) quickest() (interval time.Duration) {
	for _, n := range []int{a.Best, a.Fastest} {
		if n >= 0 && (interval == 0 || a.Options[n].Interval.Duration() < interval) {
			interval = a.Options[n].Interval.Duration()
		}
	}
	return interval
}

// inFile is an interval as a configuration has it.
func inFile(s control.Seconds) string {
	return strconv.FormatFloat(s.Duration().Seconds(), 'f', -1, 64)
}

// plot draws the gaps, a row for each bucket that has any.
func (p Paper) plot(h control.Histogram) string {
	const bar = 50
	type row struct {
		le control.Seconds
		n  uint64
	}
	var rows []row
	var before, most uint64
	for _, k := range h.Buckets {
		if n := k.Count - before; n > 0 {
			rows = append(rows, row{k.Le, n})
			most = max(most, n)
		}
		before = k.Count
	}
	if n := h.Count - before; n > 0 && h.Count > before {
		rows = append(rows, row{h.Max, n})
		most = max(most, n)
	}
	var b strings.Builder
	for _, r := range rows {
		// The square root, so that a handful of late ones beside a million is seen.
		length := int(math.Ceil(bar * math.Sqrt(float64(r.n)/float64(most))))
		fmt.Fprintf(&b, "  up to %-9s %-*s %d\n", seconds(r.le), bar, strings.Repeat("#", length), r.n)
	}
	return b.String()
}
