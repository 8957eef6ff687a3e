package daemon

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

var peer = netip.MustParseAddr("192.0.2.2")

// The phrases that people's alerts grep for stand word for word in our lines
// (keepalived's log; the list is in docs/keepalived.md).
func TestTransitionsSayWhatKeepalivedSays(t *testing.T) {
	heard := vrrp.Heard{From: peer, Priority: 150, Interval: time.Second}
	for _, c := range []struct {
		t    vrrp.Transition
		want []string
	}{
		{vrrp.Transition{From: vrrp.Initialize, To: vrrp.Backup, Reason: vrrp.ReasonStartup},
			[]string{"(VI_1) Entering BACKUP STATE (init)"}},
		{vrrp.Transition{From: vrrp.Backup, To: vrrp.Active, Reason: vrrp.ReasonNoAdvert,
			Evidence: vrrp.Evidence{Last: heard, Age: 3609 * time.Millisecond, Deadline: time.Now(), Down: 3609 * time.Millisecond}},
			[]string{"(VI_1) Receive advertisement timeout", "(VI_1) Entering MASTER STATE",
				"reason=no_advert", "last_advert_from=192.0.2.2", "last_advert_age=3.609s", "last_advert_priority=150"}},
		{vrrp.Transition{From: vrrp.Active, To: vrrp.Backup, Reason: vrrp.ReasonHigherPriority, Evidence: vrrp.Evidence{Trigger: heard, Priority: 100}},
			[]string{"(VI_1) Master received advert from 192.0.2.2 with higher priority 150, ours 100", "(VI_1) Entering BACKUP STATE", "reason=higher_priority", "heard_from=192.0.2.2", "heard_priority=150"}},
		{vrrp.Transition{From: vrrp.Active, To: vrrp.Backup, Reason: vrrp.ReasonHigherAddress, Evidence: vrrp.Evidence{Trigger: heard, Priority: 150}},
			[]string{"(VI_1) Master received advert from 192.0.2.2 with same priority 150 but higher IP address than ours", "(VI_1) Entering BACKUP STATE"}},
		{vrrp.Transition{From: vrrp.Backup, To: vrrp.Initialize, Fault: true, Reason: vrrp.ReasonFault,
			Evidence: vrrp.Evidence{Cause: vrrp.Cause{Kind: vrrp.CauseInterface, Name: "eth0"}}},
			[]string{"entering FAULT state (interface eth0 down)", "(VI_1) Entering FAULT STATE", "cause=interface eth0"}},
		{vrrp.Transition{From: vrrp.Active, To: vrrp.Initialize, Reason: vrrp.ReasonShutdown},
			[]string{"(VI_1) Stopping", "reason=shutdown"}},
		{vrrp.Transition{From: vrrp.Backup, To: vrrp.Active, Reason: vrrp.ReasonNoAdvert},
			[]string{"last_advert_from=none accepted since start"}},
	} {
		text := flat(transitionLines("VI_1", c.t))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%v to %v: no %q in\n%s", c.t.From, c.t.To, want, text)
			}
		}
	}
}

func TestNotesSayWhatKeepalivedSays(t *testing.T) {
	for _, c := range []struct {
		n    vrrp.Note
		want string
	}{
		{vrrp.Note{Kind: vrrp.NoteLowerPriority, From: peer, Priority: 90, Ours: 100, Answered: true},
			"(VI_1) Received advert from 192.0.2.2 with lower priority 90, ours 100, forcing new election"},
		{vrrp.Note{Kind: vrrp.NoteDiscarded, From: peer, Priority: 90}, "(VI_1) received lower priority (90) advert from 192.0.2.2 - discarding"},
		{vrrp.Note{Kind: vrrp.NotePriorityZero, State: vrrp.Backup, From: peer}, "(VI_1) Backup received priority 0 advertisement"},
		{vrrp.Note{Kind: vrrp.NotePriorityZero, State: vrrp.Active, From: peer}, "(VI_1) Master received priority 0 message"},
		{vrrp.Note{Kind: vrrp.NotePriority, Ours: 100, Priority: 102}, "(VI_1) Changing effective priority from 100 to 102"},
		{vrrp.Note{Kind: vrrp.NoteActiveChanged, From: peer}, "(VI_1) master set to 192.0.2.2"},
		{vrrp.Note{Kind: vrrp.NoteStalled, Late: 1500 * time.Millisecond}, "A thread timer expired 1.500000 seconds ago"},
		{vrrp.Note{Kind: vrrp.NotePreemptDelay, Interval: 2 * time.Second}, "(VI_1) start preempt delay (2.000000)"},
		{vrrp.Note{Kind: vrrp.NoteOwnAddress}, "WARNING - equal priority advert received from remote host with our IP address."},
	} {
		l, ok := noteLine("VI_1", c.n)
		if !ok || !strings.Contains(l.text, c.want) {
			t.Errorf("%v says %q, want %q", c.n.Kind, l.text, c.want)
		}
	}
	if _, ok := noteLine("VI_1", vrrp.Note{Kind: vrrp.NoteFaultRaised, Cause: vrrp.Cause{Kind: vrrp.CausePending}}); ok {
		t.Error("a quiet cause is said aloud")
	}
}

// flat puts lines and their attributes into one text.
func flat(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text)
		for _, a := range l.attrs {
			b.WriteString(" " + a.Key + "=" + a.Value.String())
		}
		b.WriteString("\n")
	}
	return b.String()
}
