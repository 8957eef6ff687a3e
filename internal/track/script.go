package track

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

// killAfter is how long a script that timed out has between SIGTERM and
// SIGKILL; stopAfter is the same at the daemon's end.
const (
	killAfter = 2 * time.Second
	stopAfter = 200 * time.Millisecond
)

// usable tells why a script could never succeed.
func (s Script) usable(secure bool) error {
	if s.Interval <= 0 {
		return fmt.Errorf("vrrp_script %s: interval must be above 0", s.Name)
	}
	if s.OpenFile != "" {
		return nil // a missing file is a result
	}
	if len(s.Command.Argv) == 0 {
		return fmt.Errorf("vrrp_script %s: no script", s.Name)
	}
	path, err := command.Lookup(s.Command.Argv[0])
	if err == nil && secure {
		err = command.Secure(path, s.Command.UID())
	}
	if err != nil {
		return fmt.Errorf("vrrp_script %s: %w", s.Name, err)
	}
	return nil
}

func (s Script) probe() probe {
	if s.OpenFile != "" {
		return instant(func(context.Context) error { return opens(s.OpenFile) })
	}
	return s.execute
}

// execute runs the script once.
func (s Script) execute(ctx context.Context, report func(outcome)) {
	deadline, _ := ctx.Deadline() // once sets one
	pressed := cpuPressure()
	p, err := s.Command.Start()
	if err != nil {
		// As a shell: 126 and 127 mean that it could not be run.
		report(outcome{code: 127, result: Result{Text: err.Error()}})
		return
	}
	select {
	case <-p.Done():
		report(ended(p.Exit()))
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			p.Stop(stopAfter)
		} else {
			report(outcome{code: -1, result: Result{
				TimedOut: true, Text: p.Text(), Starved: starved(p, deadline, s.timeout(), cpuPressure()-pressed),
			}})
			p.Stop(killAfter)
		}
		<-p.Done()
	}
}

func ended(e command.Exit) outcome {
	return outcome{
		passed:   e.Code == 0,
		code:     e.Code,
		duration: e.Duration,
		result:   Result{Signal: e.Signal, Text: e.Text},
	}
}

// starved reports whether a run that timed out hardly got the processor: it
// waited for it during half of its time, or it wants to run now and the
// machine was short of processors during half of the time, or we ourselves
// came that late. The kernel counts a wait only when it is over, so that the
// first of these alone would miss the worst case.
func starved(p *command.Process, deadline time.Time, timeout, pressed time.Duration) bool {
	waited, runnable := p.Waited()
	return waited >= timeout/2 || runnable && pressed >= timeout/2 || time.Since(deadline) >= timeout/2
}

func opens(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// instant makes a probe of a function that ends with its context.
func instant(ask func(context.Context) error) probe {
	return func(ctx context.Context, report func(outcome)) {
		deadline, _ := ctx.Deadline() // once sets one
		began := time.Now()
		err := ask(ctx)
		if err == nil {
			report(outcome{passed: true})
			return
		}
		o := outcome{code: 1, result: Result{Text: err.Error()}}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			o.result.TimedOut = true
			o.result.Starved = time.Since(deadline) >= deadline.Sub(began)/2
		}
		report(o)
	}
}
