package daemon

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/xvrrp/xvrrp/internal/command"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/track"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// trackers is track's sink: it logs and counts what is found, and puts it on
// the scale.
type trackers struct {
	d      *Daemon
	shell  *track.Trackers
	mu     sync.Mutex
	latest map[tracked]control.TrackerStatus
	checks map[string]bool // names that are built-in checks and not scripts
}

// trackConfig is what of the settings is to be watched. What nobody tracks
// never runs.
func trackConfig(s *config.Settings) (track.Config, error) {
	c := track.Config{Secure: s.Global.ScriptSecurity}
	for _, t := range s.Scripts {
		if !t.Used {
			continue
		}
		one := track.Script{
			Name:   t.Name,
			Rhythm: track.Rhythm{Interval: t.Interval, Timeout: t.Timeout, Rise: t.Rise, Fall: t.Fall, InitFail: t.InitFail},
		}
		if t.OpenFile {
			one.OpenFile = t.Command.Argv[0]
		} else {
			cmd, err := runnable(t.Command, s.Global.SupplementaryGroups)
			if err != nil {
				return c, fmt.Errorf("%s: vrrp_script %s: %w", t.Pos, t.Name, err)
			}
			one.Command = cmd
		}
		c.Scripts = append(c.Scripts, one)
	}
	for _, t := range s.Own.Checks {
		if t.Used {
			c.Checks = append(c.Checks, track.Check{
				Name: t.Name, Kind: track.CheckKind(t.Kind.String()), Target: t.Target, StatusMin: t.StatusMin, StatusMax: t.StatusMax,
				Insecure: t.Insecure,
				Rhythm:   track.Rhythm{Interval: t.Interval, Timeout: t.Timeout, Rise: t.Rise, Fall: t.Fall, InitFail: t.InitFail},
			})
		}
	}
	for _, t := range s.TrackFiles {
		if t.Used {
			c.Files = append(c.Files, track.File{Name: t.Name, Path: t.Path, Init: t.Init, InitValue: t.InitValue, Overwrite: t.InitOverwrite})
		}
	}
	for _, t := range s.TrackProcesses {
		if t.Used {
			c.Processes = append(c.Processes, track.Process{
				Name: t.Name, Process: t.Process, FullCommand: t.FullCommand, Params: t.Params, Match: track.ParamMatch(t.ParamMatch),
				Quorum: t.Quorum, QuorumMax: t.QuorumMax, ForkDelay: t.ForkDelay, TerminateDelay: t.TerminateDelay,
			})
		}
	}
	return c, nil
}

// runnable resolves the user that a command runs as.
func runnable(c config.Command, supplementary bool) (command.Command, error) {
	out := command.Command{Argv: c.Argv}
	if c.User == "" {
		return out, nil
	}
	as, err := command.Resolve(c.User, c.Group, supplementary)
	if err != nil {
		return out, err
	}
	out.As = &as
	return out, nil
}

// openTrackers checks that everything tracked can work, before anything runs.
func (d *Daemon) openTrackers() error {
	cfg, err := trackConfig(d.settings())
	if err != nil {
		return err
	}
	d.trackers = &trackers{d: d, latest: map[tracked]control.TrackerStatus{}}
	d.trackers.name(d.settings())
	d.scale.expect(d.settings())
	d.trackers.shell, err = track.New(cfg, d.trackers)
	return err
}

// Script implements track.Sink.
func (t *trackers) Script(name string, r track.Result) {
	for _, phrase := range r.Phrases(name) {
		level := slog.LevelInfo
		if !r.Passed {
			level = slog.LevelWarn
		}
		t.d.log.Log(t.d.ctx, level, phrase)
	}
	if r.Skipped != track.NotSkipped {
		return
	}
	kind := t.kindOf(name)
	m := t.d.metrics.Tracker(kind.String(), name)
	m.SetUp(r.Up)
	m.Ran(r.Duration)
	t.put(tracked{kind, name}, control.TrackerStatus{
		Known: r.Known, Up: r.Up, Text: r.Text, LastRun: r.Began, Duration: control.Seconds(r.Duration),
	})
	if r.Known {
		t.d.scale.report(tracked{kind, name}, reading{health: healthOf(r.Up)})
	}
}

// name learns which names are those of built-in checks, before they tell
// anything.
func (t *trackers) name(all ...*config.Settings) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checks = map[string]bool{}
	for _, s := range all {
		for _, c := range s.Own.Checks {
			t.checks[c.Name] = true
		}
	}
}

// kindOf tells scripts from built-in checks: both are named in track_script.
func (t *trackers) kindOf(name string) config.TrackKind {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.checks[name] {
		return config.TrackCheck
	}
	return config.TrackScript
}

// File implements track.Sink.
func (t *trackers) File(name string, f track.FileResult) {
	if f.Err != nil {
		t.d.log.Warn("tracked file "+name+" holds no number; the one before still counts", "value", f.Value, "error", f.Err)
	}
	id := tracked{config.TrackFileValue, name}
	t.d.metrics.Tracker("file", name).SetUp(f.Exists)
	t.put(id, control.TrackerStatus{Known: true, Up: f.Exists, Value: f.Value, LastRun: f.At})
	t.d.scale.report(id, reading{health: vrrp.Up, value: int(max(-1<<31, min(1<<31-1, f.Value)))})
}

// Process implements track.Sink.
func (t *trackers) Process(name string, p track.ProcessResult) {
	id := tracked{config.TrackProcessQuorum, name}
	if p.Changed {
		word := "lost"
		if p.Up {
			word = "gained"
		}
		t.d.log.Info("Quorum "+word+" for tracked process "+name, "count", p.Count)
	}
	t.d.metrics.Tracker("process", name).SetUp(p.Up)
	t.put(id, control.TrackerStatus{Known: true, Up: p.Up, Value: int64(p.Count), LastRun: p.At})
	t.d.scale.report(id, reading{health: healthOf(p.Up)})
}

func healthOf(up bool) vrrp.Health {
	if up {
		return vrrp.Up
	}
	return vrrp.Down
}

func (t *trackers) put(id tracked, s control.TrackerStatus) {
	s.Kind, s.Name, s.Weight = id.kind.String(), id.name, t.weightOf(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest[id] = s
}

// weightOf is the weight with which the first instance tracks an object.
func (t *trackers) weightOf(id tracked) int {
	s := t.d.settings()
	for i := range s.Instances {
		for _, one := range tracksOf(s, &s.Instances[i]) {
			if one.Kind == id.kind && one.Name == id.name {
				return one.Weight
			}
		}
	}
	return 0
}

// retain forgets what is not tracked any more.
func (t *trackers) retain(wanted map[tracked]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.latest {
		if !wanted[id] {
			delete(t.latest, id)
		}
	}
}

// trackerStatus lists every tracker that has told something, always in one order.
func (d *Daemon) trackerStatus() []control.TrackerStatus {
	d.trackers.mu.Lock()
	defer d.trackers.mu.Unlock()
	list := []control.TrackerStatus{}
	for _, s := range d.trackers.latest {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b control.TrackerStatus) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	return list
}

// weights shows the configured weight of everything that is tracked, and drops
// what is not tracked any more.
func (d *Daemon) weights(s *config.Settings) {
	wanted := map[tracked]bool{}
	for i := range s.Instances {
		for _, t := range tracksOf(s, &s.Instances[i]) {
			id := tracked{t.Kind, t.Name}
			wanted[id] = true
			d.metrics.Tracker(t.Kind.String(), t.Name).SetWeight(t.Weight)
		}
	}
	d.trackers.retain(wanted)
	d.metrics.RetainTrackers(func(kind, name string) bool {
		for id := range wanted {
			if id.kind.String() == kind && id.name == name {
				return true
			}
		}
		return false
	})
}
