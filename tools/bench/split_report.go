package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// settled is the part of the page that says who answered while networks and
// nodes broke.
func settled(p *page) error {
	data := p.data.where("split", "", "", "", "")
	if len(data) == 0 {
		return nil
	}
	p.printf("\n## Two masters, or none\n\nWhat a third host sees, which asks by ARP every 5 ms who has the address: owners at once at most / longest time with two / longest " +
		"time with none, in milliseconds, and `→ n` owners at the end where that is not 1. The first daemon of a pair is master when the fault begins. " +
		"A fault for a while lasts three down intervals, and three more are watched after it.\n")
	for _, at := range paces {
		interval := at.interval.String()
		rows := data.where("", "", interval, "", "owners at most")
		if len(rows) == 0 {
			continue
		}
		p.printf("\n### advert_int %s\n\n", interval)
		p.printf("%s", ownersTable(data.where("", "", interval, "", "")))
	}
	p.printf("\n%s\n", verdict(data))
	return nil
}

func ownersTable(data results) string {
	var names []string
	for _, c := range couples {
		if slices.Contains(data.daemons(), c.name) {
			names = append(names, c.name)
		}
	}
	var t table
	t.row(append([]string{"fault"}, names...)...)
	for _, f := range faults {
		if len(data.where("", "", "", f.name, "")) == 0 {
			continue
		}
		cells := []string{f.name}
		for _, name := range names {
			cells = append(cells, ownersCell(data.where("", name, "", f.name, "")))
		}
		t.row(cells...)
	}
	return t.String()
}

func ownersCell(of results) string {
	value := func(what string) string { return of.where("", "", "", "", what).value("%.0f") }
	cell := fmt.Sprintf("%s / %s / %s", value("owners at most"), value("longest with two owners"), value("longest with none"))
	if end := value("owners at the end"); end != "1" {
		cell += " → " + end
	}
	return cell
}

// slackOfBound is how much longer than a down interval two may answer.
const slackOfBound = 20 * time.Millisecond

// verdict is the promise, and whether it was kept.
func verdict(data results) string {
	const promised = "xvrrp hold"
	checked := 0
	var broken []string
	for _, s := range data.where("", promised, "", "", "longest with two owners") {
		interval, err := time.ParseDuration(s.Interval)
		if err != nil || strings.Contains(s.Load, noARP) {
			continue
		}
		checked++
		bound := one(interval).down(&node{number: 2}) + slackOfBound
		if s.Values[0] > milliseconds(bound) {
			broken = append(broken, fmt.Sprintf("- %s, %s: %.0f ms, allowed are %.0f ms", s.Interval, s.Load, s.Values[0], milliseconds(bound)))
		}
	}
	text := "**With `split_brain_guard hold` and `fence on`, two never answer for longer than one down interval and 20 ms, in any row where ARP crosses: "
	switch {
	case checked == 0:
		return text + "not measured.**"
	case len(broken) > 0:
		return fmt.Sprintf("%sFAIL, %d of %d rows.**\n\n%s", text, len(broken), checked, strings.Join(broken, "\n"))
	}
	return fmt.Sprintf("%sPASS, %d rows.**", text, checked)
}
