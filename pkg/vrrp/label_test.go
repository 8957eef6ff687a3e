package vrrp

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Labels are stable, unique and fit for a metric.
func TestLabels(t *testing.T) {
	fits := regexp.MustCompile(`^[a-z][a-z_]*$`)
	check := func(kind string, labels []fmt.Stringer) {
		seen := map[string]bool{}
		for _, l := range labels {
			if s := l.String(); !fits.MatchString(s) || seen[s] || s == "unknown" {
				t.Errorf("%s %q", kind, s)
			}
			seen[l.String()] = true
		}
	}
	var all []fmt.Stringer
	for _, r := range Reasons() {
		all = append(all, r)
		if r.Text() == "" {
			t.Errorf("%v says nothing", r)
		}
	}
	check("reason", all)
	all = nil
	for k := range causeLabels {
		all = append(all, CauseKind(k))
	}
	check("cause", all)
	all = nil
	for k := range noteLabels {
		all = append(all, NoteKind(k))
	}
	check("note", all)
	check("why", []fmt.Stringer{BecameActive, LowerPriority, AddressesChanged, Resumed, Healed})
	check("guard", []fmt.Stringer{GuardOff, GuardAlarm, GuardHold})
	check("wait", []fmt.Stringer{WaitNot, WaitLimit, WaitAlways})
	check("obstacle", []fmt.Stringer{NoObstacle, StillAnswers, Deaf, WitnessSilent})
	for _, unknown := range []fmt.Stringer{Reason(200), CauseKind(200), NoteKind(200), Why(200), State(200), Guard(200), Wait(200), Obstacle(200)} {
		if unknown.String() != "unknown" {
			t.Errorf("%T says %q", unknown, unknown)
		}
	}
}

// Every reason of the wire has a place in the counters.
func TestRejectsFit(t *testing.T) {
	for _, r := range wire.Rejects() {
		if int(r) >= MaxRejects-1 {
			t.Errorf("%d rejects do not fit %d", r, MaxRejects)
		}
	}
}

// The values of RFC 6527.
func TestMIB(t *testing.T) {
	for reason, want := range map[Reason]uint8{
		ReasonNone: 0, ReasonPriorityZero: 1, ReasonPreempt: 2, ReasonOwner: 2, ReasonNoAdvert: 3, ReasonFault: 0,
	} {
		if got := reason.NewActive(); got != want {
			t.Errorf("%v: %d, want %d", reason, got, want)
		}
	}
	for state, want := range map[State]uint8{Initialize: 1, Backup: 2, Active: 3} {
		if got := state.MIB(); got != want {
			t.Errorf("%v: %d, want %d", state, got, want)
		}
	}
}
