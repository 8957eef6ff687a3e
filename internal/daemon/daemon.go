package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/xvrrp/xvrrp/internal/address"
	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/internal/nexthop"
	"github.com/xvrrp/xvrrp/internal/pulse"
	"github.com/xvrrp/xvrrp/internal/realtime"
	"github.com/xvrrp/xvrrp/internal/rundir"
	"github.com/xvrrp/xvrrp/internal/stage"
)

// Daemon is a running xvrrp.
type Daemon struct {
	opt     Options
	log     *slog.Logger
	current atomic.Pointer[config.Settings]
	started time.Time
	ctx     context.Context // ends with the daemon; for logging and background work
	keep    atomic.Bool     // leave the addresses at the stop

	engine    *engine.Engine
	bell      *bell.Bell
	dp        *datapath.Datapath
	loop      loop
	punctual  *realtime.Process
	degraded  string // why there is no BPF, empty when there is
	holders   holders
	announcer *announce.Announcer
	stage     *stage.Stage
	hops      *nexthop.Resolver
	links     atomic.Pointer[ifstate.Watcher] // once there is one
	metrics   *metrics.Metrics
	history   history
	gossip    *gossip
	scale     *scale
	nics      *nics
	where     *whereabouts
	vmacs     *vmacs
	trackers  *trackers
	notify    *notifier
	fence     *fence
	promotion *promotion
	statics   *statics
	strangers *strangers
	asker     *asker

	keeper      *control.Keeper // of history
	stopKeeping func()
	frames      frames
	inquiries   *inquiries
	tallies     tallies

	unknown unknownVRIDs

	book   *pulse.Book // when each router sent last; nil: cannot be noted
	left   pulse.Left  // a killed predecessor's
	goesOn bool        // it was master just now

	dir        *rundir.Dir
	before     *predecessor  // whom we take over from, nil at a start
	heir       *net.UnixConn // our successor
	handedOver chan struct{} // closed when a successor has taken over

	reloading sync.Mutex   // one reload at a time, and none before the start is over
	umask     umask        // set at the start, then in a reload
	mu        sync.RWMutex // guards the rest
	instances []*instance
	byName    map[string]*instance
	byID      map[string]*instance // see instance.id
	reloaded  control.Reload
}

// settings are those in effect.
func (d *Daemon) settings() *config.Settings { return d.current.Load() }

// instance finds an instance by name, nil when there is none.
func (d *Daemon) instance(name string) *instance {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byName[name]
}

// router finds the instance behind a router of the engine, nil when there is
// none.
func (d *Daemon) router(id string) *instance {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byID[id]
}

// freeID is what a new instance's router is called: the instance's name, unless
// one that bore it lives on under another.
func (d *Daemon) freeID(name string) string {
	id := name
	for n := 2; d.router(id) != nil; n++ {
		id = fmt.Sprintf("%s (%d)", name, n)
	}
	return id
}

// Run runs the daemon until ctx ends or something that it cannot do without
// fails. What it took it gives back, whatever the way out.
func Run(ctx context.Context, opt Options) (err error) {
	settings, err := load(opt)
	if err != nil {
		return err
	}
	var undo cleanup
	defer func() { err = errors.Join(err, undo.run()) }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &Daemon{
		handedOver: make(chan struct{}),
		opt:        opt, log: opt.Log, started: time.Now(), ctx: context.WithoutCancel(ctx),
		byName: map[string]*instance{}, byID: map[string]*instance{}, history: history{control.NewJournal(1000)},
	}
	d.current.Store(settings)
	if err := d.openRuntimeDir(&undo); err != nil {
		return err
	}
	if d.before == nil { // else when that is gone: until then it writes the file
		d.keepHistory(d.history.Load)
	}
	undo.add("history", d.closeHistory)
	d.setUmask(settings)
	d.openPulse(&undo)
	if d.before == nil && !d.goesOn { // what it prepared is there after a crash
		d.script("startup_script", settings.Global.Startup, settings.Global.StartupTimeout)
	}
	undo.add("shutdown_script", func() error {
		d.script("shutdown_script", d.settings().Global.Shutdown, d.settings().Global.ShutdownTimeout)
		return nil
	})
	if err := d.open(&undo); err != nil {
		return err
	}
	err = d.serve(ctx, &undo)
	select {
	case <-d.handedOver:
		// The successor has everything, and whoever ends last must not take it away.
		undo.keep("trackers", "notifications", "history")
		d.log.Info("Handed over to the successor")
	default:
	}
	return err
}

// open makes every shell, in the order of what needs what.
func (d *Daemon) open(undo *cleanup) error {
	var err error
	if err := permitted(); err != nil {
		return err
	}
	if d.stage, err = stage.Open(); err != nil {
		d.log.Info("a takeover is not rehearsed, and takes some 50 µs longer", "error", err)
	}
	undo.add("rehearsal stage", d.stage.Close)
	d.openRealtime(undo)
	if err := d.openDatapath(undo); err != nil {
		return err
	}
	d.statics = &statics{d: d} // before anybody tells of them
	if err := d.openHolders(undo); err != nil {
		return err
	}
	if err := d.openVMACs(undo); err != nil {
		return err
	}
	if d.announcer, err = announce.Open(announce.Options{
		Sent: d.announceSent, Done: d.announceDone, Failed: d.announceFailed,
	}); err != nil {
		return err
	}
	undo.add("announcements", d.announcer.Close)
	if d.hops, err = nexthop.Open(hopSink{d}); err != nil {
		return err
	}
	undo.add("next hops", d.hops.Close)
	if d.bell, err = bell.New(); err != nil {
		return err
	}
	undo.add("bell", d.bell.Close)
	if d.asker, err = newAsker(d); err != nil {
		return err
	}
	undo.add("questions", d.asker.prober.Close)

	d.metrics = metrics.New(metrics.Config{Version: d.opt.Version, KernelAdverts: d.kernelAdverts, Holdings: d.holdings})
	d.gossip = newGossip(d.log, d.bell)
	d.gossip.follow = d.history.rumour
	d.engine = engine.New(engine.Ports{Wake: d.dp.Wake, Approach: d.dp.Approach, Rehearse: d.stage.Frame, Interrupt: d.loop.interrupt, Bell: d.bell, Stray: d.stray})
	d.metrics.Reloaded(true, d.started)
	d.scale = newScale(d.engine.Do)
	d.inquiries = newInquiries(d)
	d.nics, d.where = newNICs(d), newWhereabouts(d)
	d.strangers = newStrangers(d)
	d.promotion = newPromotion(d)
	undo.add("promote_secondaries", d.promotion.close)
	d.fence = &fence{d: d, held: map[string]bool{}}
	if err := d.openNotify(undo); err != nil {
		return err
	}
	return d.openTrackers()
}

// permitted says in one line what is missing when we may not do our work.
func permitted() error {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("no permission to send adverts (packet socket: %w): run as root, or with CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON", err)
	}
	return syscall.Close(fd)
}

func (d *Daemon) openDatapath(undo *cleanup) error {
	cfg := datapath.Config{PinDir: d.pinDir(), FloodLimit: d.settings().Own.FloodLimit, Fence: d.settings().Own.Defaults.Fence}
	var err error
	if d.dp, err = datapath.Load(cfg); err != nil {
		d.degraded = err.Error()
		d.log.Warn("BPF is not to be had here: adverts come in through packet sockets, and a firewall still cannot stop them", "error", err)
		if d.dp, err = datapath.LoadSocketOnly(cfg); err != nil {
			return fmt.Errorf("no way to receive adverts: %w", err)
		}
	}
	undo.add("datapath", d.dp.Close)
	return nil
}

// serve runs until ctx ends or the loop fails.
func (d *Daemon) serve(ctx context.Context, undo *cleanup) error {
	// Whoever asks for a reload while we start waits for the end of that: half of what a reload changes is not there yet.
	d.reloading.Lock()
	started := sync.OnceFunc(d.reloading.Unlock)
	defer started()
	loop, stopLoop := context.WithCancel(context.WithoutCancel(ctx))
	failed := make(chan error, 4)
	d.loop.start(loop, d, failed)
	undo.add("loop", func() error { stopLoop(); <-d.loop.gone; return nil })
	background, stopBackground := context.WithCancel(d.ctx)
	undo.add("background", func() error { stopBackground(); return nil })
	go d.tallies.run(background, d.kernelAdverts)
	go d.gossip.run(background)
	go d.watchStarvation(background)
	go d.strangers.run(background)
	go d.asker.run(background)
	go d.asker.arrivals.run(background, d)
	go d.watchMasters(background)
	go d.nics.report(background)
	go d.inquiries.run(background)
	go d.where.run(background)
	go d.watchNeighbours(background)
	go d.watchPaths(background)

	if err := d.addInstances(); err != nil {
		return err
	}
	undo.add("interfaces", func() error { d.nics.close(); return nil })
	undo.add("instances", func() error { d.engine.Stop(); return nil })

	listen := func() error { return d.listen(background, failed, undo) }
	begin := func() error { return d.begin(background, undo) }
	order := []func() error{listen, begin}
	switch {
	case d.opt.Caretaker: // nobody asks one that is there for a moment
		order = []func() error{begin}
	case d.before != nil: // its sockets are free when it is gone
		order = []func() error{begin, listen}
	}
	for _, step := range order {
		if err := step(); err != nil {
			return err
		}
	}
	d.offerHandover(background)
	d.ready(undo)
	started()
	return d.wait(ctx, failed)
}

// begin starts what tells: the host's interfaces and the trackers. Then the
// routers start, with everything that is known by then.
func (d *Daemon) begin(ctx context.Context, undo *cleanup) error {
	links, err := ifstate.Open(ifstate.Config{Trouble: func(err error) {
		d.log.Warn("following the interfaces", "error", err)
	}})
	if err != nil {
		return err
	}
	if err := d.deafen(links); err != nil {
		return errors.Join(err, links.Close())
	}
	if d.before != nil {
		if err := d.before.prepare(d); err != nil {
			return errors.Join(err, links.Close())
		}
	}
	d.takeOpinions()
	watching, stopWatching := context.WithCancel(ctx)
	undo.add("interface watcher", func() error { stopWatching(); return links.Close() })
	go links.Run(watching, newDamper(d.nics, d.linkDelays))
	select {
	case <-d.nics.first:
	case <-time.After(10 * time.Second):
		return errors.New("the kernel does not tell its interfaces within 10 s")
	}
	if err := d.trackers.shell.Start(); err != nil {
		return err
	}
	undo.add("trackers", func() error { d.trackers.shell.Stop(); return nil })
	if d.before != nil {
		if err := d.before.succeed(d); err != nil {
			return err
		}
	} else {
		if err := d.goOn(); err != nil {
			return err
		}
		d.startInstances(ctx)
	}
	d.publishPulse()
	keeping, endKeeping := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() { defer close(kept); d.keepOpinions(keeping.Done()) }()
	undo.add("opinions", func() error { endKeeping(); <-kept; return d.removeOpinions() })
	return d.tidy(undo)
}

// tidy holds what is static and removes what a killed predecessor left. Who
// starts as master has claimed by then, or will within its down interval.
func (d *Daemon) tidy(undo *cleanup) error {
	if err := d.statics.hold(d.settings()); err != nil {
		return err
	}
	undo.add("static addresses", d.statics.release)
	var virtual []address.Address
	for _, in := range d.instances {
		for _, a := range in.addresses() {
			virtual = append(virtual, wantedAddress(a))
		}
	}
	left, err := d.holders.removeInherited(virtual)
	if err != nil {
		d.log.Error("cannot remove every address that a predecessor left; trying again", "error", err)
	}
	if left > 0 {
		d.log.Warn("removed addresses that a killed daemon left", "addresses", left)
	}
	d.tellForeign(virtual)
	d.vmacs.tidy()
	d.fence.begin()
	if err := d.dp.Sweep(); err != nil {
		d.log.Warn("cannot remove everything that a predecessor attached", "error", err)
	}
	return nil
}

// tellForeign names virtual addresses that stand although nobody here put them
// there: somebody else's, which is never taken away, or what a keepalived left
// that was too old to tag what it adds.
func (d *Daemon) tellForeign(virtual []address.Address) {
	standing, err := d.holders.addresses.Standing(virtual)
	if err != nil {
		d.log.Warn("cannot look for addresses that others left", "error", err)
	}
	for _, s := range standing {
		if s.Tagged || s.Journal {
			continue
		}
		d.log.Warn("virtual address "+s.Prefix.String()+" stands on "+s.Address.Interface+" already and was not added by xvrrp: it stays, also while another node is master",
			"remedy", fmt.Sprintf("if a keepalived left it: ip address del %v dev %s", s.Prefix, s.Address.Interface))
	}
}

// ready tells systemd and whoever reads the log.
func (d *Daemon) ready(undo *cleanup) {
	d.settle()
	atReady(d)
	d.log.Info("Startup complete", "version", d.opt.Version, "pid", os.Getpid(), "runtime_dir", d.opt.RuntimeDir)
	d.history.daemon(control.KindStarted, "Startup complete")
	d.systemd(sd.SdNotifyReady)
	undo.add("systemd", func() error { d.systemd(sd.SdNotifyStopping); return nil })
	undo.add("log", func() error {
		d.log.Info("Stopping")
		d.history.daemon(control.KindStopping, "Stopping")
		return nil
	})
}

// atReady is for tests that need a whole daemon in their hands.
var atReady = func(*Daemon) {}

func (d *Daemon) systemd(state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		d.log.Warn("cannot notify systemd", "state", state, "error", err)
	}
}

// wait serves signals until the end.
func (d *Daemon) wait(ctx context.Context, failed <-chan error) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(signals)
	unrelieved := d.unrelieved(ctx)
	for {
		select {
		case <-ctx.Done():
			if !d.stopOrHandOver() {
				d.keep.Store(d.opt.Keep)
			}
			return nil
		case <-unrelieved:
			if !d.lastMoment() {
				d.log.Warn("no daemon came to relieve the caretaker: stopping")
			}
			return nil
		case <-d.handedOver:
			return nil
		case err := <-failed:
			return fmt.Errorf("stopped: %w", err)
		case s := <-signals:
			d.signal(s)
		}
	}
}

func (d *Daemon) signal(s os.Signal) {
	switch s {
	case syscall.SIGUSR1:
		if err := d.dump(); err != nil {
			d.log.Error("cannot write the status", "error", err)
		}
	case syscall.SIGUSR2: // keepalived writes its statistics
		d.log.Info("no file is written for SIGUSR2: the statistics are in `xvrrp status --json` and at /metrics")
	case syscall.SIGHUP:
		d.reload(false)
	}
}

// addInstances hands the routers to the engine, groups first.
func (d *Daemon) addInstances() error {
	for i := range d.settings().Instances {
		in := d.newInstance(&d.settings().Instances[i])
		d.mu.Lock()
		d.instances = append(d.instances, in)
		d.byName[in.cfg().Name], d.byID[in.id] = in, in
		d.mu.Unlock()
		d.nics.use(in)
	}
	for _, u := range units(d.settings()) {
		if err := d.add(u); err != nil {
			return err
		}
	}
	d.weights(d.settings())
	d.nics.expect(d.settings())
	for _, in := range d.instances {
		d.scale.watch(in.id, in.cfg().Priority, tracksOf(d.settings(), in.cfg()))
	}
	return nil
}

func (d *Daemon) add(u unit) error {
	add := engine.Add{Group: d.groupID(u)}
	for _, m := range u.members {
		in := d.instance(m)
		s, err := spec(in.cfg())
		if err != nil {
			return err
		}
		in.embody(&s)
		if err := in.addPaths(&s, d.settings(), in.cfg()); err != nil {
			return err
		}
		s.Election.StartupDelay = d.startupDelay()
		add.Members = append(add.Members, s)
	}
	return d.engine.Settle(add)
}

// startupDelay is the longer of vrrp_startup_delay and what is left of
// vrrp_delay_after_boot.
func (d *Daemon) startupDelay() time.Duration {
	delay := d.settings().Global.StartupDelay
	if after := d.settings().Global.DelayAfterBoot; after > 0 {
		var info syscall.Sysinfo_t
		if err := syscall.Sysinfo(&info); err == nil {
			delay = max(delay, after-time.Duration(info.Uptime)*time.Second)
		}
	}
	return delay
}
