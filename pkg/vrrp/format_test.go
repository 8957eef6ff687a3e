package vrrp

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// formatState is the last line of every step.
func formatState(r *Router, now time.Time) string {
	state := r.State().String()
	if st := r.Status(); st.Fault {
		state += " (fault)"
	} else if st.Wants {
		state += " (wants Active)"
	}
	if r.Deadline().IsZero() {
		return state
	}
	return fmt.Sprintf("%s, deadline in %v", state, r.Deadline().Sub(now))
}

// formatAction prints an action as a fact.
func formatAction(a Action) string {
	switch a := a.(type) {
	case Transition:
		why := a.Reason.String()
		if a.Evidence.Cause.Kind != CauseNone {
			why += ": " + a.Evidence.Cause.String()
		}
		to := a.To.String()
		if a.Fault {
			to += " (fault)"
		}
		return fmt.Sprintf("%v -> %s (%s)", a.From, to, why)
	case SendAdvert:
		return fmt.Sprintf("send advert prio=%d interval=%v", a.Priority, a.Interval)
	case Ask:
		what := ""
		if a.Addresses {
			what += " addresses"
		}
		if a.Witness {
			what += " witness"
		}
		return fmt.Sprintf("ask%s", what)
	case Claim:
		return "claim"
	case Release:
		return "release"
	case Announce:
		return fmt.Sprintf("announce (%v)", a.Why)
	case Note:
		return formatNote(a)
	}
	return fmt.Sprintf("%#v", a)
}

func formatNote(n Note) string {
	var b strings.Builder
	fmt.Fprintf(&b, "note %v", n.Kind)
	if n.From.IsValid() {
		fmt.Fprintf(&b, " from=%v", n.From)
	}
	if n.Was.IsValid() {
		fmt.Fprintf(&b, " was=%v", n.Was)
	}
	if n.Priority != 0 {
		fmt.Fprintf(&b, " prio=%d", n.Priority)
	}
	if n.Ours != 0 {
		fmt.Fprintf(&b, " ours=%d", n.Ours)
	}
	if n.Interval != 0 {
		fmt.Fprintf(&b, " interval=%v", n.Interval)
	}
	if n.OldInterval != 0 {
		fmt.Fprintf(&b, " old=%v", n.OldInterval)
	}
	if n.Late != 0 {
		fmt.Fprintf(&b, " late=%v", n.Late)
	}
	if n.Answered {
		b.WriteString(" answered")
	}
	if n.Cause.Kind != CauseNone {
		fmt.Fprintf(&b, " cause=%v", n.Cause)
	}
	if n.Path != 0 || n.Kind == NotePathLost || n.Kind == NotePathBack {
		fmt.Fprintf(&b, " path=%d", n.Path)
	}
	if n.Obstacle != NoObstacle {
		fmt.Fprintf(&b, " obstacle=%v", n.Obstacle)
	}
	if n.Addr.IsValid() {
		fmt.Fprintf(&b, " addr=%v mac=%x", n.Addr, n.MAC)
	}
	if n.Stranger {
		b.WriteString(" stranger")
	}
	return b.String()
}

// formatCounters prints what is not zero, one line each.
func formatCounters(c Counters) string {
	var b strings.Builder
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && f.Kind() != reflect.Array {
			fmt.Fprintf(&b, "%s %v\n", v.Type().Field(i).Name, f.Interface())
		}
	}
	for reason, n := range c.Rejected {
		if n != 0 {
			fmt.Fprintf(&b, "Rejected %v %d\n", rejectName(reason), n)
		}
	}
	return b.String()
}

// formatConfig prints settings as the arguments of a command.
func formatConfig(c Config) string {
	guard := fmt.Sprintf(" guard=%v limit=%v deafwait=%v witnesswait=%v paths=%d", c.Guard, c.HoldLimit, c.DeafWait, c.WitnessWait, c.Paths)
	s := fmt.Sprintf("version=%d priority=%d interval=%v primary=%s adverts=%d delay=%v startup=%v floor=%v stall=%d",
		c.Version, c.Priority, c.Interval, formatAddr(c.Primary), c.DownAdverts, c.PreemptDelay, c.StartupDelay,
		c.IntervalFloor, c.TimerExpiredBackup)
	for _, flag := range []struct {
		name string
		on   bool
	}{
		{"nopreempt", c.NoPreempt}, {"answer", c.LowerPriorityAdvert}, {"higher", c.HigherPriorityAdvert},
		{"deaf", c.OwnerIgnoresAdverts}, {"waits", c.OwnerWaits}, {"witness", c.Witness},
	} {
		if flag.on {
			s += " " + flag.name
		} else {
			s += " " + flag.name + "=off"
		}
	}
	return s + guard
}

func formatAddr(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}

func formatCause(c Cause) string {
	if c.Name == "" {
		return c.Kind.String()
	}
	return c.Kind.String() + ":" + c.Name
}
