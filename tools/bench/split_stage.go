package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// stage is one row at work: a lab with two daemons and a judge.
type stage struct {
	*proof
	b     *bench
	pair  *pair
	procs [2]*lab.Process
}

// perform runs one row from the first advert to the judgement.
func (b *bench) perform(p proof) (o owners, err error) {
	s := &stage{proof: &p, b: b}
	if s.pair, err = newPair(1); err != nil {
		return o, err
	}
	defer func() { err = join(err, s.pair.close()) }()
	ear, err := s.pair.judge.Capture(link(0))
	if err != nil {
		return o, err
	}
	asking, err := s.pair.ask()
	if err != nil {
		return o, err
	}
	defer func() { err = join(err, asking.close()) }()
	if err := s.settle(ear); err != nil {
		return o, fmt.Errorf("%w\n%s\n%s", err, s.output(0), s.output(1))
	}
	// What follows takes as long as the protocol does, at most: whoever has not
	// acted within three down intervals will not.
	span := 3*s.config().down(s.pair.nodes[1]) + 500*time.Millisecond
	begin := time.Now()
	if err := p.fault.begin(s); err != nil {
		return o, err
	}
	time.Sleep(span)
	if p.fault.end != nil {
		if err := p.fault.end(s); err != nil {
			return o, err
		}
		time.Sleep(span)
	}
	end := time.Now()
	time.Sleep((bridged + 1) * askEvery)
	for i, proc := range s.procs {
		if err := ended(proc); err != nil && !(i == 0 && p.fault.kills()) {
			return o, err
		}
	}
	return judgeOwners(ear.Frames(), virtual(0, vrid), begin, end.Add(bridged*askEvery)), nil
}

// kills says that the first daemon is not there at the end.
func (f fault) kills() bool { return f.end == nil && f.name == "the master's daemon dies" }

// ended is an error when a daemon ended by itself.
func ended(p *lab.Process) error {
	select {
	case <-p.Done():
		return fmt.Errorf("a daemon ended: %s", tail(p.Output()))
	default:
		return nil
	}
}

// settle starts both daemons and waits until the first is master, the address
// answers from it alone, and the second listens.
func (s *stage) settle(ear *lab.Capture) error {
	if err := s.start(0); err != nil {
		return err
	}
	a, bound := s.pair.nodes[0], 4*s.config().down(s.pair.nodes[0])+60*time.Second
	if err := until(bound, "the first daemon answers", func() bool {
		return len(answersFrom(ear.Frames(), virtual(0, vrid), a.mac())) > 2
	}); err != nil {
		return err
	}
	if err := s.start(1); err != nil {
		return err
	}
	kind := keepalived
	if !s.couple.second.keepalived {
		kind = xvrrp
	}
	if err := awake(kind, s.procs[1]); err != nil {
		return err
	}
	// Long enough to have heard adverts, and for the second burst of announcements to be over.
	time.Sleep(max(2*s.interval, 1500*time.Millisecond))
	return nil
}

// start starts one of the daemons, again if need be.
func (s *stage) start(i int) (err error) {
	n, r := s.pair.nodes[i], s.couple.first
	if i == 1 {
		r = s.couple.second
	}
	n.runs++
	file, err := n.write("daemon.conf", s.text(n, r))
	if err != nil {
		return err
	}
	if !r.keepalived {
		s.procs[i], err = n.Start(s.b.binary, "--runtime-dir", filepath.Join(n.dir, "run"), "run", "-f", file)
		return err
	}
	pid := func(name string) string { return filepath.Join(n.dir, fmt.Sprintf("%s%d.pid", name, n.runs)) }
	s.procs[i], err = n.StartCmd(exec.Command("keepalived", "-n", "-l", "-D", "-G", "-P", "-f", file, "-p", pid("parent"), "-r", pid("vrrp")))
	return err
}

// drop makes the switch drop traffic from one director to the other.
func (s *stage) drop(from, to int, what lab.Traffic) error {
	return s.pair.switches[0].Drop(s.pair.nodes[from].ports[0], s.pair.nodes[to].ports[0], what)
}

func (s *stage) output(i int) string {
	if s.procs[i] == nil {
		return ""
	}
	return tail(s.procs[i].Output())
}
