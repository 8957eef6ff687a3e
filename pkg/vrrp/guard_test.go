package vrrp

import (
	"slices"
	"testing"
	"time"
)

// guarded are the settings of the RFC tests with a guard.
func guarded(mode Guard) Config {
	cfg := v3()
	cfg.Guard = mode
	return cfg
}

var oldOwner = Answered{Addr: low, MAC: [6]byte{2, 0, 0, 0, 0, 1}}

// silentBackup is one of the guard's that followed high until a second ago, just
// after its question.
func silentBackup(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := started(t, cfg)
	b.advert(time.Second, 200, high)
	b.timeout()
	if len(b.got) != 1 {
		t.Fatalf("at the time of the question: %v", b.got)
	}
	if _, ok := b.got[0].(Ask); !ok {
		t.Fatalf("at the time of the question: %v", b.got)
	}
	return b
}

// notes are the kinds that an event made the router tell.
func (b *bench) notes(after time.Duration, ev Event) (kinds []NoteKind) {
	b.now = b.now.Add(after)
	for _, a := range b.r.Handle(b.now, ev) {
		if n, ok := a.(Note); ok {
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}

// With silence no mode is later than the RFC, by not even a nanosecond.
func TestGuardCostsNothingInSilence(t *testing.T) {
	for _, mode := range []Guard{GuardAlarm, GuardHold} {
		b := silentBackup(t, guarded(mode))
		b.due(125 * time.Millisecond)
		b.timeout()
		b.state(Active)
		if want := 3*time.Second + skew100; b.now.Sub(epoch.Add(time.Second)) != want {
			t.Errorf("%v: Active after %v, want %v", mode, b.now.Sub(epoch.Add(time.Second)), want)
		}
	}
}

func TestGuardOffAsksNobody(t *testing.T) {
	b := started(t, guarded(GuardOff))
	b.advert(time.Second, 200, high)
	b.due(3*time.Second + skew100)
	b.timeout()
	b.state(Active)
	if n := b.r.Counters().Questions; n != 0 {
		t.Errorf("%d questions", n)
	}
}

func TestGuardAlarmTellsBeforeTheTransition(t *testing.T) {
	b := silentBackup(t, guarded(GuardAlarm))
	b.feed(time.Millisecond, oldOwner)
	told := b.notes(b.r.Deadline().Sub(b.now), Timeout{})
	b.state(Active)
	if !slices.Equal(told, []NoteKind{NoteStillAnswers}) {
		t.Errorf("told %v", told)
	}
	if a := b.r.Status().Transition.Evidence.Doubt.Answer; a.MAC != oldOwner.MAC || a.Addr != low {
		t.Errorf("evidence: %+v", a)
	}
}

func TestGuardHoldsForOneAnswerAWindow(t *testing.T) {
	b := silentBackup(t, guarded(GuardHold))
	for range 20 {
		b.feed(time.Millisecond, oldOwner)
		b.timeout()
		b.state(Backup)
	}
	b.timeout()
	b.state(Backup) // one may be lost
	b.timeout()
	b.state(Active)
	e := b.r.Status().Transition.Evidence
	if e.Doubt.Held != 20*125*time.Millisecond+onceMore || e.Doubt.Obstacle != StillAnswers || b.r.Status().Transition.Reason != ReasonNoAdvert {
		t.Errorf("held for %v because of %v", e.Doubt.Held, e.Doubt.Obstacle)
	}
	if c := b.r.Counters(); c.Holds != 1 {
		t.Errorf("%d holds counted", c.Holds)
	}
}

func TestGuardHoldIsLimited(t *testing.T) {
	b := silentBackup(t, guarded(GuardHold))
	due := b.r.Due()
	for b.r.State() == Backup && b.now.Before(due.Add(time.Minute)) {
		b.feed(time.Millisecond, oldOwner)
		b.timeout()
	}
	b.state(Active)
	if got := b.now.Sub(due); got != HoldLimitDefault {
		t.Errorf("held for %v, want %v", got, HoldLimitDefault)
	}
	if why := b.r.Status().Transition.Reason; why != ReasonHoldLimit {
		t.Errorf("because of %v", why)
	}
}

// One lost answer among many ends no hold, but two in a row do.
func TestGuardHoldSurvivesALostAnswer(t *testing.T) {
	b := silentBackup(t, guarded(GuardHold))
	for range 20 {
		b.feed(time.Millisecond, oldOwner)
		b.timeout()
		b.timeout() // silent once
		b.state(Backup)
	}
	b.feed(time.Millisecond, oldOwner)
	b.timeout()
	b.timeout()
	b.state(Backup)
	b.timeout()
	b.state(Active)
}

// Only the answers to a question count, and only the old owner's hold.
func TestGuardIgnoresWhatIsNoAnswer(t *testing.T) {
	b := started(t, guarded(GuardHold))
	b.advert(time.Second, 200, high)
	b.feed(time.Second, oldOwner) // long before the question
	b.timeout()
	b.feed(time.Millisecond, Answered{Addr: low, MAC: [6]byte{2, 9}, Stranger: true})
	b.timeout()
	b.state(Active)
	if a := b.r.Status().Transition.Evidence.Doubt.Answer; !a.Stranger {
		t.Errorf("the stranger is no evidence: %+v", a)
	}
}

func TestAdvertEndsTheHold(t *testing.T) {
	b := silentBackup(t, guarded(GuardHold))
	b.feed(time.Millisecond, oldOwner)
	b.timeout()
	told := b.notes(time.Millisecond, Received{From: high, Priority: 200, Interval: time.Second})
	if !slices.Contains(told, NoteHoldOver) || slices.Contains(told, NoteLateWakeup) {
		t.Errorf("told %v", told)
	}
	if st := b.r.Status(); !st.HeldSince.IsZero() || b.r.Due().Sub(b.now) != 3*time.Second+skew100 {
		t.Errorf("after the advert: held since %v, due in %v", st.HeldSince, b.r.Due().Sub(b.now))
	}
}

// A router that preempts hears whom it replaces: nobody is asked.
func TestPreemptionIsNotGuarded(t *testing.T) {
	b := started(t, guarded(GuardHold))
	for range 3 {
		b.advert(time.Second, 50, high)
	}
	b.due(609375 * time.Microsecond)
	b.timeout()
	b.state(Active)
}

func TestOwnerStartsWithoutAsking(t *testing.T) {
	started(t, owner(guarded(GuardHold))).state(Active)
}

// A router that comes too late to ask in time asks and waits for a whole window.
func TestLateQuestionIsStillAsked(t *testing.T) {
	b := started(t, guarded(GuardHold))
	b.advert(time.Second, 200, high)
	b.feed(10*time.Second, Timeout{})
	b.state(Backup)
	b.due(125 * time.Millisecond)
	b.timeout()
	b.state(Active)
}

// After a goodbye the question is asked within the skew time.
func TestGoodbyeIsGuardedWithinTheSkew(t *testing.T) {
	b := started(t, guarded(GuardHold))
	b.advert(time.Second, 200, high)
	b.advert(time.Second, 0, high)
	b.due(skew100 - 125*time.Millisecond)
	b.timeout()
	b.due(125 * time.Millisecond)
	b.timeout()
	b.state(Active)
	if why := b.r.Status().Transition.Reason; why != ReasonPriorityZero {
		t.Errorf("because of %v", why)
	}
}

// A goodbye in another's name starts nothing.
func TestForeignGoodbye(t *testing.T) {
	for _, cfg := range []Config{v2(), v3(), guarded(GuardHold)} {
		b := started(t, cfg)
		b.advert(time.Second, 200, high)
		due := b.r.Due()
		if told := b.notes(time.Second, Received{From: low, Interval: time.Second}); !slices.Equal(told, []NoteKind{NoteForeignGoodbye}) {
			t.Errorf("told %v", told)
		}
		if !b.r.Due().Equal(due) || b.r.Counters().ForeignGoodbyes != 1 {
			t.Errorf("the deadline moved by %v, %d counted", b.r.Due().Sub(due), b.r.Counters().ForeignGoodbyes)
		}
		b.advert(0, 0, high)
		if got := b.r.Due().Sub(b.now); got != skew100 {
			t.Errorf("the followed router's goodbye: due in %v", got)
		}
	}
}

// Who is about to be preempted may leave, when the followed one is silent.
func TestGoodbyeOfTheDiscarded(t *testing.T) {
	b := started(t, v3())
	b.advert(time.Second, 200, high)
	b.advert(900*time.Millisecond, 50, low)
	b.advert(50*time.Millisecond, 0, low)
	b.due(2*time.Second + skew100 + 50*time.Millisecond)
	b.advert(time.Second, 50, low)
	b.advert(0, 0, low)
	b.due(skew100)
}

// A deaf interface and a silent witness are told; by configuration they wait.
func TestAmITheBrokenOne(t *testing.T) {
	for _, c := range []struct {
		name        string
		deaf, mute  Wait
		tell        Event
		want        State
		note        NoteKind
		heard, some bool
	}{
		{name: "deaf is told", want: Active, note: NoteDeaf, tell: FrameHeard{At: epoch.Add(time.Second)}},
		{name: "deaf waits", deaf: WaitLimit, want: Backup, note: NoteHold, tell: FrameHeard{At: epoch.Add(time.Second)}},
		{name: "not deaf", deaf: WaitAlways, want: Active, tell: FrameHeard{At: epoch.Add(2 * time.Second)}, note: NoteWitnessSilent},
		{name: "nobody can tell", deaf: WaitAlways, want: Active, tell: Startup{}, note: NoteWitnessSilent},
		{name: "witness silent", mute: WaitLimit, want: Backup, tell: Startup{}, note: NoteHold},
		{name: "witness answers", mute: WaitAlways, want: Active, tell: WitnessAnswered{}},
	} {
		cfg := guarded(GuardAlarm)
		cfg.DeafWait, cfg.WitnessWait, cfg.Witness = c.deaf, c.mute, c.note == NoteWitnessSilent || c.mute != WaitNot
		b := silentBackup(t, cfg)
		b.feed(time.Millisecond, c.tell)
		told := b.notes(b.r.Deadline().Sub(b.now), Timeout{})
		if b.r.State() != c.want || c.note != 0 && !slices.Contains(told, c.note) {
			t.Errorf("%s: %v, told %v", c.name, b.r.State(), told)
		}
		if c.want == Backup {
			for range 200 {
				b.timeout()
			}
			b.state(Active) // alone in the world, and the limit is over
		}
	}
}

// WaitAlways is for ever.
func TestWaitAlways(t *testing.T) {
	cfg := guarded(GuardOff)
	cfg.Witness, cfg.WitnessWait = true, WaitAlways
	b := silentBackup(t, cfg)
	for range 10_000 {
		b.timeout()
		b.state(Backup)
	}
	b.feed(0, WitnessAnswered{})
	b.timeout() // not cut off any more: what it did not hear proves nothing
	b.state(Backup)
	if got := b.r.Due().Sub(b.now); got != 3*time.Second+skew100 {
		t.Fatalf("listens for %v", got)
	}
	b.timeout()
	b.feed(0, WitnessAnswered{})
	b.timeout()
	b.state(Active)
}

// A Timeout that was read late judges silence only up to what is known.
func TestTimeoutJudgesWhatIsKnown(t *testing.T) {
	b := started(t, v3())
	b.advert(time.Second, 200, high)
	b.feed(time.Minute, Timeout{Known: epoch.Add(4 * time.Second)})
	b.state(Backup)
	b.feed(0, Timeout{Known: epoch.Add(5 * time.Second)})
	b.state(Active)
}
