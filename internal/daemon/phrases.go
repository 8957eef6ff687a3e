package daemon

import (
	"fmt"
	"log/slog"
	"net"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// line is one log line: keepalived's phrase, and behind it what keepalived
// does not say.
type line struct {
	level slog.Level
	text  string
	attrs []slog.Attr
}

// transitionLines are the lines of a state change. The first is the one that
// people and their alerts grep for.
func transitionLines(name string, t vrrp.Transition) []line {
	attrs := append([]slog.Attr{slog.String("reason", t.Reason.String())}, evidence(t)...)
	initial := ""
	if t.Reason == vrrp.ReasonStartup || t.Fault && t.From == t.To { // it was silent until now
		initial = " (init)"
	}
	switch {
	case t.Reason == vrrp.ReasonResumed:
		return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Goes on as %s", name, stateOf(t.To, t.Fault)), attrs[:2]}}
	case t.To == vrrp.Active:
		return append(expiry(name, t), line{slog.LevelInfo, fmt.Sprintf("(%s) Entering MASTER STATE", name), attrs})
	case t.To == vrrp.Backup:
		return append(better(name, t), line{slog.LevelInfo, fmt.Sprintf("(%s) Entering BACKUP STATE%s", name, initial), attrs})
	case t.Fault:
		cause := fmt.Sprintf("(%s) entering FAULT state (%s)", name, causeText(t.Evidence.Cause))
		return []line{
			{slog.LevelWarn, cause, nil},
			{slog.LevelWarn, fmt.Sprintf("(%s) Entering FAULT STATE%s", name, initial), attrs},
		}
	case t.Reason == vrrp.ReasonShutdown:
		return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Stopping", name), attrs}}
	}
	return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Waiting (%s)", name, causeText(t.Evidence.Cause)), attrs}}
}

// expiry is the line before a takeover by silence.
func expiry(name string, t vrrp.Transition) []line {
	if t.Reason != vrrp.ReasonNoAdvert && t.Reason != vrrp.ReasonHoldLimit {
		return nil
	}
	return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Receive advertisement timeout", name), nil}}
}

// better is the line before a master gives way to a better one.
func better(name string, t vrrp.Transition) []line {
	heard := t.Evidence.Trigger
	switch t.Reason {
	case vrrp.ReasonHigherPriority:
		return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Master received advert from %v with higher priority %d, ours %d", name, heard.From, heard.Priority, t.Evidence.Priority), nil}}
	case vrrp.ReasonHigherAddress:
		return []line{{slog.LevelInfo, fmt.Sprintf("(%s) Master received advert from %v with same priority %d but higher IP address than ours", name, heard.From, heard.Priority), nil}}
	}
	return nil
}

// evidence is what the decision was made from.
func evidence(t vrrp.Transition) []slog.Attr {
	e := t.Evidence
	attrs := []slog.Attr{slog.Int("priority", int(e.Priority))}
	if e.Trigger.From.IsValid() {
		attrs = append(attrs, slog.String("heard_from", e.Trigger.From.String()), slog.Int("heard_priority", int(e.Trigger.Priority)))
	}
	switch {
	case e.Last.From.IsValid():
		attrs = append(attrs, slog.String("last_advert_from", e.Last.From.String()),
			slog.Duration("last_advert_age", e.Age), slog.Int("last_advert_priority", int(e.Last.Priority)))
	case t.To == vrrp.Active:
		attrs = append(attrs, slog.String("last_advert_from", "none accepted since start"))
	}
	if !e.Deadline.IsZero() {
		attrs = append(attrs, slog.Duration("down_interval", e.Down), slog.Duration("late", e.Late))
	}
	if e.Discarded.From.IsValid() {
		attrs = append(attrs, slog.String("ignored_from", e.Discarded.From.String()), slog.Int("ignored_priority", int(e.Discarded.Priority)))
	}
	if d := e.Doubt; d.Held > 0 {
		attrs = append(attrs, slog.Duration("put_off", d.Held), slog.String("put_off_for", d.Obstacle.String()))
	}
	if a := e.Doubt.Answer; a.Addr.IsValid() {
		attrs = append(attrs, slog.String("still_answers", a.Addr.String()), slog.String("mac", net.HardwareAddr(a.MAC[:]).String()))
	}
	if e.Rejected.Total > 0 {
		attrs = append(attrs, slog.String("rejected", e.Rejected.String()))
	}
	if e.Cause.Kind != vrrp.CauseNone {
		attrs = append(attrs, slog.String("cause", e.Cause.String()))
	}
	return attrs
}

// causeText puts a cause in keepalived's words.
func causeText(c vrrp.Cause) string {
	switch c.Kind {
	case vrrp.CauseInterface, vrrp.CauseTracked:
		return fmt.Sprintf("interface %s down", c.Name)
	case vrrp.CauseScript:
		return fmt.Sprintf("due to script %s", c.Name)
	case vrrp.CauseFile:
		return fmt.Sprintf("tracked file %s", c.Name)
	case vrrp.CauseProcess:
		return fmt.Sprintf("tracked process %s", c.Name)
	case vrrp.CauseAddress:
		return "no address for interface to send adverts from"
	case vrrp.CauseSource:
		return "src address not configured"
	}
	return c.String()
}

// noteLine is the line of a fact that is no transition; false when it has none.
func noteLine(name string, n vrrp.Note) (line, bool) {
	say := func(level slog.Level, format string, args ...any) (line, bool) {
		return line{level: level, text: fmt.Sprintf("(%s) ", name) + fmt.Sprintf(format, args...)}, true
	}
	switch n.Kind {
	case vrrp.NoteLowerPriority:
		election := ""
		if n.Answered {
			election = ", forcing new election"
		}
		return say(slog.LevelWarn, "Received advert from %v with lower priority %d, ours %d%s", n.From, n.Priority, n.Ours, election)
	case vrrp.NoteDiscarded:
		return say(slog.LevelInfo, "received lower priority (%d) advert from %v - discarding", n.Priority, n.From)
	case vrrp.NotePriorityZero:
		if n.State == vrrp.Active {
			return say(slog.LevelInfo, "Master received priority 0 message from %v", n.From)
		}
		return say(slog.LevelInfo, "Backup received priority 0 advertisement from %v", n.From)
	case vrrp.NoteOwnAddress:
		return say(slog.LevelWarn, "WARNING - equal priority advert received from remote host with our IP address.")
	case vrrp.NoteOwnerConflict:
		return say(slog.LevelError, "CONFIGURATION ERROR: local instance and %v are both configured as address owner, please resolve", n.From)
	case vrrp.NoteActiveChanged:
		if n.Was.IsValid() {
			return say(slog.LevelInfo, "master changed from %v to %v", n.Was, n.From)
		}
		return say(slog.LevelInfo, "master set to %v", n.From)
	case vrrp.NoteIntervalLearned:
		return say(slog.LevelInfo, "advertisement interval updated from %v to %v by master", n.OldInterval, n.Interval)
	case vrrp.NoteIntervalFloor:
		return say(slog.LevelWarn, "%v advertises every %v, less than the floor of %v, which is used", n.From, n.Interval, n.OldInterval)
	case vrrp.NoteAddressMismatch:
		return say(slog.LevelWarn, "the addresses in the adverts of %v are not ours; they are followed nevertheless. Give both nodes the same virtual_ipaddress list", n.From)
	case vrrp.NotePreemptDelay:
		return say(slog.LevelInfo, "start preempt delay (%.6f)", n.Interval.Seconds())
	case vrrp.NotePreemptDelayOver:
		return say(slog.LevelInfo, "stop preempt delay")
	case vrrp.NotePriority:
		return say(slog.LevelInfo, "Changing effective priority from %d to %d", n.Ours, n.Priority)
	case vrrp.NoteFaultRaised, vrrp.NoteFaultCleared:
		return faultLine(say, n)
	case vrrp.NoteLateWakeup:
		return say(slog.LevelInfo, "timer expired %v ago but an advert from %v had arrived by the kernel's clock: no failover", n.Late, n.From)
	case vrrp.NoteStalled:
		return say(slog.LevelWarn, "A thread timer expired %.6f seconds ago: our adverts were that late", n.Late.Seconds())
	case vrrp.NoteGroupWaits:
		return say(slog.LevelInfo, "ready to become master, waiting for the rest of the sync group")
	case vrrp.NoteStillAnswers, vrrp.NoteDeaf, vrrp.NoteWitnessSilent, vrrp.NoteHold, vrrp.NoteHoldOver, vrrp.NoteHealed, vrrp.NoteForeignGoodbye:
		return doubtLine(say, n)
	case vrrp.NoteRefused:
		return say(slog.LevelError, "the new settings cannot be used; nothing has changed")
	}
	return line{}, false
}

func faultLine(say func(slog.Level, string, ...any) (line, bool), n vrrp.Note) (line, bool) {
	if n.Cause.Kind.Quiet() {
		return line{}, false
	}
	if n.Kind == vrrp.NoteFaultRaised {
		return say(slog.LevelWarn, "entering FAULT state (%s)", causeText(n.Cause))
	}
	return say(slog.LevelInfo, "no longer in the way: %s", causeText(n.Cause))
}
