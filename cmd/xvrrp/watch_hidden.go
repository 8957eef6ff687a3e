package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/survey"
)

// hidden asks the daemon for what its kernel program keeps from every capture
// on this host, for as long as the context lasts, whether the daemon is there
// now or not. What cannot be seen is told, once for each reason.
func (w *watcher) hidden(ctx context.Context, link *net.Interface, runtimeDir string, m *survey.Merge) {
	started := false
	ready := func() {
		if !started {
			started = true
			close(w.asked)
		}
	}
	for ctx.Err() == nil {
		err := follow(ctx, link, runtimeDir, m, func() { w.blind(""); ready() })
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, control.ErrNoDaemon):
			w.blind(fmt.Sprintf("%v: unicast adverts that an xvrrp of another --runtime-dir consumes in XDP are not shown", err))
		case err != nil:
			w.blind(fmt.Sprintf("what the daemon consumes is not shown: %v", err))
		}
		ready()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// follow passes on what one daemon has to tell until it ends.
func follow(ctx context.Context, link *net.Interface, runtimeDir string, m *survey.Merge, began func()) error {
	client, err := control.Dial(runtimeDir)
	if err != nil {
		return err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if !sameNetwork(s.PID) {
		return fmt.Errorf("the daemon of %s is in another network namespace", runtimeDir)
	}
	to := survey.MAC{}
	copy(to[:], link.HardwareAddr)
	for f, err := range client.Frames(ctx, link.Name, began) {
		if err != nil {
			return err
		}
		from, err := net.ParseMAC(f.SourceMAC)
		if err != nil || len(from) != len(to) {
			continue // a daemon of another version
		}
		if !m.Put(survey.Framed(f.At, to, survey.MAC(from), f.IP)) {
			return nil
		}
	}
	return nil
}

// blind tells what cannot be seen, or (empty) that everything can. The lines of
// --json and of a pipe stay clean.
func (w *watcher) blind(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if what == w.note {
		return
	}
	w.note = what
	if what != "" && w.complain != nil {
		w.complain(what)
	}
}
