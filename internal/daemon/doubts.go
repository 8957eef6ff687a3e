package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// What the guard before a takeover found, and what a person can do about it.
const (
	remedyAnswers = "the old master lives and its adverts do not come: look for a firewall, a switch that filters multicast, authentication; " +
		"or its daemon died without a fence"
	remedyStranger = "find the host with this MAC: it uses the address and was not the master"
	remedyDeaf     = "look at this node's cable, switch port and VLAN: if they are right, the link has no other station"
	remedyWitness  = "look at this node's cable, switch port and VLAN, and at the witness"
	remedyGoodbye  = "find who sends adverts of priority 0 in another's name: `xvrrp watch`; auth_hmac stops it"
)

// remedyOf is what to do about a note of the guard.
func remedyOf(n vrrp.Note) string {
	switch {
	case n.Kind == vrrp.NoteStillAnswers && n.Stranger:
		return remedyStranger
	case n.Kind == vrrp.NoteStillAnswers, n.Kind == vrrp.NoteHold && n.Obstacle == vrrp.StillAnswers:
		return remedyAnswers
	case n.Kind == vrrp.NoteDeaf, n.Kind == vrrp.NoteHold && n.Obstacle == vrrp.Deaf:
		return remedyDeaf
	case n.Kind == vrrp.NoteWitnessSilent, n.Kind == vrrp.NoteHold && n.Obstacle == vrrp.WitnessSilent:
		return remedyWitness
	case n.Kind == vrrp.NoteForeignGoodbye:
		return remedyGoodbye
	}
	return ""
}

// obstacleText says what a takeover is put off for.
func obstacleText(n vrrp.Note) string {
	switch n.Obstacle {
	case vrrp.StillAnswers:
		return fmt.Sprintf("%v still answers from %v", n.Addr, net.HardwareAddr(n.MAC[:]))
	case vrrp.Deaf:
		return "not one frame came in since the last advert: this node may be the one that is cut off"
	case vrrp.WitnessSilent:
		return "no witness answers: this node may be the one that is cut off"
	}
	return "nothing"
}

// doubtLine is the line of what the guard found.
func doubtLine(say func(slog.Level, string, ...any) (line, bool), n vrrp.Note) (l line, ok bool) {
	switch n.Kind {
	case vrrp.NoteStillAnswers:
		whose := "the old master's"
		if n.Stranger {
			whose = "a stranger's"
		}
		l, ok = say(slog.LevelWarn, "takes over although %v still answers from %v, %s: two masters", n.Addr, net.HardwareAddr(n.MAC[:]), whose)
	case vrrp.NoteDeaf:
		l, ok = say(slog.LevelWarn, "takes over although not one frame came in for %v: this node may be the one that is cut off", n.Late.Round(time.Millisecond))
	case vrrp.NoteWitnessSilent:
		l, ok = say(slog.LevelWarn, "takes over although no witness answers: this node may be the one that is cut off")
	case vrrp.NoteHold:
		l, ok = say(slog.LevelWarn, "takeover put off: %s", obstacleText(n))
		l.attrs = append(l.attrs, slog.Duration("limit", n.Interval))
	case vrrp.NoteHoldOver:
		if !n.From.IsValid() {
			return say(slog.LevelInfo, "not cut off any more after %v: listening for another down interval", n.Interval.Round(time.Millisecond))
		}
		return say(slog.LevelInfo, "takeover not needed: an advert of %v came after %v", n.From, n.Interval.Round(time.Millisecond))
	case vrrp.NoteHealed:
		return say(slog.LevelInfo, "%sis silent after %v as a second master: announcing again", sender(n), n.Interval.Round(time.Millisecond))
	case vrrp.NoteForeignGoodbye:
		l, ok = say(slog.LevelWarn, "ignoring the goodbye of %v: the master is %v", n.From, n.Was)
	}
	if r := remedyOf(n); r != "" {
		l.attrs = append(l.attrs, slog.String("remedy", r))
	}
	return l, ok
}

// sender names whose adverts a note is about; a mere answer has none.
func sender(n vrrp.Note) string {
	if n.From.IsValid() {
		return n.From.String() + " "
	}
	return "another host "
}

// doubted is what an instance keeps of the guard's notes, for whoever asks.
func (in *instance) doubted(n vrrp.Note) {
	switch n.Kind {
	case vrrp.NoteHold:
		in.hold(n)
	case vrrp.NoteHoldOver:
		in.held.Store(nil)
	case vrrp.NoteStillAnswers:
		in.sign(signProbe, func() sign {
			return sign{text: fmt.Sprintf("%v still answers from %v after our takeover", n.Addr, net.HardwareAddr(n.MAC[:])), addr: n.Addr, mac: n.MAC}
		})
	}
}

// hold counts a takeover that is put off, once.
func (in *instance) hold(n vrrp.Note) {
	before := in.held.Load()
	if before == nil {
		in.meter().GuardHold()
	}
	h := &control.Hold{Reason: n.Obstacle.String(), Text: obstacleText(n), Since: time.Now(), Limit: control.Seconds(n.Interval), Remedy: remedyOf(n)}
	if before != nil {
		h.Since = before.Since
	}
	in.held.Store(h)
}

// doubtEvidence is what the guard's note was made from.
func doubtEvidence(n vrrp.Note) *control.Evidence {
	e := &control.Evidence{Remedy: remedyOf(n), Limit: control.Seconds(n.Interval), Lateness: control.Seconds(n.Late)}
	if n.From.IsValid() {
		e.Master = n.From.String()
	}
	if n.Addr.IsValid() {
		e.Address, e.MAC = n.Addr.String(), net.HardwareAddr(n.MAC[:]).String()
	}
	return e
}
