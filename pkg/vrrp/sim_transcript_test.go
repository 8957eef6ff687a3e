package vrrp

import (
	"fmt"
	"strings"
	"time"
)

// transcript writes a history down as a script of TestStories: every router of
// every node, and every event in the order of true time, with the local time of
// the node. The nil transcript writes nothing.
type transcript struct {
	b strings.Builder
	// transitions is what the history showed, to compare with the replay.
	transitions []string
}

func (t *transcript) born(n *node) {
	if t == nil {
		return
	}
	for i, cfg := range n.cfgs {
		fmt.Fprintf(&t.b, "member %s %s\n----\n\n", n.name(i), formatConfig(cfg))
	}
	fmt.Fprintf(&t.b, "group n%d.%d wait\n----\n\n", n.id, n.life)
}

func (t *transcript) transition(n *node, member int, a Transition) {
	if t != nil {
		t.transitions = append(t.transitions, fmt.Sprintf("%v %s: %s", time.Duration(n.w.now), n.name(member), formatAction(a)))
	}
}

// name of a router in the script: node, life and link.
func (n *node) name(link int) string { return fmt.Sprintf("n%d.%d%c", n.id, n.life, 'a'+link) }

func (t *transcript) event(n *node, at time.Time, member int, ev Event) {
	if t == nil {
		return
	}
	fmt.Fprintf(&t.b, "%s\n----\n\n", formatEvent(n.name(member), at, ev))
}

func formatEvent(name string, at time.Time, ev Event) string {
	head := func(cmd string) string { return fmt.Sprintf("%s %s at=%v", cmd, name, at.Sub(epoch)) }
	switch ev := ev.(type) {
	case Startup:
		return head("start")
	case Shutdown:
		return head("stop")
	case Timeout:
		return head("timeout")
	case Received:
		s := fmt.Sprintf("%s priority=%d from=%v interval=%v", head("advert"), ev.Priority, formatAddr(ev.From), ev.Interval)
		if ev.Mismatch {
			s += " mismatch"
		}
		return s
	case Rejected:
		return fmt.Sprintf("%s reason=%s from=%v ttl=%d", head("reject"), ev.Reason.String(), formatAddr(ev.From), ev.TTL)
	case FaultRaised:
		return head("fault") + " cause=" + formatCause(ev.Cause)
	case FaultCleared:
		return head("clear") + " cause=" + formatCause(ev.Cause)
	case PriorityChanged:
		return fmt.Sprintf("%s to=%d", head("priority"), ev.Priority)
	case PrimaryChanged:
		return head("primary") + " to=" + formatAddr(ev.Addr)
	case Reconfigured:
		s := head("reconfigure") + " " + formatConfig(ev.Config)
		if ev.Addresses {
			s += " addresses"
		}
		return s
	case HandOver:
		return fmt.Sprintf("%s hold=%v", head("handover"), ev.Hold)
	}
	return fmt.Sprintf("# %#v", ev)
}
