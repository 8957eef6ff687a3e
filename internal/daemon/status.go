package daemon

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// answers is control.Daemon: what the socket is asked.
type answers struct{ d *Daemon }

// Status implements control.Daemon.
func (a answers) Status() control.Status {
	d := a.d
	host, err := os.Hostname()
	if err != nil {
		host = "" // the answer is as good without
	}
	s := control.Status{
		Version: d.opt.Version, GoVersion: runtime.Version(), PID: os.Getpid(), Hostname: host,
		RouterID: d.settings().Global.RouterID, RuntimeDir: d.opt.RuntimeDir, StartedAt: d.started, Now: time.Now(),
		Listen: d.settings().Own.Listen, Files: d.files(), Reload: d.lastReload(),
		Dataplanes: []control.Dataplane{}, Kernel: []control.KernelCount{},
		Instances: []control.InstanceStatus{}, Groups: []control.GroupStatus{}, Trackers: d.trackerStatus(),
	}
	modes := d.nics.modes()
	for _, name := range slices.Sorted(maps.Keys(modes)) {
		s.Dataplanes = append(s.Dataplanes, control.Dataplane{Interface: name, Mode: string(modes[name]), Reason: d.degraded})
	}
	if counters, err := d.kernelAdverts(); err == nil { // a scrape tells of errors
		for _, c := range counters {
			if c.Packets > 0 {
				s.Kernel = append(s.Kernel, control.KernelCount{Interface: c.Interface, Verdict: c.Verdict, Packets: c.Packets})
			}
		}
	}
	d.each(func(group string, in *instance, st vrrp.Status) {
		one := in.status(st, s.Now)
		if name, ok := syncGroup(group); ok {
			one.Group = name
			s.Groups = d.inGroup(s.Groups, name, one)
		}
		s.Instances = append(s.Instances, one)
	})
	return s
}

// inGroup adds one member to the status of its group.
func (d *Daemon) inGroup(groups []control.GroupStatus, name string, one control.InstanceStatus) []control.GroupStatus {
	for i := range groups {
		if g := &groups[i]; g.Name == name {
			g.Members = append(g.Members, one.Name)
			if one.State != control.Master { // a group is what its least member is
				g.State, g.Since = one.State, one.Since
			}
			return groups
		}
	}
	return append(groups, control.GroupStatus{Name: name, State: one.State, Since: one.Since, Members: []string{one.Name}})
}

// each asks the loop for every router's status, all at one moment.
func (d *Daemon) each(f func(group string, in *instance, st vrrp.Status)) {
	type answer struct {
		group string
		in    *instance
		st    vrrp.Status
	}
	d.mu.RLock()
	all := make([]answer, 0, len(d.byID)) // here, not on the loop's time
	d.mu.RUnlock()
	// An Ask has no error.
	_ = d.engine.Settle(engine.Ask{Do: func(v engine.View) {
		v.Each(func(group, name string, r *vrrp.Router) {
			all = append(all, answer{group, d.router(name), r.Status()})
		})
	}})
	for _, a := range all {
		if a.in != nil { // else a reload has just taken it away
			f(a.group, a.in, a.st)
		}
	}
}

// statusOf asks the loop for one router's status.
func (d *Daemon) statusOf(in *instance) (st vrrp.Status, ok bool) {
	// An Ask has no error.
	_ = d.engine.Settle(engine.Ask{Do: func(v engine.View) {
		if r := v.Router(in.id); r != nil {
			st, ok = r.Status(), true
		}
	}})
	return st, ok
}

func (in *instance) status(st vrrp.Status, now time.Time) control.InstanceStatus {
	cfg := in.cfg()
	s := control.InstanceStatus{
		Name: cfg.Name, Interface: cfg.Interface, VRID: cfg.VRID, Family: cfg.Family.String(), Version: int(cfg.Version),
		Dataplane: string(in.d.nics.modes()[cfg.Interface]),
		State:     stateOf(st.State, st.Fault), Since: st.Since, Reason: st.Transition.Reason.String(), Faults: []string{},
		Priority: int(st.Priority), ConfiguredPriority: int(st.Configured), Owner: st.Configured == vrrp.PriorityOwner,
		Temporary: in.temporaryStatus(), Preempt: cfg.Preempt, PrimaryAddress: in.d.nics.sourceOf(in), Unicast: cfg.Unicast.Enabled(), Peers: []string{},
		AdvertInterval: control.Seconds(st.Interval), MasterDownInterval: control.Seconds(st.Down), SkewTime: control.Seconds(st.Skew),
		VIPs: in.vips(), Trackers: []string{}, Counters: in.counters(st.Counters), Fence: in.fenced.Load(), SplitBrain: in.contested(),
	}
	s.Guard, s.Held = cfg.Own.Guard.String(), in.held.Load()
	s.Contest = in.contestStatus()
	s.RefusedFrom, s.RefusedRest = in.sources.status()
	for _, c := range st.Causes {
		s.Faults = append(s.Faults, c.String())
	}
	for _, p := range cfg.Unicast.Peers {
		s.Peers = append(s.Peers, p.Addr.String())
	}
	for _, t := range tracksOf(in.d.settings(), cfg) {
		s.Trackers = append(s.Trackers, t.Kind.String()+" "+t.Name)
	}
	s.Paths, s.MainPathLost = in.pathStatus(st, now), in.mainPath.lost.Load()
	if !st.Deadline.IsZero() {
		at := st.Deadline
		s.Deadline = &at
	}
	if s.Master = master(st, now); s.Master != nil && !s.Master.Self {
		s.Master.MAC = in.former.heard()
	}
	return s
}

func master(st vrrp.Status, now time.Time) *control.MasterStatus {
	if !st.ActiveRouter.IsValid() {
		return nil
	}
	m := &control.MasterStatus{Address: st.ActiveRouter.String(), Self: st.State == vrrp.Active}
	if m.Self {
		m.Priority, m.AdvertInterval = int(st.Priority), control.Seconds(st.Interval)
		m.LastAdvert = st.Deadline.Add(-st.Interval)
	} else {
		m.Priority, m.AdvertInterval = int(st.Last.Priority), control.Seconds(st.ActiveInterval)
		m.LastAdvert = st.Last.At
	}
	m.LastAdvertAge = control.Seconds(max(0, now.Sub(m.LastAdvert))) // one may have come since the question
	return m
}

func (in *instance) vips() []control.VIPStatus {
	held := map[string]bool{}
	for _, h := range in.d.holders.addresses.Held(in.id) {
		held[h.Address.Prefix.String()] = h.Held
	}
	list := []control.VIPStatus{}
	for i, a := range in.addresses() {
		v := control.VIPStatus{
			Address: a.Prefix.String(), Interface: a.Interface, Label: a.Label,
			Excluded: i >= len(in.cfg().Addresses), Held: held[a.Prefix.String()],
		}
		if mac, at, ok := in.claimOf(a.Prefix.Addr()); ok {
			v.Conflict, v.ConflictAt = mac, &at
		}
		list = append(list, v)
	}
	return list
}

func (in *instance) counters(c vrrp.Counters) control.Counters {
	return control.Counters{
		Received: c.Received, Sent: c.Sent, ZeroReceived: c.PriorityZeroReceived, ZeroSent: c.PriorityZeroSent,
		BecameMaster: c.BecomeActive, Released: c.ReleaseActive, WakesAbsorbed: c.LateWakeups, GuardHolds: c.Holds,
		Rejected: rejectCounts(c), Announced: in.announcements.Load(),
	}
}

// histograms are what `advise` reads.
func (in *instance) histograms() map[string]control.Histogram {
	all := map[string]control.Histogram{}
	for name, h := range in.meter().Histograms() {
		out := control.Histogram{Count: h.Count, Sum: control.Seconds(h.Sum), Max: control.Seconds(h.Max)}
		for _, b := range h.Buckets {
			out.Buckets = append(out.Buckets, control.Bucket{Le: control.Seconds(b.Le), Count: b.Count})
		}
		all[name] = out
	}
	return all
}

func (d *Daemon) files() []control.File {
	list := []control.File{}
	for _, f := range d.settings().Files {
		list = append(list, control.File{Path: f.Path, Bytes: f.Bytes, Lines: f.Lines})
	}
	return list
}

func (d *Daemon) lastReload() control.Reload {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.reloaded
}

func rejectCounts(c vrrp.Counters) map[string]uint64 {
	counts := map[string]uint64{}
	for i, n := range c.Rejected {
		if n > 0 {
			counts[wire.Reject(i).String()] = n
		}
	}
	return counts
}

// Instance implements control.Daemon.
func (a answers) Instance(name string) (control.Instance, bool) {
	for _, one := range a.Status().Instances {
		if one.Name == name {
			in := a.d.instance(name)
			if in == nil {
				break // a reload has just taken it away
			}
			return control.Instance{InstanceStatus: one, Histograms: in.histograms()}, true
		}
	}
	return control.Instance{}, false
}

// dump writes the status to the runtime directory, for SIGUSR1. The file
// appears whole or not at all.
func (d *Daemon) dump() error {
	text, err := json.MarshalIndent(answers{d}.Status(), "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(d.opt.RuntimeDir, "status.json")
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o640); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	d.log.Info(fmt.Sprintf("status written to %s", path))
	return nil
}
