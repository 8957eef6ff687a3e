package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Notifier tells events to scripts and FIFOs.
type Notifier struct {
	sink   Sink
	ctx    context.Context // ends when Close has waited long enough
	cancel context.CancelFunc
	work   sync.WaitGroup // queues at work

	mu     sync.Mutex
	config Config
	queues map[key]*queue
	fifos  map[string]*fifo
	closed bool
	lost   uint64 // events whose scripts never ran
	losses []Loss // to tell once mu is free
}

// New checks the configuration, makes and opens the FIFOs and starts their
// scripts.
func New(cfg Config, sink Sink) (*Notifier, error) {
	n := &Notifier{sink: sink, queues: map[key]*queue{}, fifos: map[string]*fifo{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.Apply(cfg); err != nil {
		n.cancel()
		return nil, err
	}
	return n, nil
}

// Apply changes to a new configuration. Events told before go to the old
// scripts; so DELETED is told before Apply takes the instance's scripts away. A FIFO that stays is not touched, so that its readers see no end of
// file; its script goes on unless it changed. With an error nothing has
// changed.
func (n *Notifier) Apply(cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	leaving, err := n.swap(cfg)
	for _, f := range leaving {
		f.stop() // takes as long as its script; events go on meanwhile
	}
	return err
}

// swap takes in a checked configuration and returns the FIFOs to close.
func (n *Notifier) swap(cfg Config) (leaving []*fifo, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errors.New("notifier is closed")
	}
	opened := map[string]*fifo{}
	for _, f := range cfg.FIFOs {
		if n.fifos[f.Path] != nil {
			continue
		}
		made, err := openFIFO(f, n.sink)
		if err != nil {
			return slices.Collect(maps.Values(opened)), err
		}
		opened[f.Path] = made
	}
	n.config = cfg
	return n.keep(cfg.FIFOs, opened), nil
}

// keep starts the scripts that are new and returns the FIFOs that are not
// configured any more; n.mu is held.
func (n *Notifier) keep(wanted []FIFO, opened map[string]*fifo) (leaving []*fifo) {
	all := map[string]*fifo{}
	for _, f := range wanted {
		if all[f.Path] = n.fifos[f.Path]; all[f.Path] == nil {
			all[f.Path] = opened[f.Path]
		}
		all[f.Path].read(f.Script)
	}
	for path, f := range n.fifos {
		if all[path] == nil {
			leaving = append(leaving, f)
		}
	}
	n.fifos = all
	return leaving
}

// Notify tells one event. It never waits for a script or reader.
func (n *Notifier) Notify(e Event) {
	n.mu.Lock()
	if n.closed || !n.config.wants(e) {
		n.mu.Unlock()
		return
	}
	if n.config.feeds(e) {
		for _, f := range n.fifos {
			n.losses = append(n.losses, f.put(e)...)
		}
	}
	if list := n.config.scripts(e).commands(e); len(list) > 0 {
		n.push(e.key(), job{event: e, commands: list, timeout: n.config.timeout()})
	}
	losses := n.losses
	n.losses = nil
	n.mu.Unlock()
	for _, l := range losses {
		n.sink.Lost(l)
	}
}

// Repeat tells the FIFOs, and no script, what they may have been told before.
func (n *Notifier) Repeat(e Event) {
	n.mu.Lock()
	var losses []Loss
	if !n.closed {
		for _, f := range n.fifos {
			losses = append(losses, f.put(e)...)
		}
	}
	n.mu.Unlock()
	for _, l := range losses {
		n.sink.Lost(l)
	}
}

// Close takes no more events, waits until those told have been dealt with or
// ctx ends, and closes the FIFOs. Notify scripts that still run then are left
// to finish by themselves, those that wait are not run; a FIFO's script is
// ended, at the latest by the daemon's own end.
func (n *Notifier) Close(ctx context.Context) error {
	n.mu.Lock()
	n.closed = true
	fifos := slices.Collect(maps.Values(n.fifos))
	n.mu.Unlock()
	defer n.cancel()

	told := make(chan struct{})
	go func() {
		defer close(told)
		n.work.Wait()
		for _, f := range fifos {
			f.flush(ctx)
		}
	}()
	err := within(ctx, told)
	n.cancel()
	<-told
	for _, f := range fifos {
		f.shut()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		endScripts(fifos)
	}()
	return errors.Join(err, within(ctx, ended))
}

func within(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("notifications not finished: %w", ctx.Err())
	}
}

func endScripts(fifos []*fifo) {
	var all sync.WaitGroup
	for _, f := range fifos {
		all.Go(func() { f.read(nil) })
	}
	all.Wait()
}
