package main

import (
	"fmt"
	"slices"
	"strings"
)

// results is all raw data, to be asked.
type results []series

// where keeps the series with these properties; "" means any.
func (r results) where(scenario, daemon, interval, load, what string) results {
	is := func(got, want string) bool { return want == "" || got == want }
	var some results
	for _, s := range r {
		if is(s.Scenario, scenario) && is(s.Daemon, daemon) && is(s.Interval, interval) && is(s.Load, load) && is(s.What, what) {
			some = append(some, s)
		}
	}
	return some
}

// each calls f for every kind of circumstances, in the order of the data.
func (r results) each(f func(interval, load string)) {
	var seen []string
	for _, s := range r {
		key := s.Interval + "\x00" + s.Load
		if s.Daemon != "" && !slices.Contains(seen, key) {
			seen = append(seen, key)
			f(s.Interval, s.Load)
		}
	}
}

func (r results) daemons() []string {
	var list []string
	for _, s := range r {
		if s.Daemon != "" && !slices.Contains(list, s.Daemon) {
			list = append(list, s.Daemon)
		}
	}
	return list
}

// one is the single series that is asked for.
func (r results) one() (series, bool) {
	if len(r) == 0 {
		return series{}, false
	}
	return r[0], true
}

// value is the only value of a series, or "–".
func (r results) value(format string) string {
	s, ok := r.one()
	if !ok || len(s.Values) == 0 {
		return "–"
	}
	return fmt.Sprintf(format, s.Values[0])
}

// table is a Markdown table in the making.
type table struct {
	text strings.Builder
	head bool
}

func (t *table) row(cells ...string) {
	fmt.Fprintf(&t.text, "| %s |\n", strings.Join(cells, " | "))
	if !t.head {
		t.head = true
		fmt.Fprintf(&t.text, "|%s\n", strings.Repeat("---|", len(cells)))
	}
}

func (t *table) String() string { return t.text.String() }

// figure writes a number with three digits that count.
func figure(v float64) string {
	switch a := max(v, -v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// times is ours as a share of theirs.
func times(ours, theirs float64) string {
	if theirs <= 0 || ours != ours || theirs != theirs {
		return "–"
	}
	return figure(ours/theirs) + " ×"
}
