package track

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// Trackers are all watched objects of one daemon.
type Trackers struct {
	sink Sink

	mu      sync.Mutex
	config  Config
	running map[key]*running
	started bool
	resumed map[string]bool // opinions of a predecessor on scripts and checks
}

// key names a tracked object.
type key struct {
	kind string // script (checks too), file, process
	name string
}

// running is one tracked object at work.
type running struct {
	config any
	cancel context.CancelFunc
	done   chan struct{}
}

// New checks that everything in the configuration can work. Nothing runs yet.
func New(cfg Config, sink Sink) (*Trackers, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Trackers{sink: sink, config: cfg, running: map[key]*running{}}, nil
}

// check joins everything that is wrong, so that one look shows it all.
func (c Config) check() error {
	var errs []error
	seen := map[key]bool{}
	for k := range c.objects() {
		if seen[k] {
			errs = append(errs, fmt.Errorf("%s %s is defined twice", k.kind, k.name))
		}
		seen[k] = true
	}
	for _, s := range c.Scripts {
		errs = append(errs, s.usable(c.Secure))
	}
	for _, ch := range c.Checks {
		errs = append(errs, ch.usable())
	}
	for _, f := range c.Files {
		errs = append(errs, f.usable())
	}
	for _, p := range c.Processes {
		errs = append(errs, p.usable())
	}
	return errors.Join(errs...)
}

// objects yields every configured object.
func (c Config) objects() func(yield func(key, any) bool) {
	return func(yield func(key, any) bool) {
		for _, s := range c.Scripts {
			if !yield(key{"script", s.Name}, s) {
				return
			}
		}
		for _, ch := range c.Checks {
			if !yield(key{"script", ch.Name}, ch) {
				return
			}
		}
		for _, f := range c.Files {
			if !yield(key{"file", f.Name}, f) {
				return
			}
		}
		for _, p := range c.Processes {
			if !yield(key{"process", p.Name}, p) {
				return
			}
		}
	}
}

// Resume makes scripts and checks of these names go on with the opinions that a
// predecessor in another process had: what it had counted as up or down stays so
// until rise or fall say otherwise. It is called before Start.
func (t *Trackers) Resume(opinions map[string]bool) { t.resumed = opinions }

// Start begins to watch. Files with an init value are written first. It is
// called once.
func (t *Trackers) Start() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.config.Files {
		if err := f.create(); err != nil {
			return err
		}
	}
	t.started = true
	t.apply(t.config)
	t.resumed = nil // what a reload changes later begins anew
	return nil
}

// Apply changes to a new configuration. An object that did not change is not
// touched: its counters and results stay. Others are stopped, running scripts
// killed, and new ones begin without an opinion. With an error nothing has
// changed.
func (t *Trackers) Apply(cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.config = cfg
	if t.started {
		t.apply(cfg)
	}
	return nil
}

// apply stops what is not wanted any more, then starts what is new; t.mu is
// held.
func (t *Trackers) apply(cfg Config) {
	wanted := map[key]any{}
	for k, c := range cfg.objects() {
		wanted[k] = c
	}
	var leaving []*running
	for k, r := range t.running {
		if !reflect.DeepEqual(wanted[k], r.config) {
			r.cancel()
			leaving = append(leaving, r)
			delete(t.running, k)
		}
	}
	for _, r := range leaving {
		<-r.done
	}
	for k, c := range wanted {
		if t.running[k] == nil {
			t.running[k] = t.start(c)
		}
	}
}

// start begins to watch one object.
func (t *Trackers) start(config any) *running {
	resumed := t.resumed
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{config: config, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		watch(ctx, config, t.sink, resumed)
	}()
	return r
}

func watch(ctx context.Context, config any, sink Sink, resumed map[string]bool) {
	ask := func(name string, r Rhythm, probe probe) {
		p := newPeriodic(name, r, sink, probe)
		if up, ok := resumed[name]; ok {
			p.resume(up)
		}
		p.run(ctx)
	}
	switch c := config.(type) {
	case Script:
		ask(c.Name, c.Rhythm, c.probe())
	case Check:
		ask(c.Name, c.Rhythm, c.probe())
	case File:
		c.watch(ctx, sink)
	case Process:
		c.watch(ctx, sink)
	}
}

// Stop ends all watching and kills running scripts. After it the sink is not
// called any more.
func (t *Trackers) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started = false
	t.apply(Config{})
}
