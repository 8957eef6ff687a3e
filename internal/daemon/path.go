package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// pathway is one way of an instance's adverts: a heartbeat { } of the settings, or
// its own interface, which has the number 0. It is engine.PathProbe.
type pathway struct {
	in     *instance
	name   string
	number uint8
	meter  atomic.Pointer[metrics.Path]
	lost   atomic.Bool // told
}

// pathways are the second paths of an instance, by their numbers less one. A path
// keeps its number as long as it keeps its name: the core knows nothing else.
type pathways [vrrp.MaxPaths]*pathway

// configurePaths takes in which second paths an instance has.
func (in *instance) configurePaths(cfg *config.Instance) {
	had, next := in.secondPaths(), pathways{}
	for i, p := range had {
		if p != nil && slices.Contains(cfg.Own.Heartbeats, p.name) {
			next[i] = p
		}
	}
	names := []string{}
	for _, name := range cfg.Own.Heartbeats {
		names = append(names, name)
		if !slices.ContainsFunc(next[:], func(p *pathway) bool { return p != nil && p.name == name }) {
			free := slices.Index(next[:], nil) // there is one: the settings allow no more
			next[free] = &pathway{in: in, name: name, number: uint8(free + 1)}
		}
	}
	if len(names) > 0 {
		names = append(names, metrics.MainPath)
		in.mainPath.meter.Store(in.meter().Path(metrics.MainPath))
	}
	for _, p := range next {
		if p != nil {
			p.meter.Store(in.meter().Path(p.name))
		}
	}
	in.meter().RetainPaths(names)
	in.paths.Store(&next)
}

// secondPaths are those that the instance has now; some are nil.
func (in *instance) secondPaths() pathways {
	if p := in.paths.Load(); p != nil {
		return *p
	}
	return pathways{}
}

// highest is the largest number that one of them has, 0 when there is none.
func (ps pathways) highest() (n uint8) {
	for _, p := range ps {
		if p != nil {
			n = p.number
		}
	}
	return n
}

// addPaths completes what the engine runs.
func (in *instance) addPaths(s *engine.Spec, settings *config.Settings, cfg *config.Instance) error {
	ps := in.secondPaths()
	s.Election.Paths = ps.highest()
	for _, p := range ps {
		if p == nil {
			continue
		}
		spec, err := pathSpec(p.number, settings.Own.Heartbeat(p.name), cfg)
		if err != nil {
			return fmt.Errorf("instance %s: heartbeat %s: %w", cfg.Name, p.name, err)
		}
		spec.Probe = p
		s.Paths = append(s.Paths, spec)
	}
	return nil
}

// pathSpec turns the settings of a second path into what the engine runs. What
// travels there is of version 3, whatever the instance speaks.
func pathSpec(number uint8, h *config.Heartbeat, cfg *config.Instance) (engine.Path, error) {
	ring := h.HMAC
	if ring.Window == 0 {
		ring.Window = wire.DefaultWindow(interval(cfg))
	}
	auth, err := hmac(&ring)
	if err != nil {
		return engine.Path{}, err
	}
	addrs, every := advertised(cfg), min(carried(cfg), wire.MaxIntervalV3)
	receive := wire.Settings{
		Family: cfg.Family, Version: wire.V3, VRID: cfg.VRID, Interval: every, Addresses: addrs,
		Group: wire.HeartbeatGroup(cfg.Family), Auth: auth,
	}
	for _, p := range h.PeersOf(cfg.Family) {
		receive.Peers = append(receive.Peers, wire.Peer{Addr: p})
	}
	return engine.Path{
		Number: number, Receive: receive, Auth: auth,
		Advert: wire.Advert{Version: wire.V3, VRID: cfg.VRID, Interval: every, Addresses: addrs},
	}, nil
}

// acceptablePaths asks the codec whether it takes the second paths of an
// instance that may not be there yet.
func acceptablePaths(s *engine.Spec, settings *config.Settings, cfg *config.Instance) error {
	for i, name := range cfg.Own.Heartbeats {
		spec, err := pathSpec(uint8(i+1), settings.Own.Heartbeat(name), cfg)
		if err != nil {
			return fmt.Errorf("heartbeat %s: %w", name, err)
		}
		s.Paths = append(s.Paths, spec)
	}
	return nil
}

// heartbeatsOf are the settings of an instance's second paths.
func heartbeatsOf(s *config.Settings, cfg *config.Instance) (list []config.Heartbeat) {
	for _, name := range cfg.Own.Heartbeats {
		list = append(list, *s.Own.Heartbeat(name))
	}
	return list
}

// Heard implements engine.PathProbe.
func (p *pathway) Heard(time.Time, netip.Addr) { p.meter.Load().Received() }

// Rejected implements engine.PathProbe.
func (p *pathway) Rejected(r wire.Reject, from netip.Addr) {
	p.meter.Load().Rejected(r.String())
	p.in.d.gossip.put(rumour{instance: p.in.cfg().Name, path: p.name, peer: from, reject: r})
}

// Sent implements engine.PathProbe.
func (p *pathway) Sent() { p.meter.Load().Sent() }

// SendFailed implements engine.PathProbe.
func (p *pathway) SendFailed(peer netip.Addr, err error) {
	p.in.d.gossip.put(rumour{instance: p.in.cfg().Name, path: p.name, peer: peer, err: err.Error()})
}

// pathNote tells that a way fell silent while another is alive, or is back. On
// the router's goroutine.
func (in *instance) pathNote(n vrrp.Note) {
	p := &in.mainPath
	if n.Path > 0 {
		if p = in.secondPaths()[n.Path-1]; p == nil {
			return // a reload has just taken it away
		}
	}
	if n.Kind == vrrp.NotePathBack {
		p.tell(false, fmt.Sprintf("%v is heard on %s again", n.From, p.where()), n.From)
		return
	}
	text := fmt.Sprintf("%s is lost: %v was last heard there %v ago, and is heard elsewhere", p.where(), n.From, n.Late.Round(time.Millisecond))
	if n.Path == 0 {
		text += ": staying BACKUP"
	}
	p.tell(true, text, n.From)
}

// where is the path in words.
func (p *pathway) where() string {
	if p.number == 0 {
		return "the way of the adverts over " + p.in.cfg().Interface
	}
	return "second path " + p.name + " over " + p.in.d.nics.under(p)
}

// tell says once that the path is lost, or alive again: in log, history and
// metrics.
func (p *pathway) tell(lost bool, text string, from netip.Addr) {
	if p.lost.Swap(lost) == lost {
		return
	}
	if m := p.meter.Load(); m != nil {
		m.SetUp(!lost)
	}
	name := p.in.cfg().Name
	e := control.Event{Time: time.Now(), Kind: control.KindPath, Instance: name, Reason: "back", Text: text, Evidence: &control.Evidence{Path: p.label()}}
	if from.IsValid() {
		e.Evidence.Master = from.String()
	}
	level, attrs := slog.LevelInfo, []any{"path", p.label()}
	if lost {
		level, e.Reason, e.Evidence.Remedy = slog.LevelWarn, "lost", p.remedy()
		attrs = append(attrs, "remedy", p.remedy())
	}
	p.in.log.Log(p.in.d.ctx, level, fmt.Sprintf("(%s) ", name)+text, attrs...)
	p.in.d.history.Add(e)
}

func (p *pathway) label() string {
	if p.number == 0 {
		return metrics.MainPath
	}
	return p.name
}

func (p *pathway) remedy() string {
	if p.number == 0 {
		return "the network of " + p.in.cfg().Interface + " does not carry adverts: xvrrp doctor, and xvrrp watch -i " + p.in.cfg().Interface + " on both nodes"
	}
	return "look at the network of " + p.in.d.nics.under(p) + ", and for the same heartbeat " + p.name + " with the same key on the other node"
}

// watchPaths looks every second at what the core does not tell: second paths
// that were never heard, and those of a master, who hears nobody.
func (d *Daemon) watchPaths(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !d.anyPaths() {
			continue
		}
		d.each(func(_ string, in *instance, st vrrp.Status) {
			for _, p := range in.secondPaths() {
				if p != nil {
					p.watch(st)
				}
			}
			if st.State != vrrp.Backup {
				in.mainPath.tell(false, "no advert is waited for any more", netip.Addr{})
			}
		})
	}
}

func (d *Daemon) anyPaths() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.ContainsFunc(d.instances, func(in *instance) bool { return in.secondPaths() != pathways{} })
}

// patienceForFirst is how long a Backup waits at least for the first heartbeat
// of a path.
const patienceForFirst = 3 * time.Second

func (p *pathway) watch(st vrrp.Status) {
	switch state, why := p.state(st, time.Now()); state {
	case control.PathDown:
		p.tell(true, p.where()+" cannot be used: "+why, netip.Addr{})
	case control.PathSilent:
		p.tell(true, fmt.Sprintf("no heartbeat on %s since this node is BACKUP, though %v is heard elsewhere", p.where(), st.Last.From), st.Last.From)
	case control.PathSending:
		p.tell(false, p.where()+" is in use: this node is MASTER and sends there", netip.Addr{})
	case control.PathAlive:
		p.tell(false, p.where()+" is in use", st.Last.From)
	}
}

// state is what there is to say of a second path, and why it is down.
func (p *pathway) state(st vrrp.Status, now time.Time) (control.PathState, string) {
	if why := p.in.d.nics.pathDown(p); why != "" {
		return control.PathDown, why
	}
	if st.State == vrrp.Active {
		return control.PathSending, ""
	}
	if st.State != vrrp.Backup || int(p.number) > len(st.Paths) {
		return control.PathIdle, ""
	}
	switch heard := st.Paths[p.number-1]; {
	case heard.Lost:
		return control.PathLost, ""
	case !heard.Last.At.IsZero():
		return control.PathAlive, ""
	case st.Last.At.IsZero() || now.Sub(st.Since) < max(2*st.Down, patienceForFirst):
		return control.PathIdle, ""
	}
	return control.PathSilent, ""
}

// pathStatus is what status and explain show.
func (in *instance) pathStatus(st vrrp.Status, now time.Time) []control.PathStatus {
	var list []control.PathStatus
	for _, p := range in.secondPaths() {
		if p == nil {
			continue
		}
		s := control.PathStatus{Name: p.name, Interface: in.d.nics.under(p)}
		s.State, s.Why = p.state(st, now)
		if h := in.d.settings().Own.Heartbeat(p.name); h != nil {
			for _, a := range h.PeersOf(in.cfg().Family) {
				s.Peers = append(s.Peers, a.String())
			}
		}
		if int(p.number) <= len(st.Paths) {
			if last := st.Paths[p.number-1].Last; !last.At.IsZero() {
				s.From, s.LastHeard, s.LastHeardAge = last.From.String(), &last.At, control.Seconds(max(0, now.Sub(last.At)))
			}
		}
		s.Received, s.Sent, s.Rejected = p.meter.Load().Counts()
		list = append(list, s)
	}
	return list
}
