package vrrp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
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
	fmt.Fprintf(&t.b, "group %s wait\n----\n\n", n.group())
}

func (t *transcript) transition(n *node, member int, a Transition) {
	if t != nil {
		t.transitions = append(t.transitions, n.name(member)+": "+formatAction(a))
	}
}

// group is the name of a node's group in the script: node and life. name is that
// of the router on one of its links.
func (n *node) group() string { return fmt.Sprintf("n%d.%d", n.id, n.life) }

func (n *node) name(link int) string { return fmt.Sprintf("%s%c", n.group(), 'a'+link) }

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
		if ev.Known.IsZero() {
			return head("timeout")
		}
		return fmt.Sprintf("%s known=%v", head("timeout"), ev.Known.Sub(epoch))
	case Received:
		s := fmt.Sprintf("%s priority=%d from=%v interval=%v", head("advert"), ev.Priority, formatAddr(ev.From), ev.Interval)
		if ev.Mismatch {
			s += " mismatch"
		}
		return s
	case Rejected:
		return fmt.Sprintf("%s reason=%s from=%v ttl=%d", head("reject"), ev.Reason.String(), formatAddr(ev.From), ev.TTL)
	case Answered:
		s := fmt.Sprintf("%s addr=%v mac=%x", head("answered"), ev.Addr, ev.MAC)
		if ev.Stranger {
			s += " stranger"
		}
		if ev.Outranks {
			s += " outranks"
		}
		return s
	case WitnessAnswered:
		return head("witness")
	case FrameHeard:
		return fmt.Sprintf("%s ago=%v", head("frame"), at.Sub(ev.At))
	case PathHeard:
		return fmt.Sprintf("%s path=%d from=%v local=%v priority=%d interval=%v",
			head("path"), ev.Path, ev.From, ev.Local, ev.Priority, ev.Interval)
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

// TestTranscripts replays histories from their scripts: the script that a
// failing seed prints shows what the history showed.
func TestTranscripts(t *testing.T) {
	for seed := range uint64(200) {
		w := newWorld(rightly)
		w.log = &transcript{}
		if err := w.history(seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(w.log.transitions, replay(t, w.log.b.String())); diff != "" {
			t.Fatalf("seed %d (-history +replay):\n%s", seed, diff)
		}
	}
}

// replay runs a script and returns the transitions that it prints.
func replay(t *testing.T, text string) []string {
	t.Helper()
	var transitions []string
	s := newScript()
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || line == "----" {
			continue
		}
		cmd, args, err := datadriven.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.run(cmd, args)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for told := range strings.Lines(out) {
			if strings.Contains(told, " -> ") {
				transitions = append(transitions, strings.TrimSpace(told))
			}
		}
	}
	return transitions
}
