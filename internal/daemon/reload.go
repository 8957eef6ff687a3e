package daemon

import (
	"context"
	"errors"
	"fmt"
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
	d.log.Info("Reloading ...")
	result, err := d.tryReload(dryRun)
	if dryRun {
		return result
	}
	d.mu.Lock()
	d.reloaded = control.Reload{At: time.Now(), OK: err == nil, Error: result.Error}
	d.mu.Unlock()
	d.metrics.Reloaded(err == nil, time.Now())
	if err != nil {
		d.log.Error("New config failed validation, the old one stays in effect", "error", result.Error)
		for _, f := range result.Findings {
			d.log.Error(strings.TrimSpace(f))
		}
	} else {
		d.log.Info("Reload complete", "changes", len(result.Plan))
	}
	d.history.daemon(control.KindReloaded, fmt.Sprintf("ok=%v %s", err == nil, strings.Join(result.Plan, "; ")))
	return result
}

func (d *Daemon) tryReload(dryRun bool) (control.ReloadResult, error) {
	result := control.ReloadResult{Plan: []string{}, Findings: []string{}}
	host := config.ThisHost()
	host.ConfigID = d.opt.ConfigID
	next, findings := config.Load(d.opt.Files, host)
	for _, f := range findings {
		if f.Severity >= config.Warning {
			result.Findings = append(result.Findings, f.Format())
		}
	}
	if config.Failed(findings) {
		err := &ConfigError{findings}
		result.Error = err.Error()
		return result, err
	}
	p := planReload(d.settings(), next)
	result.Plan, result.OK = p.lines(), true
	if dryRun {
		return result, nil
	}
	if err := d.apply(next, p); err != nil {
		result.OK, result.Error = false, err.Error()
		return result, err
	}
	result.Applied = true
	return result, nil
}

// apply makes the new settings the ones in effect. Everything that can refuse
// is asked before the first router is touched.
func (d *Daemon) apply(next *config.Settings, p plan) error {
	watched, err := trackConfig(next)
	if err != nil {
		return err
	}
	if err := d.acceptable(next); err != nil {
		return err
	}
	told, err := notifyConfig(next)
	if err != nil {
		return err
	}
	if err := d.trackers.shell.Apply(watched); err != nil {
		return err
	}
	for _, line := range p.refuse {
		d.log.Warn(line)
	}
	old := d.settings()
	d.current.Store(next)
	for _, name := range p.remove {
		d.drop(old, name)
	}
	var errs []error
	// After the removed instances have told of their end: Apply takes their
	// scripts away.
	errs = append(errs, d.notify.shell.Apply(told))
	for _, name := range p.change {
		errs = append(errs, d.changeInstance(next.Instance(name)))
	}
	for _, u := range p.add {
		errs = append(errs, d.bring(u))
	}
	d.refresh(next)
	static, err := staticBelongings(next)
	errs = append(errs, err, d.holders.claim(staticOwner, static))
	d.nics.repace()
	return errors.Join(errs...)
}

// acceptable asks the codec and the election whether they take every instance.
func (d *Daemon) acceptable(next *config.Settings) error {
	var errs []error
	for i := range next.Instances {
		s, err := spec(&next.Instances[i])
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
	return errors.Join(errs...)
}

// drop ends a group and forgets its members.
func (d *Daemon) drop(old *config.Settings, group string) {
	for _, u := range units(old) {
		if u.name != group {
			continue
		}
		for _, m := range u.members {
			d.instance(m).leaving.Store(true)
		}
		// The group is there: it is in the settings that run.
		_ = d.engine.Settle(engine.Remove{Group: group})
		for _, m := range u.members {
			in := d.instance(m)
			d.scale.forget(m)
			d.nics.leave(in)
			d.mu.Lock()
			delete(d.byName, m)
			d.mu.Unlock()
		}
	}
}

// bring adds a group and starts its members.
func (d *Daemon) bring(u unit) error {
	for _, m := range u.members {
		in := d.newInstance(d.settings().Instance(m))
		d.mu.Lock()
		d.byName[m] = in
		d.mu.Unlock()
	}
	if err := d.add(u.name, u.members...); err != nil {
		return err
	}
	for _, m := range u.members {
		in := d.instance(m)
		d.scale.watch(m, in.cfg().Priority, tracksOf(d.settings(), in.cfg()))
		d.nics.use(in)
		d.engine.Do(engine.Tell{Router: m, Event: vrrp.Startup{}})
	}
	return nil
}

// changeInstance gives a running instance its new settings.
func (d *Daemon) changeInstance(cfg *config.Instance) error {
	in := d.instance(cfg.Name)
	before := in.cfg()
	s, err := spec(cfg)
	if err != nil {
		return err
	}
	s.Probe, s.Effect = in, in.effect
	in.configure(cfg)
	addresses := !sameSettings(before.Addresses, cfg.Addresses) || !sameSettings(before.Excluded, cfg.Excluded)
	if err := d.engine.Settle(engine.Change{Spec: s, Addresses: addresses}); err != nil {
		return err
	}
	d.scale.watch(cfg.Name, cfg.Priority, tracksOf(d.settings(), cfg))
	d.nics.again(in)
	return nil
}

// refresh points every instance at its settings in the new file, so that
// positions and the like are those that a person reads there, and keeps the
// metrics of what there is.
func (d *Daemon) refresh(next *config.Settings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.instances = d.instances[:0]
	for i := range next.Instances {
		if in := d.byName[next.Instances[i].Name]; in != nil {
			in.current.Store(&next.Instances[i])
			d.instances = append(d.instances, in)
		}
	}
	d.metrics.Retain(func(name string) bool { return d.byName[name] != nil })
	d.weights(next)
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
