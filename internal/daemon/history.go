package daemon

import (
	"fmt"
	"net"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// history keeps the last events for `explain` and `events`.
type history struct{ *control.Journal }

func (h history) daemon(kind control.Kind, text string) {
	h.Add(control.Event{Time: time.Now(), Kind: kind, Text: text})
}

func (h history) transition(instance string, at time.Time, t vrrp.Transition, temporary *control.TemporaryPriority, more func(*control.Evidence, vrrp.Transition)) {
	e := control.Event{
		Time: at, Kind: control.KindTransition, Instance: instance,
		From: stateOf(t.From, false), To: stateOf(t.To, t.Fault),
		Reason: t.Reason.String(), Text: t.Reason.Text(), Evidence: evidenceOf(t.Evidence),
	}
	more(e.Evidence, t)
	if temporary != nil {
		e.Evidence.Temporary = temporary.Priority
		e.Text += fmt.Sprintf(", with the temporary priority %d set by %s", temporary.Priority, temporary.By)
	}
	h.Add(e)
}

// rumour keeps the first advert that was refused for each reason.
func (h history) rumour(r rumour) {
	if r.instance != "" && r.reject != wire.None {
		text := r.reject.Error()
		if r.path != "" {
			text = fmt.Sprintf("heartbeat on second path %s from %v: %s", r.path, r.peer, text)
		}
		h.Add(control.Event{
			Time: time.Now(), Kind: control.KindRejected, Instance: r.instance, Reason: r.reject.String(), Text: text,
		})
	}
}

// note keeps the facts that explain a state; the rest is in the log.
func (h history) note(instance string, n vrrp.Note) {
	e := control.Event{Time: time.Now(), Instance: instance, Reason: n.Kind.String()}
	if l, ok := noteLine(instance, n); ok {
		e.Text = l.text
	}
	switch n.Kind {
	case vrrp.NotePriority:
		e.Kind = control.KindPriority
		e.Evidence = &control.Evidence{Priority: int(n.Priority), OldPriority: int(n.Ours)}
	case vrrp.NoteActiveChanged:
		e.Kind = control.KindMaster
		e.Evidence = &control.Evidence{Master: n.From.String(), MasterPriority: int(n.Priority)}
	case vrrp.NoteLowerPriority, vrrp.NoteOwnAddress, vrrp.NoteOwnerConflict:
		e.Kind = control.KindConflict
		e.Evidence = &control.Evidence{Priority: int(n.Ours), Master: n.From.String(), MasterPriority: int(n.Priority)}
	case vrrp.NoteStillAnswers, vrrp.NoteDeaf, vrrp.NoteWitnessSilent, vrrp.NoteHold, vrrp.NoteHoldOver, vrrp.NoteForeignGoodbye:
		e.Kind, e.Evidence = control.KindGuard, doubtEvidence(n)
	case vrrp.NoteLateWakeup, vrrp.NoteStalled:
		e.Kind = control.KindGuard
		e.Evidence = &control.Evidence{Lateness: control.Seconds(n.Late)}
	case vrrp.NoteFaultRaised, vrrp.NoteFaultCleared:
		if n.Cause.Kind.Quiet() {
			return
		}
		e.Kind = control.KindTracker
		e.Evidence = &control.Evidence{Tracker: n.Cause.String()}
	default:
		return
	}
	h.Add(e)
}

func stateOf(s vrrp.State, fault bool) control.State {
	switch {
	case s == vrrp.Active:
		return control.Master
	case s == vrrp.Backup:
		return control.Backup
	case fault:
		return control.Fault
	}
	return control.Init
}

func evidenceOf(e vrrp.Evidence) *control.Evidence {
	out := &control.Evidence{
		Priority: int(e.Priority), Limit: control.Seconds(e.Down), Lateness: control.Seconds(e.Late),
		Rejected: rejectedOf(e.Rejected), TTL: int(e.Rejected.TTL),
	}
	heard := e.Last
	switch {
	case e.Trigger.From.IsValid():
		heard = e.Trigger
	case !heard.From.IsValid():
		heard = e.Discarded // whom a preempting router had ignored
	}
	if heard.From.IsValid() {
		out.Master, out.MasterPriority = heard.From.String(), int(heard.Priority)
		at := heard.At
		out.LastAdvert, out.LastAdvertAge = &at, control.Seconds(e.Age)
	}
	if !e.Deadline.IsZero() {
		at := e.Deadline
		out.Deadline = &at
	}
	if d := e.Doubt; d.Held > 0 {
		out.Held, out.HeldFor = control.Seconds(d.Held), d.Obstacle.String()
	}
	if a := e.Doubt.Answer; a.Addr.IsValid() {
		out.Address, out.MAC = a.Addr.String(), net.HardwareAddr(a.MAC[:]).String()
	}
	if e.Cause.Kind != vrrp.CauseNone {
		out.Faults = []string{e.Cause.String()}
	}
	return out
}

func rejectedOf(r vrrp.Rejections) map[string]uint64 {
	if r.Total == 0 {
		return nil
	}
	counts := map[string]uint64{}
	for i, n := range r.Counts {
		if n > 0 {
			counts[wire.Reject(i).String()] = uint64(n)
		}
	}
	return counts
}
