package notify

import (
	"context"
	"reflect"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

// A FIFO's script that ends is started again after a pause, which doubles
// with every failure and is short again after a good long run.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// lastWords is how long a FIFO's script has to end by itself once it can see
// the end of the FIFO.
const lastWords = 500 * time.Millisecond

// reader keeps a FIFO's script running.
type reader struct {
	command command.Command
	cancel  context.CancelFunc
	done    chan struct{}
}

// read sets the script that reads the FIFO, nil for none. One that is the same
// goes on.
func (f *fifo) read(c *command.Command) {
	f.mu.Lock()
	old := f.reader
	if old != nil && c != nil && reflect.DeepEqual(old.command, *c) {
		f.mu.Unlock()
		return
	}
	f.reader = nil
	if c != nil {
		ctx, cancel := context.WithCancel(context.Background())
		f.reader = &reader{command: *c, cancel: cancel, done: make(chan struct{})}
		defer f.reader.start(ctx, old, f.path, f.sink)
	}
	f.mu.Unlock()
	if old != nil {
		old.cancel()
		if c == nil {
			<-old.done
		}
	}
}

// start runs the script once its predecessor has ended.
func (r *reader) start(ctx context.Context, old *reader, path string, sink Sink) {
	go func() {
		defer close(r.done)
		if old != nil {
			<-old.done
		}
		c := r.command
		c.Argv = append(append([]string{}, c.Argv...), path)
		pause := firstPause
		for ctx.Err() == nil {
			run := Run{FIFO: path, Argv: c.Argv}
			began := time.Now()
			r.once(ctx, c, &run)
			if ctx.Err() != nil {
				return
			}
			sink.Ran(run)
			if time.Since(began) > maxPause {
				pause = firstPause
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, maxPause)
		}
	}()
}

func (r *reader) once(ctx context.Context, c command.Command, run *Run) {
	p, err := c.Start()
	if err != nil {
		run.Err = err
		return
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		select {
		case <-p.Done():
		case <-time.After(lastWords):
			p.Stop(stopGrace)
			<-p.Done()
		}
	}
	run.Exit = p.Exit()
}

func (r *reader) gone() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
