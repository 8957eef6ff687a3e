package daemon

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
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
	coming        atomic.Bool // a takeover is due, and its fence raised

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
	waiting   []word     // of the takeover
	said      time.Time  // when what is told now was said; zero: now
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
func (in *instance) effect(at time.Time, action vrrp.Action) {
	switch a := action.(type) {
	case vrrp.Claim:
		in.claim()
	case vrrp.Release:
		in.release()
	case vrrp.Announce:
		in.announce(a.Why)
		in.rest()
	case vrrp.Transition:
		if a.To != vrrp.Active {
			in.rest()
		}
		in.assume(at, &a)
		in.report(at, action)
	case vrrp.Note:
		in.report(at, action)
	}
}

// assume takes on what a state means for the wire.
func (in *instance) assume(at time.Time, t *vrrp.Transition) {
	in.mu.Lock()
	in.since, in.expiry = at, time.Time{}
	if t.To == vrrp.Active && t.Reason != vrrp.ReasonResumed {
		in.expiry = t.Evidence.Deadline
		if in.expiry.IsZero() {
			in.expiry = at
		}
	}
	in.mu.Unlock()
	in.active.Store(t.To == vrrp.Active)
	in.coming.Store(false) // from here on the core is asked
	if p := in.pulse.Load(); p != nil && t.Reason != vrrp.ReasonResumed {
		if t.To == vrrp.Active {
			p.Since(at)
		} else {
			p.Clear()
		}
	}
	if t.To == vrrp.Active {
		in.steel() // while the loop thread sends the first advert
	}
	in.busy = t.To == vrrp.Active // until the addresses are announced
	in.overture = overture{due: in.busy && t.Reason != vrrp.ReasonResumed}
}

// transition tells of a transition whoever wants to know.
func (in *instance) transition(at time.Time, t vrrp.Transition) {
	in.started, in.discarded, in.parting = true, netip.Addr{}, 0
	in.held.Store(nil)
	in.yielded(t)
	in.count(at, t)
	name, temporary := in.cfg().Name, in.temporaryStatus()
	lines := transitionLines(name, t)
	if temporary != nil {
		for i := range lines {
			lines[i].attrs = append(lines[i].attrs, slog.Int("temporary_priority", temporary.Priority))
		}
	}
	in.say(lines...)
	in.timing(t)
	in.d.history.transition(name, at, t, temporary, in.witnessed)
	in.d.notify.transition(in, t)
	if t.To == vrrp.Backup {
		in.prepare()
	}
}

// count shows a transition in the metrics.
func (in *instance) count(at time.Time, t vrrp.Transition) {
	if t.Reason == vrrp.ReasonResumed { // it has been counted when it happened
		in.meter().Restore(stateMetric(t), in.sinceOf(at))
	} else {
		in.meter().Transition(stateMetric(t), t.Reason.String(), at)
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
