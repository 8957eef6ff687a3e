package show

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// reasoned is an instance that a reason has just moved, with the evidence that
// the daemon gathers for it.
func reasoned(r vrrp.Reason) Case {
	i := inner()
	deadline := ago(time.Minute)
	heard := deadline.Add(-361328125 * time.Nanosecond)
	e := control.Event{Seq: 7, Time: deadline, Kind: control.KindTransition, Instance: i.Name, From: control.Backup, To: control.Master,
		Reason: r.String(), Text: r.Text(), Evidence: &control.Evidence{Priority: 99}}
	by := func(priority int) {
		e.Evidence.Master, e.Evidence.MasterMAC, e.Evidence.MasterPriority = "10.1.1.11", "52:54:00:00:00:11", priority
	}
	to := func(from, to control.State) { e.From, e.To = from, to }
	switch r {
	case vrrp.ReasonOwner:
		to(control.Init, control.Master)
		i.Priority, i.ConfiguredPriority, e.Evidence.Priority = 255, 255, 255
	case vrrp.ReasonNoAdvert, vrrp.ReasonHoldLimit:
		by(160)
		e.Evidence.LastAdvertAge, e.Evidence.Limit, e.Evidence.Deadline, e.Evidence.LastAdvert = sec(361328225), sec(361328125), &deadline, &heard
		e.Evidence.Kernel, e.Evidence.KernelSince = map[string]uint64{}, &heard
		if r == vrrp.ReasonHoldLimit {
			e.Evidence.Held, e.Evidence.HeldFor = sec(10*time.Second), "still_answers"
			e.Evidence.Address, e.Evidence.MAC = "10.1.1.200", "52:54:00:00:00:11"
		}
	case vrrp.ReasonPriorityZero:
		by(0)
	case vrrp.ReasonPreempt:
		by(90)
	case vrrp.ReasonStartup, vrrp.ReasonFaultCleared:
		to(control.Init, control.Backup)
		if r == vrrp.ReasonFaultCleared {
			to(control.Fault, control.Backup)
			e.Evidence.Faults = []string{"interface eth1"}
		}
	case vrrp.ReasonHigherPriority:
		to(control.Master, control.Backup)
		by(160)
	case vrrp.ReasonHigherAddress:
		to(control.Master, control.Backup)
		by(99)
		i.Master.Priority = 99
	case vrrp.ReasonUnheard, vrrp.ReasonAnswered:
		to(control.Master, control.Backup)
		by(90)
		i.Master.Priority = 90
		if r == vrrp.ReasonAnswered {
			e.Evidence.Address, e.Evidence.MAC = "10.1.1.200", "52:54:00:00:00:11"
		}
	case vrrp.ReasonStalled:
		to(control.Master, control.Backup)
		e.Evidence.Limit, e.Evidence.Lateness, e.Evidence.Deadline = sec(361328125), sec(900*time.Millisecond), &deadline
	case vrrp.ReasonFault:
		to(control.Master, control.Fault)
		e.Evidence.Faults, i.Faults = []string{"interface eth1"}, []string{"interface eth1"}
	case vrrp.ReasonShutdown:
		to(control.Master, control.Init)
	case vrrp.ReasonHandOver, vrrp.ReasonGroup:
		to(control.Master, control.Backup)
	case vrrp.ReasonResumed:
		to(control.Init, control.Master)
	}
	i.State, i.Since, i.Reason = e.To, e.Time, e.Reason
	switch e.To {
	case control.Master:
		i.Master = &control.MasterStatus{Address: "10.1.1.12", Self: true, Priority: i.Priority}
		i.VIPs[0].Held = true
	case control.Fault, control.Init:
		i.Master = nil
	}
	return NewCase(control.Status{Now: now}, control.Instance{InstanceStatus: i, Events: []control.Event{e}})
}

// Every reason of a transition tells its story: why, from which evidence, and
// what to do, or that nothing is to be done.
func TestExplainReasons(t *testing.T) {
	if len(vrrp.Reasons()) != len(meanings) {
		t.Errorf("%d reasons, %d meanings", len(vrrp.Reasons()), len(meanings))
	}
	golden(t, "explain-reasons", func(p Paper) string {
		var b strings.Builder
		for _, r := range vrrp.Reasons() {
			if _, ok := meanings[r.String()]; !ok {
				t.Errorf("reason %v has no meaning", r)
			}
			b.WriteString(p.Explain(reasoned(r)) + "\n")
		}
		return b.String()
	})
	// No remedy: nothing is wrong, and the text says so by itself.
	for _, r := range vrrp.Reasons() {
		text := (Paper{}).Explain(reasoned(r))
		if !strings.Contains(strings.ToLower(text), "remedy: ") && r != vrrp.ReasonStartup && r != vrrp.ReasonResumed {
			t.Errorf("reason %v: no remedy in\n%s", r, text)
		}
	}
}

// What an instance knew of a master before it stepped aside is old, and no advert made
// it do so.
func TestAsideFollowsNobody(t *testing.T) {
	c := reasoned(vrrp.ReasonFault)
	c.Faults = []string{"drained"}
	c.Master = &control.MasterStatus{Address: "10.1.1.11", Priority: 90, LastAdvertAge: sec(7 * time.Second)}
	c.Events[0].Evidence.Master, c.Events[0].Evidence.MasterPriority = "10.1.1.11", 90
	text := (Paper{}).Explain(c)
	if !strings.HasPrefix(text, "VI_inner: FAULT since 02:16:19.500 (1 m): an operator drained it\n") || !strings.Contains(text, "follows nobody") {
		t.Errorf("not told:\n%s", text)
	}
	s := sample()
	s.Instances = []control.InstanceStatus{c.InstanceStatus}
	for _, text := range []string{text, (Paper{}).Status(s), (Paper{}).Events(c.Events, now)} {
		if strings.Contains(text, "10.1.1.11 ") || strings.Contains(text, "7 s") || strings.Contains(text, "that decided") {
			t.Errorf("an old master is told of:\n%s", text)
		}
	}
}

// A takeover is told before its end.
func TestCausesFirst(t *testing.T) {
	list := story()
	list[2], list[3] = list[3], list[2]
	text := (Paper{}).Events(list, now)
	if became, done := strings.Index(text, "BACKUP -> MASTER"), strings.Index(text, "held and announced"); became < 0 || done < became {
		t.Errorf("the end stands first:\n%s", text)
	}
	if list[2].Kind != control.KindTakeoverDone {
		t.Error("the caller's list was changed")
	}
}

// What every refusal, verdict and fault says, as one text to read.
func TestExplainCauses(t *testing.T) {
	golden(t, "explain-causes", func(p Paper) string {
		var list []Remark
		c := NewCase(control.Status{Now: now}, control.Instance{InstanceStatus: inner()})
		c.Master, c.Counters.Received = nil, 0
		for _, reason := range slices.Sorted(maps.Keys(refusals)) {
			if reason == "fenced" {
				continue // of our own addresses: another sentence
			}
			c.Counters.Rejected = map[string]uint64{reason: 31}
			list = append(list, c.refusal(reason, 31))
		}
		for k := vrrp.CauseInterface; k.String() != "unknown"; k++ {
			list = append(list, fault(k.String()+" NAME"))
		}
		for _, m := range list {
			if m.Why == "" || m.Remedy == "" {
				t.Errorf("%s: why or remedy is missing", m.Code)
			}
		}
		if len(list) < 40 {
			t.Errorf("%d causes only", len(list))
		}
		return p.remarks(list)
	})
}
