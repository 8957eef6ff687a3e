package show

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Events is `xvrrp events`: a table, oldest first.
func (p Paper) Events(list []control.Event, now time.Time) string {
	if len(list) == 0 {
		return "(no events)\n"
	}
	return p.history("", list, now)
}

// Border stands between what an earlier process of the daemon wrote down and
// what the present one did.
const Border = "-- an earlier process wrote what is above --"

// history lays events out, with the border where it belongs.
func (p Paper) history(indent string, list []control.Event, now time.Time) string {
	list = causesFirst(list)
	rows := make([][]cell, len(list))
	earlier := 0
	for i, e := range list {
		rows[i] = p.eventRow(e, now)
		if e.Earlier {
			earlier = i + 1
		}
	}
	lines := p.lines(indent, rows)
	if earlier > 0 {
		lines = slices.Insert(lines, earlier, indent+p.paint(faint, Border)+"\n")
	}
	return strings.Join(lines, "")
}

// causesFirst puts a transition in front of the end of its takeover, which may be
// written down earlier, as the evidence takes longer to gather.
func causesFirst(list []control.Event) []control.Event {
	list = slices.Clone(list)
	for i := range len(list) - 1 {
		done, became := list[i], list[i+1]
		if done.Kind == control.KindTakeoverDone && became.Kind == control.KindTransition && became.To == control.Master &&
			done.Instance == became.Instance && !became.Time.After(done.Time) && done.Earlier == became.Earlier {
			list[i], list[i+1] = became, done
		}
	}
	return list
}

// Event is what `xvrrp events --follow` prints for one, in columns wide enough
// for most.
func (p Paper) Event(e control.Event, now time.Time) string {
	row := p.eventRow(e, now)
	head := fmt.Sprintf("%s  %-12s  ", row[0].text, row[1].text)
	painted := head
	if row[2].text != "" {
		head, painted = head+row[2].text+gap, painted+p.paint(row[2].ink, row[2].text)+gap
	}
	return p.lead(head, painted, row[3])
}

// eventRow is: when, who, the states of a transition, what.
func (p Paper) eventRow(e control.Event, now time.Time) []cell {
	who := e.Instance
	switch {
	case who == "" && e.Group != "":
		who = "group " + e.Group
	case who == "":
		who = "daemon"
	}
	states := cell{}
	if e.Kind == control.KindTransition {
		states = inked(inkOf(e.To), fmt.Sprintf("%s -> %s", or(string(e.From), "?"), e.To))
	}
	return []cell{word(p.clock(e.Time, now)), word(clean(who)), states, inked(eventInk(e.Kind), clean(sentence(e)))}
}

func eventInk(k control.Kind) ink {
	switch k {
	case control.KindConflict, control.KindSplitBrain:
		return red
	case control.KindRejected, control.KindGuard, control.KindError, control.KindNotify:
		return yellow
	}
	return plain
}

// sentence is what the event tells, with the most telling of its evidence.
func sentence(e control.Event) string {
	text := or(strings.TrimPrefix(e.Text, "("+e.Instance+") "), or(e.Reason, string(e.Kind)))
	ev := e.Evidence
	if ev == nil {
		return text
	}
	var more []string
	switch {
	case e.Kind == control.KindTransition && e.Reason == "no_advert" && ev.Master != "":
		more = append(more, fmt.Sprintf("%s silent for %s", ev.Master, seconds(ev.LastAdvertAge)))
	case e.Kind == control.KindTransition && ev.Master != "" && decided(e.Reason):
		more = append(more, fmt.Sprintf("%s priority %d", ev.Master, ev.MasterPriority))
	case e.Kind == control.KindTakeoverDone && ev.Takeover > 0:
		more = append(more, "in "+seconds(ev.Takeover))
	}
	if len(ev.Rejected) > 0 {
		more = append(more, "refused "+total(ev.Rejected, "advert", "adverts"))
	}
	if len(ev.Faults) > 0 {
		more = append(more, strings.Join(ev.Faults, ", "))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, "; ") + ")"
	}
	return text
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
