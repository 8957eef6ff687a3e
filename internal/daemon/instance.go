package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/internal/pulse"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// instance is one vrrp_instance at work: it does what the core asks for, on
// the router's own goroutine, and counts what the loop thread tells.
type instance struct {
	d       *Daemon
	id      string // of the router in engine, holders and announcer; stays when a reload renames the instance
	current atomic.Pointer[config.Instance]
	log     *slog.Logger

	// What every advert touches lies together.
	counts   atomic.Pointer[metrics.Instance] // see meter
	formFrom netip.Addr                       // whose checksum form was told last; of the loop thread
	form     wire.ChecksumForm                // it
	former   former                           // who was master last, by its Ethernet address

	virtual virtual // its virtual MAC interfaces

	announcements atomic.Uint64
	fenced        atomic.Bool // falls silent when the daemon does
	leaving       atomic.Bool // a reload takes it away
	sourceless    bool        // its configured source address is missing; of nics
	tentative     bool        // its source address is not to be used yet; of nics
	active        atomic.Bool // holds its addresses, as far as the core has said

	contest contest
	sources sources // of refused adverts
	asks    atomic.Pointer[asks]
	held    atomic.Pointer[control.Hold] // why a takeover is put off now

	temporary atomic.Pointer[temporary] // an operator's priority, nil without

	holding sync.Mutex // held while addresses come, go or move
	holds   bool       // from before a claim until after a release; guarded by holding

	// What a crash leaves, see goOn.
	pulse     atomic.Pointer[pulse.Pulse]
	feeling   sync.Mutex // guards the next two
	pulseName string
	kernel    bool         // adverts come in through the kernel program
	entered   atomic.Int64 // Unix nanoseconds: since when it has been in the state in which it goes on
	resumed   bool         // goes on after a crash; set once before anything starts

	mainPath pathway                  // its own interface
	paths    atomic.Pointer[pathways] // its second paths

	// Of the loop thread.
	unsent bool // the advert under way has not left everywhere

	// Of the router's goroutine.
	started   bool       // the first transition has been told
	parting   int        // so many adverts of somebody who yields came in this state
	discarded netip.Addr // whose losing adverts have been told in this state
	lower     time.Time  // when an advert of another was told last that changed nothing
	busy      bool       // a takeover is under way: first the addresses, then words
	waiting   []func()
	overture  overture
	kit       *kit             // see packed
	steeled   *config.Instance // the settings by which a claim was prepared just now

	mu     sync.Mutex // guards what follows; status reads it too
	since  time.Time
	expiry time.Time // the deadline of the takeover under way, zero when none
}

func (d *Daemon) newInstance(cfg *config.Instance) *instance {
	in := &instance{d: d, log: d.log, id: d.freeID(cfg.Name)}
	in.virtual.prefixes = prefixesOf(&d.settings().Global)
	in.mainPath.in = in
	in.counts.Store(d.metrics.Instance(cfg.Name, cfg.Interface, cfg.VRID, cfg.Family))
	in.meter().SetPriority(int(cfg.Priority))
	in.configure(cfg)
	return in
}

// meter counts for the instance, under the name that it has now.
func (in *instance) meter() *metrics.Instance { return in.counts.Load() }

// cfg are the instance's settings now.
func (in *instance) cfg() *config.Instance { return in.current.Load() }

// configure takes in new settings.
func (in *instance) configure(cfg *config.Instance) {
	in.current.Store(cfg)
	in.meter().SetConfiguredPriority(int(cfg.Priority))
	in.feel()
	in.configurePaths(cfg)
	in.d.vmacs.configure(in)
	in.d.promotion.again(in)
	var vips []metrics.VIP
	for i, a := range in.addresses() {
		excluded := i >= len(cfg.Addresses)
		vips = append(vips, metrics.VIP{Addr: a.Prefix.Addr(), Interface: a.Interface, Excluded: excluded})
	}
	in.meter().SetVIPs(vips)
	in.watchStrays()
	in.meter().SetTiming(metrics.Timing{}) // nothing runs yet
}

// addresses are all that the instance holds while master.
func (in *instance) addresses() []config.Address {
	cfg := in.cfg()
	return in.seated(append(append([]config.Address(nil), cfg.Addresses...), cfg.Excluded...))
}

// carries reports whether an address is one of the instance's.
func (in *instance) carries(addr netip.Addr) bool {
	cfg := in.cfg()
	is := func(a config.Address) bool { return a.Prefix.Addr() == addr }
	return slices.ContainsFunc(cfg.Addresses, is) || slices.ContainsFunc(cfg.Excluded, is)
}

// effect does one action of the core. It runs on the router's goroutine.
func (in *instance) effect(at time.Time, a vrrp.Action) {
	switch a := a.(type) {
	case vrrp.Claim:
		in.claim()
	case vrrp.Release:
		in.release()
	case vrrp.Announce:
		in.announce(a.Why)
		in.rest()
	case vrrp.Transition:
		in.transition(at, a)
	case vrrp.Note:
		in.note(a)
	}
}

func (in *instance) transition(at time.Time, t vrrp.Transition) {
	in.mu.Lock()
	in.since, in.expiry = at, time.Time{}
	if t.To == vrrp.Active && t.Reason != vrrp.ReasonResumed {
		in.expiry = t.Evidence.Deadline
		if in.expiry.IsZero() {
			in.expiry = at
		}
	}
	in.mu.Unlock()
	in.started, in.discarded, in.parting = true, netip.Addr{}, 0
	in.active.Store(t.To == vrrp.Active)
	in.yielded(t)
	if p := in.pulse.Load(); p != nil && t.Reason != vrrp.ReasonResumed {
		if t.To == vrrp.Active {
			p.Since(at)
		} else {
			p.Clear()
		}
	}
	in.held.Store(nil)
	if t.Reason == vrrp.ReasonResumed { // it has been counted when it happened
		in.meter().Restore(stateMetric(t), in.sinceOf(at))
	} else {
		in.meter().Transition(stateMetric(t), t.Reason.String(), at)
	}
	if t.To == vrrp.Active {
		in.steel() // while the loop thread sends the first advert
	}
	in.busy = t.To == vrrp.Active // until the addresses are announced
	in.overture = overture{due: in.busy && t.Reason != vrrp.ReasonResumed}
	name, temporary := in.cfg().Name, in.temporaryStatus()
	in.tell(func() []line {
		lines := transitionLines(name, t)
		if temporary != nil {
			for i := range lines {
				lines[i].attrs = append(lines[i].attrs, slog.Int("temporary_priority", temporary.Priority))
			}
		}
		return lines
	})
	in.later(func() {
		in.timing(t)
		in.d.history.transition(in.cfg().Name, at, t, temporary, in.witnessed)
		in.d.notify.transition(in, t)
		if t.To == vrrp.Backup {
			in.prepare()
		}
	})
}

// embody makes the instance what a spec's router tells, asks and calls.
func (in *instance) embody(s *engine.Spec) {
	s.Name, s.Probe, s.Effect, s.Ready, s.Asker = in.id, in, in.effect, in.ready, in
	cfg := in.cfg()
	s.Warning = time.Duration(len(cfg.Addresses)+len(cfg.Excluded)) * steelTime
}

// steelTime is how long steel takes for an address, and a little more.
const steelTime = 4 * time.Microsecond

// ready is engine's Spec.Ready: half a millisecond before a takeover the fence is
// raised and the ways are gone once, since what a processor has not done for
// a while it does at a tenth of its pace.
func (in *instance) ready(coming bool) {
	if in.active.Load() {
		return
	}
	if !coming {
		in.steeled = nil
		in.d.fence.drop(in) // a fence around what we do not hold stops what passes through
		return
	}
	in.steel()
}

// steel does what comes before a claim, unless that was done just now.
func (in *instance) steel() {
	if cfg := in.cfg(); in.steeled != cfg {
		in.steeled = cfg
		in.d.fence.around(in, in.packed().fenced)
		in.prepare()
	}
}

// prepare does ahead what a takeover would lose time with: the journal's lines
// and the announcer's sockets. What it does not reach, the takeover does.
func (in *instance) prepare() {
	k := in.packed()
	if k.err != nil {
		return // the claim will say so
	}
	in.d.holders.addresses.Prepare(in.id, k.wanted.addresses)
	last := 0
	for _, t := range k.targets {
		if t.IfIndex != last {
			last = t.IfIndex
			in.d.announcer.Prepare(last)
		}
	}
}

func (in *instance) note(n vrrp.Note) {
	switch n.Kind {
	case vrrp.NotePathLost, vrrp.NotePathBack:
		in.pathNote(n)
		return
	case vrrp.NotePriority:
		in.meter().SetPriority(int(n.Priority))
		in.later(func() { in.d.notify.priority(in, n) })
	case vrrp.NoteLateWakeup:
		in.meter().LateWakeupAbsorbed()
	case vrrp.NoteActiveChanged:
		in.meter().SetActiveRouter(n.From)
	case vrrp.NoteLowerPriority:
		if in.lastWordOf(n.From) {
			in.debug("the last word of %v, which yields", n.From)
			return
		}
		in.sign(signAdvert, func() sign {
			return sign{text: fmt.Sprintf("%v advertises priority %d, ours is %d", n.From, n.Priority, n.Ours), from: n.From}
		})
		in.later(func() { in.d.notify.lowerPriority(in, n) })
	}
	in.doubted(n)
	if !in.news(n) {
		return
	}
	if l, ok := noteLine(in.cfg().Name, n); ok {
		in.say(l)
	}
	in.later(func() { in.d.history.note(in.cfg().Name, n) })
}

// witnessed adds to a transition's evidence what the core does not know: where
// the adverts came from, and what the kernel refused since the last of them.
func (in *instance) witnessed(e *control.Evidence, t vrrp.Transition) {
	if e.Master != "" {
		e.MasterMAC = in.former.heard()
	}
	if t.Reason != vrrp.ReasonNoAdvert && t.Reason != vrrp.ReasonHoldLimit {
		return
	}
	since := t.Evidence.Last.At
	if since.IsZero() {
		since = t.Evidence.Deadline.Add(-t.Evidence.Down) // since it began to wait
	}
	if counts, ok := in.d.refusedSince(in.cfg().Interface, since); ok {
		e.Kernel, e.KernelSince = counts, &since
	}
}

// timing shows the intervals that hold in the new state.
func (in *instance) timing(t vrrp.Transition) {
	if t.To == vrrp.Initialize {
		in.meter().SetTiming(metrics.Timing{})
		in.meter().SetActiveRouter(netip.Addr{})
		return
	}
	if t.To == vrrp.Active {
		in.meter().SetActiveRouter(in.d.nics.sourceAddr(in))
	}
	in.showTiming()
}

// showTiming shows the intervals that hold now.
func (in *instance) showTiming() {
	if st, ok := in.d.statusOf(in); ok && st.State != vrrp.Initialize {
		in.meter().SetTiming(metrics.Timing{
			Advert: st.Interval, ActiveAdvert: st.ActiveInterval, Skew: st.Skew, ActiveDown: st.Down, GARPDelay: in.cfg().GARP.Delay,
		})
	}
}

// news reports whether a note says something that the log does not say yet:
// what is in the way before the start is told by the first transition, and a
// losing advert is discarded many times for one reason.
func (in *instance) news(n vrrp.Note) bool {
	switch n.Kind {
	case vrrp.NoteFaultRaised, vrrp.NoteFaultCleared:
		return in.started
	case vrrp.NoteDiscarded:
		again := in.discarded == n.From
		in.discarded = n.From
		return !again
	case vrrp.NoteLowerPriority, vrrp.NotePriorityZero: // a flood of them says no more than one
		again := time.Since(in.lower) < time.Second
		if !again {
			in.lower = time.Now()
		}
		return !again
	}
	return true
}

// say logs lines. During a takeover they wait, with the time at which they
// were said: nothing that is written may stand before the addresses.
func (in *instance) say(lines ...line) {
	in.tell(func() []line { return lines })
}

// tell is say for lines that are only put together when they are written.
func (in *instance) tell(compose func() []line) {
	said := time.Now()
	in.later(func() {
		for _, l := range compose() {
			if !in.log.Enabled(in.d.ctx, l.level) {
				continue
			}
			r := slog.NewRecord(said, l.level, l.text, 0)
			r.AddAttrs(l.attrs...)
			// A log that cannot be written has nowhere to be complained of.
			_ = in.log.Handler().Handle(in.d.ctx, r)
		}
	})
}

// later does something at once, or after the takeover that is under way.
func (in *instance) later(f func()) {
	if in.busy {
		in.waiting = append(in.waiting, f)
		return
	}
	f()
}

// rest does what waited for a takeover to be over.
func (in *instance) rest() {
	in.busy = false
	for _, f := range in.waiting {
		f()
	}
	in.waiting = nil
}

// claim puts the addresses on their interfaces. What cannot be held is said
// once here; the holder keeps trying.
func (in *instance) claim() {
	in.debug("setting VIPs.")
	in.holding.Lock()
	defer in.holding.Unlock()
	in.holds = true
	if in.steeled != in.cfg() {
		in.d.fence.around(in, in.packed().fenced)
	}
	in.steeled = nil
	in.d.vmacs.macs.raise(in)
	in.speak()
	k := in.packed()
	if err := errors.Join(k.err, in.d.holders.claim(in.id, k.wanted, in.beginOverture())); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot hold everything; trying again", "error", err)
	}
	in.later(in.checkHeld)
}

func (in *instance) release() {
	in.holding.Lock()
	defer in.holding.Unlock()
	in.holds, in.overture = false, overture{}
	in.d.announcer.Stop(in.id)
	in.debug("removing VIPs.")
	if in.d.keep.Load() {
		return // keepalived's --dont-release-vrrp
	}
	in.hush()
	if err := in.d.holders.release(in.id); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot remove everything; trying again", "error", err)
		in.checkHeld()
		return // what is still there stays fenced
	}
	in.d.fence.drop(in)
	in.d.vmacs.macs.drop(in)
	in.checkHeld()
}

// checkHeld counts which addresses are where they should be.
func (in *instance) checkHeld() {
	held := map[netip.Addr]bool{}
	for _, h := range in.d.holders.addresses.Held(in.id) {
		held[h.Address.Prefix.Addr()] = h.Held
	}
	for _, a := range in.addresses() {
		in.meter().SetVIPHeld(a.Prefix.Addr(), held[a.Prefix.Addr()])
	}
}

// announce tells the neighbours where the addresses are now.
func (in *instance) announce(why vrrp.Why) {
	switch why {
	case vrrp.LowerPriority:
		in.d.announcer.Again(in.id, announce.LowerPriority)
		return
	case vrrp.Healed:
		in.healed()
		return
	}
	begun := in.endOverture()
	targets := in.packed().targets
	if begun {
		// It is under way.
	} else if err := in.d.announcer.Announce(in.id, in.schedule(why), targets); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot announce the addresses", "error", err)
	}
	for _, t := range targets {
		in.debug("%s on %s for %v", sending(t.Addr), in.d.nics.name(t.IfIndex), t.Addr)
	}
	if len(targets) > 0 {
		what := announcementOf(in.cfg().Family)
		in.say(line{slog.LevelInfo, fmt.Sprintf("(%s) Sending %s on %s for %d addresses", in.cfg().Name, what, in.cfg().Interface, len(targets)), nil})
	}
}

// schedule is when announcements leave.
func (in *instance) schedule(why vrrp.Why) announce.Schedule {
	pace := schedule(in.cfg().GARP)
	pace.Replies = in.cfg().Own.GARPReply
	if why == vrrp.Resumed {
		pace.Repeat, pace.Delay = 1, 0 // the neighbours know; refreshing goes on
	}
	return pace
}

func announcementOf(f wire.Family) string {
	if f == wire.IPv6 {
		return "unsolicited Neighbour Advert"
	}
	return "gratuitous ARP"
}

func (in *instance) debug(format string, args ...any) {
	if in.log.Enabled(in.d.ctx, slog.LevelDebug) {
		in.say(line{slog.LevelDebug, fmt.Sprintf("(%s) ", in.cfg().Name) + fmt.Sprintf(format, args...), nil})
	}
}

func sending(a netip.Addr) string {
	if a.Is4() {
		return "Sending/queueing gratuitous ARPs"
	}
	return "Sending/queueing Unsolicited Neighbour Adverts"
}

// targets are the addresses with the interface and MAC that they are at.
func (in *instance) targets() []announce.Target {
	list, _ := in.ranked()
	return list
}

// ranked are the targets, and which of the instance's addresses each is.
func (in *instance) ranked() (list []announce.Target, ranks []int) {
	cfg := in.cfg()
	written := append(append([]config.Address(nil), cfg.Addresses...), cfg.Excluded...)
	done := map[place]bool{}
	var name string // of the interface that at and ok are about
	var at place
	var ok bool
	for i, a := range in.addresses() {
		if a.Interface != name || i == 0 {
			name = a.Interface
			at, ok = in.at(name)
		}
		if !ok {
			continue
		}
		at := at
		w, bpf := virtualMAC(cfg, &written[i])
		if bpf {
			at.mac = [6]byte(w.Hardware())
		}
		extra := extra(cfg, &written[i]) && !done[at]
		done[at] = done[at] || extra
		list = append(list, announce.Target{IfIndex: at.index, MAC: at.mac, Addr: a.Prefix.Addr(), Extra: extra})
		ranks = append(ranks, i)
	}
	return list, ranks
}

func schedule(g config.GARP) announce.Schedule {
	return announce.Schedule{
		Repeat: g.Repeat, Delay: g.Delay, Refresh: g.Refresh, RefreshRepeat: g.RefreshRepeat,
		LowerRepeat: g.LowerPrioRepeat, LowerDelay: g.LowerPrioDelay, Extra: g.ExtraInterval,
	}
}

// announced tells that a burst has left: the takeover is complete with the first.
func (in *instance) announced(why announce.Reason, at time.Time) {
	in.mu.Lock()
	expiry := in.expiry
	if why == announce.Takeover {
		in.expiry = time.Time{}
	}
	in.mu.Unlock()
	if why == announce.Takeover && !expiry.IsZero() {
		in.d.history.Add(control.Event{
			Time: at, Kind: control.KindTakeoverDone, Instance: in.cfg().Name, Text: "addresses held and announced",
			Evidence: &control.Evidence{Takeover: control.Seconds(at.Sub(expiry))},
		})
		in.meter().Takeover(at.Sub(expiry))
	}
}

// The methods of engine.Probe: called on the loop thread.

// Accepted implements engine.Probe.
func (in *instance) Accepted(mac [6]byte, p *wire.Packet, w wire.Warnings, delivery, interarrival time.Duration) {
	in.former.advert(mac)
	in.meter().Received(p.Priority())
	in.meter().Delivery(delivery)
	if interarrival > 0 {
		in.meter().Interarrival(interarrival)
	}
	if w != 0 {
		for r := range w.Each() {
			in.meter().Warned(r.String())
		}
	}
	if form := p.ChecksumForm(); p.Family() == wire.IPv4 && p.Version() == wire.V3 {
		in.meter().ChecksumForm(formLabel(form))
		in.learnForm(p.Src(), form)
	}
}

// formLabel is the metric's word for a form of the checksum.
func formLabel(f wire.ChecksumForm) string {
	switch f {
	case wire.MessageOnly:
		return "message_only"
	case wire.PseudoHeader:
		return "pseudo_header"
	}
	return "group_pseudo_header"
}

// learnForm tells once which of the two checksums of version 3 over IPv4 a
// sender uses. Loop thread.
func (in *instance) learnForm(from netip.Addr, form wire.ChecksumForm) {
	if in.formFrom == from && in.form == form {
		return
	}
	in.formFrom, in.form = from, form
	in.d.gossip.put(rumour{instance: in.cfg().Name, peer: from, form: form})
}

// Rejected implements engine.Probe.
func (in *instance) Rejected(mac [6]byte, p *wire.Packet, r wire.Reject) {
	in.meter().Rejected(r.String())
	in.sources.add(mac, p, r)
	in.refusedAdvert(mac, p, r)
	in.d.gossip.put(rumour{instance: in.cfg().Name, reject: r})
}

// Sent implements engine.Probe.
func (in *instance) Sent(priority uint8) {
	in.meter().Sent(priority)
	in.beat(priority)
}

// SendFailed implements engine.Probe.
func (in *instance) SendFailed(peer netip.Addr, err error) {
	in.unsent = true
	in.d.gossip.put(rumour{instance: in.cfg().Name, peer: peer, err: err.Error()})
}

// Absorbed implements engine.Probe.
func (in *instance) Absorbed(time.Duration) { in.meter().LateWakeupAbsorbed() }

// Woken implements engine.Probe.
func (in *instance) Woken(late time.Duration) { in.meter().Lateness(late) }

func stateMetric(t vrrp.Transition) metrics.State {
	switch {
	case t.To == vrrp.Active:
		return metrics.Master
	case t.To == vrrp.Backup:
		return metrics.Backup
	case t.Fault:
		return metrics.Fault
	}
	return metrics.Init
}
