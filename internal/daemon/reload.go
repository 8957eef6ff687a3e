package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// reload reads the files again. A file with errors changes nothing. The new
// settings are checked whole before the first thing changes; what did not
// change is not touched.
func (d *Daemon) reload(dryRun bool) control.ReloadResult {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if dryRun {
		result, _, _ := d.tryReload(true) // the result says what the error does
		return result
	}
	d.log.Info("Reloading ...")
	result, findings, err := d.tryReload(false)
	d.mu.Lock()
	d.reloaded = control.Reload{At: time.Now(), OK: err == nil, Error: result.Error}
	d.mu.Unlock()
	d.metrics.Reloaded(err == nil, time.Now())
	if err != nil {
		d.log.Error("New config failed validation, the old one stays in effect", "error", result.Error)
	}
	logFindings(d.log, findings)
	if err == nil {
		d.log.Info("Reload complete", "changes", len(result.Plan))
	}
	d.history.daemon(control.KindReloaded, reloadedText(result))
	return result
}

// reloadedText is a reload in one line of the history.
func reloadedText(r control.ReloadResult) string {
	switch {
	case r.Error != "":
		return "configuration not reloaded: " + r.Error
	case len(r.Plan) == 0:
		return "configuration reloaded: no change"
	}
	return "configuration reloaded: " + strings.Join(r.Plan, "; ")
}

func (d *Daemon) tryReload(dryRun bool) (control.ReloadResult, []config.Finding, error) {
	result := control.ReloadResult{Plan: []string{}, Findings: []string{}}
	next, findings := Load(d.opt.Files, d.opt.ConfigID)
	for _, f := range findings {
		if f.Severity >= config.Warning {
			result.Findings = append(result.Findings, f.Format())
		}
	}
	if config.Failed(findings) {
		err := &ConfigError{findings}
		result.Error = err.Error()
		return result, findings, err
	}
	p := planReload(d.settings(), next)
	result.Plan, result.OK = p.lines(), true
	if dryRun {
		return result, findings, nil
	}
	if err := d.apply(next, p); err != nil {
		result.OK, result.Error = false, err.Error()
		return result, findings, err
	}
	result.Applied = true
	return result, findings, nil
}

// apply makes the new settings the ones in effect, or leaves the old ones in
// effect. Everything that can refuse is asked before the first router is
// touched; should a later step fail all the same, its way is gone back.
func (d *Daemon) apply(next *config.Settings, p plan) error {
	if err := d.acceptable(next); err != nil {
		return err
	}
	old := d.settings()
	if err := d.prepare(old, next, p); err != nil {
		return err
	}
	for _, line := range p.refuse {
		d.log.Warn(line)
	}
	err := d.transit(next, p)
	if err == nil {
		return nil
	}
	d.log.Error("a step of the reload failed, going back to the old settings", "error", err)
	back := planReload(next, old)
	if undo := d.prepare(next, old, back); undo != nil {
		return errors.Join(err, fmt.Errorf("and the way back: %w", undo))
	}
	if undo := d.transit(old, back); undo != nil {
		return errors.Join(err, fmt.Errorf("and the way back: %w", undo))
	}
	return err
}

// prepare gives trackers and notifications what the new settings want of them.
// With an error nothing has changed. Instances that end keep their scripts for
// now, to be told of that.
func (d *Daemon) prepare(old, next *config.Settings, p plan) (err error) {
	d.setUmask(next) // first: the trackers' new scripts run at once
	defer func() {
		if err != nil {
			d.setUmask(old)
		}
	}()
	watched, err := trackConfig(next)
	if err != nil {
		return err
	}
	before, err := notifyConfig(old)
	if err != nil {
		return err
	}
	told, err := notifyConfig(next)
	if err != nil {
		return err
	}
	for _, name := range p.remove {
		told.Instances[name] = before.Instances[name]
	}
	if err := d.notify.shell.Apply(told); err != nil {
		return err
	}
	d.scale.expect(next)
	d.trackers.name(old, next)
	if err := d.trackers.shell.Apply(watched); err != nil {
		return errors.Join(err, d.notify.shell.Apply(before))
	}
	return nil
}

// transit goes from the settings in effect to the next ones.
func (d *Daemon) transit(next *config.Settings, p plan) error {
	d.nics.expect(next)
	leaving, renamed := d.register(next, p)
	d.current.Store(next)
	var errs []error
	// Who stays is put in order first: an address that moves from an instance
	// that ends to one that stays is held by both for a moment.
	for _, m := range p.keep {
		if in := d.instance(m.new); in != nil && m.changed {
			errs = append(errs, d.changeInstance(in, next.Instance(m.new)))
		}
	}
	for _, in := range renamed {
		d.renameMetrics(in)
	}
	errs = append(errs, d.engine.Settle(d.grouping(next)))
	if len(leaving) > 0 {
		d.engine.Rest()
	}
	for _, in := range leaving {
		errs = append(errs, d.drop(in))
	}
	// Those that end have told of it: their scripts may go.
	told, err := notifyConfig(next)
	errs = append(errs, err, d.notify.shell.Apply(told))
	for _, name := range p.add {
		errs = append(errs, d.bring(next.Instance(name)))
	}
	errs = append(errs, d.engine.Settle(d.grouping(next)))
	d.notify.regroup(next)
	for _, name := range p.add {
		if in := d.instance(name); in != nil {
			d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.Startup{}})
		}
	}
	d.engine.Rest()
	errs = append(errs, d.finish(next))
	return errors.Join(errs...)
}

// finish brings what belongs to no instance up to date.
func (d *Daemon) finish(next *config.Settings) error {
	d.weights(next)
	d.scale.forgetOthers(next)
	d.nics.repace()
	d.nics.rebind()
	if err := d.statics.hold(next); err != nil {
		return err
	}
	if next.Global.FIFOStatesOnReload {
		d.notify.repeat()
	}
	return nil
}

// register gives every instance that stays its settings and its name in the
// new file, and returns those that have none and those with another one.
func (d *Daemon) register(next *config.Settings, p plan) (leaving, renamed []*instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	byName := map[string]*instance{}
	for _, m := range p.keep {
		in := d.byName[m.old]
		if in == nil {
			continue // a reload that failed half-way
		}
		byName[m.new] = in
		delete(d.byName, m.old)
		if m.old != m.new {
			renamed = append(renamed, in)
		}
		if !m.changed {
			in.current.Store(next.Instance(m.new)) // the same but for its name and its place in the file
		}
	}
	for _, in := range d.byName {
		leaving = append(leaving, in)
	}
	slices.SortFunc(leaving, func(a, b *instance) int { return strings.Compare(a.id, b.id) })
	d.byName = byName
	d.list(next)
	return leaving, renamed
}

// list puts the instances into the order of the file; d.mu is held.
func (d *Daemon) list(s *config.Settings) {
	var list []*instance
	for _, cfg := range s.Instances {
		if in := d.byName[cfg.Name]; in != nil {
			list = append(list, in)
		}
	}
	d.instances = list
	d.metrics.Retain(func(name string) bool { return d.byName[name] != nil })
}

// acceptable asks the codec and the election whether they take every instance.
func (d *Daemon) acceptable(next *config.Settings) error {
	var errs []error
	for i := range next.Instances {
		s, err := spec(&next.Instances[i])
		if err == nil {
			err = acceptablePaths(&s, next, &next.Instances[i])
		}
		if err == nil {
			err = engine.Check(s)
		}
		if err == nil {
			_, err = belongingsOf(&next.Instances[i])
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("instance %s: %w", next.Instances[i].Name, err))
		}
	}
	_, err := staticBelongings(next)
	return errors.Join(append(errs, err)...)
}

// drop ends an instance that is in no group any more.
func (d *Daemon) drop(in *instance) error {
	in.leaving.Store(true)
	in.endTemporary("ended", "the instance is gone")
	defer func() {
		in.feeling.Lock()
		defer in.feeling.Unlock()
		in.stopPulse()
	}()
	d.scale.forget(in.id)
	err := d.engine.Retire(lonePrefix + in.id)
	in.forgetStrays()
	d.nics.leave(in)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.byID, in.id)
	return err
}

// bring makes an instance, alone and not started yet, with everything known of
// its interface and its trackers.
func (d *Daemon) bring(cfg *config.Instance) error {
	in := d.newInstance(cfg)
	s, err := spec(cfg)
	if err != nil {
		return err
	}
	in.embody(&s)
	if err := in.addPaths(&s, d.settings(), cfg); err != nil {
		return err
	}
	if err := d.engine.Settle(engine.Add{Group: lonePrefix + in.id, Members: []engine.Spec{s}}); err != nil {
		return err
	}
	d.mu.Lock()
	d.byName[cfg.Name], d.byID[in.id] = in, in
	d.list(d.settings())
	d.mu.Unlock()
	d.scale.watch(in.id, cfg.Priority, tracksOf(d.settings(), cfg))
	d.nics.use(in)
	d.standing(in)
	return nil
}

// changeInstance gives a running instance its new settings.
func (d *Daemon) changeInstance(in *instance, cfg *config.Instance) error {
	before := in.cfg()
	s, err := spec(cfg)
	if err != nil {
		return err
	}
	in.configure(cfg)
	in.embody(&s)
	if err := in.addPaths(&s, d.settings(), cfg); err != nil {
		return err
	}
	if err := d.engine.Settle(engine.Change{Spec: s, Addresses: !sameHoldings(before, cfg)}); err != nil {
		return err
	}
	if before.Priority != cfg.Priority {
		in.endTemporary("overruled", fmt.Sprintf("the configuration now says %d", cfg.Priority))
	}
	d.scale.watch(in.id, cfg.Priority, tracksOf(d.settings(), cfg))
	d.standing(in)
	d.nics.again(in)
	in.showTiming()
	return nil
}

// sameHoldings compares what two versions of an instance hold while master.
func sameHoldings(a, b *config.Instance) bool {
	return sameSettings(a.Addresses, b.Addresses) && sameSettings(a.Excluded, b.Excluded) &&
		sameSettings(a.Routes, b.Routes) && sameSettings(a.Rules, b.Rules)
}

// renameMetrics lets a renamed instance count under its new name, from zero.
func (d *Daemon) renameMetrics(in *instance) {
	cfg := in.cfg()
	in.counts.Store(d.metrics.Instance(cfg.Name, cfg.Interface, cfg.VRID, cfg.Family))
	in.configure(cfg)
	if st, ok := d.statusOf(in); ok {
		in.meter().SetPriority(int(st.Priority))
		in.meter().Restore(stateMetric(st.Transition), st.Since)
		in.meter().SetActiveRouter(st.ActiveRouter)
	}
	in.meter().SetFence(in.fenced.Load())
	in.checkHeld()
	in.showTiming()
}

// Reload implements control.Daemon.
func (a answers) Reload(_ context.Context, req control.ReloadRequest) (control.ReloadResult, error) {
	return a.d.reload(req.DryRun), nil
}

// Config implements control.Daemon.
func (a answers) Config() control.Config {
	s := a.d.settings()
	return control.Config{Files: a.d.files(), LoadedAt: a.d.lastReload().At, Text: config.Print(s, config.PrintOptions{})}
}
