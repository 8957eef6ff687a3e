package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/pulse"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// A daemon that was killed said no goodbye: its addresses stand, and for some
// time no peer has missed an advert. Whoever starts within that time goes on as
// master, if nobody else has spoken meanwhile; the kernel program, which outlives
// the process, has listened. In every other case a router starts as the rules say.

// pulseFile is the name in the runtime directory.
const pulseFile = "pulse"

// window is how long after its last advert no peer of an instance can have
// taken over.
func window(cfg *config.Instance) time.Duration {
	advert := interval(cfg)
	return time.Duration(cfg.DownTimerAdverts)*advert - advert/4
}

// openPulse begins to note when each router sends, and reads when a predecessor's
// did. Without, a crash costs a failover and nothing else.
func (d *Daemon) openPulse(undo *cleanup) {
	path := filepath.Join(d.opt.RuntimeDir, pulseFile)
	var err error
	if d.before == nil { // a living one tells by itself
		if d.left, err = pulse.Read(path); err != nil {
			d.log.Warn("cannot read who was master", "error", err)
		}
	}
	now := time.Now()
	s := d.settings()
	for i := range s.Instances {
		if m, ok := d.left.Of(handle(&s.Instances[i])); ok && now.Before(m.Until) {
			d.goesOn = true
		}
	}
	if d.book, err = pulse.New(path); err != nil {
		d.log.Warn("after a crash this daemon cannot go on as master", "error", err)
		d.book = nil
		return
	}
	undo.add("pulse", d.book.Close)
}

// publishPulse lets the next daemon find what this one notes.
func (d *Daemon) publishPulse() {
	if d.book == nil {
		return
	}
	if err := d.book.Publish(); err != nil {
		d.log.Warn("after a crash this daemon cannot go on as master", "error", err)
	}
}

// feel gives an instance its pulse under its present identity, and says how long
// it is worth something. Settings and way of reception may have changed.
func (in *instance) feel() {
	if in.d.book == nil {
		return
	}
	in.feeling.Lock()
	defer in.feeling.Unlock()
	if name := handle(in.cfg()); name != in.pulseName {
		p, err := in.d.book.Add(name)
		if err != nil {
			in.log.Warn("("+in.cfg().Name+") cannot go on as master after a crash", "error", err)
			return
		}
		in.stopPulse()
		in.pulseName = name
		in.pulse.Store(p)
	}
	in.pulse.Load().SetWindow(window(in.cfg()), in.kernel)
}

// stopPulse forgets the instance's pulse; in.feeling is held.
func (in *instance) stopPulse() {
	if in.pulse.Swap(nil) != nil {
		in.d.book.Remove(in.pulseName)
		in.pulseName = ""
	}
}

// hears notes how adverts come in.
func (in *instance) hears(mode datapath.Mode) {
	kernel := mode != "" && mode != datapath.Socket
	in.feeling.Lock()
	news := in.kernel != kernel
	in.kernel = kernel
	in.feeling.Unlock()
	if news {
		in.feel()
	}
}

// beat notes that an advert has left. Loop thread.
func (in *instance) beat(priority uint8) {
	p := in.pulse.Load()
	switch {
	case p == nil:
	case priority == 0:
		p.Clear()
	case !in.unsent:
		p.Beat()
	}
	in.unsent = false
}

// goOn lets those go on that a killed predecessor left as master.
func (d *Daemon) goOn() error {
	if !d.goesOn {
		return nil
	}
	for _, in := range d.instances {
		d.standing(in)
	}
	for _, u := range units(d.settings()) {
		f := engine.Resume{Group: d.groupID(u), Memories: map[string]vrrp.Memory{}}
		for _, name := range u.members {
			in := d.instance(name)
			m, err := d.survives(in)
			if err != nil {
				d.log.Info("("+name+") was master when the daemon was killed, and starts anew", "why", err.Error())
			}
			if m != nil {
				f.Memories[in.id] = *m
			}
		}
		if len(f.Memories) < len(u.members) { // a group goes on as one
			continue
		}
		for _, name := range u.members {
			in := d.instance(name)
			in.resumed = true
			in.goesOnSince(f.Memories[in.id].Since)
		}
		if err := d.engine.Settle(f); err != nil {
			return err
		}
	}
	d.engine.Rest() // what is held is claimed before tidy looks for leftovers
	return nil
}

// goesOnSince notes since when the instance has been in the state in which it goes
// on, before its transition tells so.
func (in *instance) goesOnSince(at time.Time) {
	in.entered.Store(at.UnixNano())
	if p := in.pulse.Load(); p != nil && !at.IsZero() {
		p.Since(at)
	}
}

// sinceOf is since when an instance that goes on has been in its state; now,
// where nobody knows.
func (in *instance) sinceOf(now time.Time) time.Time {
	if at := in.entered.Load(); at > 0 {
		return time.Unix(0, at)
	}
	return now
}

// survives is what an instance goes on from: nil when it was not master, or,
// with the reason, when it must not.
func (d *Daemon) survives(in *instance) (*vrrp.Memory, error) {
	left, ok := d.left.Of(handle(in.cfg()))
	if !ok {
		return nil, nil
	}
	switch now := time.Now(); {
	case !now.Before(left.Until):
		return nil, fmt.Errorf("its last advert left %v ago", now.Sub(left.Sent))
	case in.cfg().Auth.Kind == config.AuthAH:
		return nil, errors.New("the AH sequence is lost, and peers would refuse its adverts as replays")
	case !left.Kernel || !d.dp.Remembers():
		return nil, errors.New("no kernel program has listened meanwhile")
	}
	at, from, heard, err := d.nics.lastGood(in)
	switch {
	case err != nil:
		return nil, err
	case heard && !at.Before(left.Sent):
		return nil, fmt.Errorf("%v has advertised since", from)
	}
	return &vrrp.Memory{State: vrrp.Active, Deadline: time.Now(), Since: left.Since, Up: left.Since, LastSent: left.Sent}, nil
}

// opinionsFile holds what the trackers thought last.
const opinionsFile = "opinions"

// opinionsPace bounds how often it is written.
const opinionsPace = 100 * time.Millisecond

// keepOpinions writes the trackers' opinions whenever they have changed.
func (d *Daemon) keepOpinions(done <-chan struct{}) {
	path := filepath.Join(d.opt.RuntimeDir, opinionsFile)
	for {
		text, err := json.Marshal(legacy{Format: legacyFormat, PID: os.Getpid(), Opinions: d.scale.opinions()})
		if err == nil {
			err = errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path))
		}
		if err != nil {
			d.log.Warn("after a crash the trackers begin anew", "error", err)
		}
		select {
		case <-done:
			return
		case <-time.After(opinionsPace):
		}
		select {
		case <-done:
			return
		case <-d.scale.news:
		}
	}
}

// takeOpinions goes on with what a killed predecessor's trackers thought.
func (d *Daemon) takeOpinions() {
	if !d.goesOn {
		return
	}
	text, err := os.ReadFile(filepath.Join(d.opt.RuntimeDir, opinionsFile))
	var left legacy
	if err == nil {
		err = json.Unmarshal(text, &left)
	}
	if err != nil || left.Format != legacyFormat {
		d.log.Warn("the trackers begin anew", "error", err)
		return
	}
	d.resumeTrackers(left.Opinions)
}

func (d *Daemon) removeOpinions() error {
	err := os.Remove(filepath.Join(d.opt.RuntimeDir, opinionsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// lastGood is when the kernel last heard a good advert for an instance, and
// from whom.
func (n *nics) lastGood(in *instance) (at time.Time, from netip.Addr, heard bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.byName[in.cfg().Interface]
	if c == nil || c.mode == "" || c.mode == datapath.Socket {
		return at, from, false, errors.New("no kernel program listens on " + in.cfg().Interface)
	}
	return n.d.dp.LastGood(n.router(c, in))
}
