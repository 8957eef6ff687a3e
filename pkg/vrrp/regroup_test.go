package vrrp

import (
	"testing"
	"time"
)

// said are the actions of one member, without notes.
func said(actions []MemberAction, member int) (list []Action) {
	for _, a := range actions {
		if _, note := a.Action.(Note); !note && a.Member == member {
			list = append(list, a.Action)
		}
	}
	return list
}

// Routers that are in one state go on in it when they become a group, and when
// they leave it again.
func TestRegroupDisturbsNobody(t *testing.T) {
	a, b := active(t, v3()), active(t, v3())
	due := a.r.Deadline()
	g, actions := Regroup(a.now, "G", a.r, b.r)
	if len(actions) != 0 || g.State() != Active || !a.r.Deadline().Equal(due) {
		t.Fatalf("joined: %v, %v", actions, g.State())
	}
	// Now they are one: the fault of one is a fault of both.
	actions = g.Handle(a.now, 0, FaultRaised{Cause{Kind: CauseScript, Name: "s"}})
	if g.State() != Initialize || len(said(actions, 1)) == 0 {
		t.Fatalf("one failed: %v", actions)
	}
	// Apart again, only the one with the cause stays out.
	alone, actions := Regroup(a.now, "b", b.r)
	if alone.State() != Backup || len(said(actions, 0)) != 1 {
		t.Errorf("alone: %v, %v", alone.State(), actions)
	}
	if rest, actions := Regroup(a.now, "a", a.r); rest.State() != Initialize || len(said(actions, 0)) != 0 {
		t.Errorf("the rest: %v, %v", rest.State(), actions)
	}
}

// Where only some are Active, they say goodbye; a new member starts with them.
func TestRegroupFollowsTheLeast(t *testing.T) {
	a := active(t, v3())
	fresh, err := New(v3())
	if err != nil {
		t.Fatal(err)
	}
	g, actions := Regroup(a.now, "G", a.r, fresh)
	a.got = said(actions, 0)
	a.wants(moved(Active, Backup, ReasonGroup), sent(0), Release{})
	actions = g.Handle(a.now, 0, Startup{})
	if got := said(actions, 1); len(got) != 1 || fresh.State() != Backup {
		t.Fatalf("the new one: %v", got)
	}
	now := a.now.Add(10 * time.Second)
	if g.Handle(now, 0, Timeout{}); g.State() != Active {
		t.Errorf("after the down interval: %v", g.State())
	}
}

// An Active router goes on with its schedule in another process.
func TestResumeActive(t *testing.T) {
	old := active(t, v3())
	old.timeout()
	m := old.r.Memory()
	r, err := New(v3())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, r: r, now: old.now.Add(300 * time.Millisecond)}
	b.got = said(NewGroup("r", r).Resume(b.now, []Memory{m}), 0)
	b.wants(moved(Initialize, Active, ReasonResumed), Claim{}, Announce{Resumed})
	b.due(700 * time.Millisecond)
	b.timeout()
	b.wants(sent(100))
	if c := b.r.Counters(); c.Sent != old.r.Counters().Sent+1 || c.BecomeActive != 1 {
		t.Errorf("counters %+v", c)
	}
	if since := b.r.Status().Since; !since.Equal(m.Since) {
		t.Errorf("since %v, want %v", since, m.Since)
	}
}

// A Backup waits a whole down interval of the interval that it had learned.
func TestResumeBackup(t *testing.T) {
	old := started(t, v3())
	old.feed(time.Second, Received{From: high, Priority: 200, Interval: 2 * time.Second})
	r, err := New(v3())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, r: r, now: old.now.Add(5 * time.Second)}
	b.got = said(NewGroup("r", r).Resume(b.now, []Memory{old.r.Memory()}), 0)
	b.wants(moved(Initialize, Backup, ReasonResumed))
	b.due(6*time.Second + 1218750*time.Microsecond)
	if got := b.r.Status().ActiveRouter; got != high {
		t.Errorf("the Active router is %v", got)
	}
}

// With a cause there is nothing to resume, and a group resumes as a whole.
func TestResumeInGroup(t *testing.T) {
	a, b := active(t, v3()), active(t, v3())
	memories := []Memory{a.r.Memory(), b.r.Memory()}
	fresh := func() *Router {
		r, err := New(v3())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	g := NewGroup("G", fresh(), fresh())
	g.Resume(a.now, memories)
	if g.State() != Active {
		t.Errorf("both: %v", g.State())
	}
	g = NewGroup("G", fresh(), fresh())
	g.Handle(a.now, 0, FaultRaised{Cause{Kind: CauseScript, Name: "s"}})
	g.Resume(a.now, memories)
	if g.State() != Initialize || !g.Fault() {
		t.Errorf("with a cause: %v", g.State())
	}
	g.Handle(a.now, 0, FaultCleared{Cause{Kind: CauseScript, Name: "s"}})
	if g.State() != Backup {
		t.Errorf("without: %v", g.State())
	}
}
