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
	if err := s.Command.Usable(secure); err != nil {
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
func (s Script) execute(ctx context.Context, timeout time.Duration, report func(outcome)) {
	pressed := cpuPressure()
	p, err := s.Command.Start()
	if err != nil {
		// As a shell: 126 and 127 mean that it could not be run.
		report(outcome{code: 127, result: Result{Text: err.Error()}})
		return
	}
	deadline := time.Now().Add(timeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.Done():
		report(ended(p.Exit()))
		return
	case <-timer.C:
		report(outcome{code: -1, result: Result{
			TimedOut: true, Text: p.Text(), Starved: starved(p, deadline, timeout, cpuPressure()-pressed),
		}})
		p.Stop(killAfter)
	case <-ctx.Done():
		p.Stop(stopAfter)
	}
	bury(ctx, p)
}

// bury waits for the end of a stopped process. When we end ourselves it does
// not wait for long: a process may hang in the kernel, beyond every signal.
func bury(ctx context.Context, p *command.Process) {
	select {
	case <-p.Done():
		return
	case <-ctx.Done():
	}
	select {
	case <-p.Done():
		return
	case <-time.After(stopAfter):
		p.Kill()
	}
	select {
	case <-p.Done():
	case <-time.After(time.Second):
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
	return func(ctx context.Context, timeout time.Duration, report func(outcome)) {
		bounded, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		deadline := time.Now().Add(timeout)
		err := ask(bounded)
		if err == nil {
			report(outcome{passed: true})
			return
		}
		o := outcome{code: 1, result: Result{Text: err.Error()}}
		if errors.Is(bounded.Err(), context.DeadlineExceeded) {
			o.result.TimedOut = true
			o.result.Starved = time.Since(deadline) >= timeout/2
		}
		report(o)
	}
}
