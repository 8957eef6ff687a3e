package vrrp

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// TestStories runs testdata/*.txt. A story prints facts: states, actions and
// deadlines. -rewrite rewrites them; read the diff as its reviewer.
//
//	router|member [NAME] [KEY=VALUE...]   a lone router, started (member: not yet)
//	group NAME [wait]                     joins the members so far, and starts
//	start|stop|timeout|handover [NAME]    events; timeout goes to the deadline
//	advert [NAME] from= priority= [interval=] [mismatch]
//	reject [NAME] reason= from= ttl=
//	answered [NAME] addr= mac= [stranger]; witness [NAME]; frame [NAME] [ago=D]
//	path [NAME] path=N from= local= priority= [interval=]
//	fault|clear [NAME] cause=KIND[:NAME]
//	priority [NAME] to=N, primary [NAME] to=ADDR, reconfigure [NAME] KEY=VALUE... [addresses]
//	evidence|causes|counters [NAME]       prints them
//
// after=D moves the time on first, at=D sets it; late=D handles a timeout so
// much after the deadline; times=N does it N times, with after= before each.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.HasPrefix(path, filepath.Join("testdata", "fuzz")) {
			return // what a fuzz target found, and runs itself
		}
		s := newScript()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			out, err := s.run(d.Cmd, d.CmdArgs)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			return out
		})
	})
}

// epoch is the zero of every test's time.
var epoch = time.Date(2024, time.April, 1, 0, 0, 0, 0, time.UTC)

// script is the state of one story.
type script struct {
	now     time.Time
	places  map[string]place
	only    string // the name of the only router
	pending []string
	routers map[string]*Router
	out     strings.Builder
}

// place is where a router is found.
type place struct {
	group *Group
	names []string
	index int
}

func newScript() *script {
	return &script{now: epoch, places: map[string]place{}, routers: map[string]*Router{}}
}

// arguments of one command.
type arguments struct {
	name   string
	values map[string]string
}

func (a arguments) has(key string) bool { _, ok := a.values[key]; return ok }

func parseArguments(args []datadriven.CmdArg) arguments {
	a := arguments{values: map[string]string{}}
	for i, arg := range args {
		if i == 0 && len(arg.Vals) == 0 && !flags[arg.Key] {
			a.name = arg.Key
			continue
		}
		a.values[arg.Key] = strings.Join(arg.Vals, ",")
	}
	return a
}

// flags are the arguments without a value: the first one is no name.
var flags = map[string]bool{
	"nopreempt": true, "answer": true, "higher": true, "deaf": true, "waits": true, "mismatch": true, "stranger": true, "outranks": true, "witness": true, "addresses": true,
}

func (s *script) run(cmd string, cmdArgs []datadriven.CmdArg) (string, error) {
	s.out.Reset()
	args := parseArguments(cmdArgs)
	if err := s.command(cmd, args); err != nil {
		return "", err
	}
	return s.out.String(), nil
}

func (s *script) command(cmd string, args arguments) error {
	switch cmd {
	case "router", "member":
		return s.define(cmd, args)
	case "group":
		s.join(args.name, s.pending)
		s.only, s.pending = s.pending[0], nil
		if args.has("wait") {
			return nil
		}
		return s.feed(s.only, Startup{})
	}
	at, ok := s.places[args.orName(s.only)]
	if !ok {
		return fmt.Errorf("no router %q", args.name)
	}
	r := at.group.Member(at.index)
	switch cmd {
	case "evidence":
		fmt.Fprintf(&s.out, "%v\n", r.Status().Transition.Evidence)
		return nil
	case "causes":
		fmt.Fprintf(&s.out, "fault=%v %v\n", r.Status().Fault, r.Status().Causes)
		return nil
	case "counters":
		s.out.WriteString(formatCounters(r.Counters()))
		return nil
	}
	times := 1
	if args.has("times") {
		if _, err := fmt.Sscan(args.values["times"], &times); err != nil {
			return err
		}
	}
	for range times {
		if err := s.event(cmd, args, at.group, r); err != nil {
			return err
		}
	}
	return nil
}

func (a arguments) orName(name string) string {
	if a.name != "" {
		return a.name
	}
	return name
}

// event moves the time and feeds one event.
func (s *script) event(cmd string, args arguments, g *Group, r *Router) error {
	if err := s.move(args, cmd, g); err != nil {
		return err
	}
	ev, err := parseEvent(cmd, args, r.Config(), s.now)
	if err != nil {
		return err
	}
	return s.feed(args.orName(s.only), ev)
}

// move sets the time of the next event.
func (s *script) move(args arguments, cmd string, g *Group) error {
	if cmd == "timeout" && !args.has("after") && !args.has("at") {
		s.now = g.Deadline()
	}
	for _, key := range []string{"at", "after", "late"} {
		if !args.has(key) {
			continue
		}
		d, err := time.ParseDuration(args.values[key])
		if err != nil {
			return err
		}
		if key == "at" {
			s.now = epoch
		}
		s.now = s.now.Add(d)
	}
	return nil
}

// define makes a router; a lone one starts at once.
func (s *script) define(cmd string, args arguments) error {
	cfg, err := parseConfig(args, Config{
		Version: 3, Family: wire.IPv4, Priority: PriorityDefault, Interval: time.Second,
		Primary: netip.MustParseAddr("192.0.2.1"), LowerPriorityAdvert: true,
	})
	if err != nil {
		return err
	}
	r, err := New(cfg)
	if err != nil {
		return err
	}
	s.routers[args.name], s.only = r, args.name
	if cmd == "member" {
		s.pending = append(s.pending, args.name)
		return nil
	}
	s.join(args.name, []string{args.name})
	if args.has("cause") {
		if err := s.feed(args.name, FaultRaised{parseCause(args.values["cause"])}); err != nil {
			return err
		}
	}
	return s.feed(args.name, Startup{})
}

func (s *script) join(group string, names []string) {
	var members []*Router
	for _, name := range names {
		members = append(members, s.routers[name])
	}
	g := NewGroup(group, members...)
	for i, name := range names {
		s.places[name] = place{group: g, names: names, index: i}
	}
}

// feed gives one event and prints what comes of it.
func (s *script) feed(name string, ev Event) error {
	at, ok := s.places[name]
	if !ok {
		return fmt.Errorf("no router %q", name)
	}
	for _, a := range at.group.Handle(s.now, at.index, ev) {
		if name := at.names[a.Member]; name != "" {
			fmt.Fprintf(&s.out, "%s: ", name)
		}
		fmt.Fprintln(&s.out, formatAction(a.Action))
	}
	for i, name := range at.names {
		if name != "" {
			name += " "
		}
		fmt.Fprintf(&s.out, "%sat %v: %s\n", name, s.now.Sub(epoch), formatState(at.group.Member(i), s.now))
	}
	return nil
}
