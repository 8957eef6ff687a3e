package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/show"
	"github.com/xvrrp/xvrrp/internal/survey"
)

func drillCommand() *cli.Command {
	return &cli.Command{
		Name:      "drill",
		Usage:     "rehearse a failover: hand the addresses over, measure, and take them back",
		ArgsUsage: "INSTANCE",
		Description: "Run it on the master. The other nodes are asked first whether they would take over; refused when\n" +
			"nobody is known who would, unless --force: should nobody do so, this node is master again after one\n" +
			"down interval. Exit 0; 1: refused or failed; 3: no daemon answers; 4: it has no such instance.",
		OnUsageError: usageError,
		Flags:        []cli.Flag{forceFlag(), jsonFlag()},
		BashComplete: completeInstances,
		Action:       drill,
	}
}

func drill(c *cli.Context) error {
	name, err := oneArg(c, "the name of an instance")
	if err != nil {
		return err
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	s, err := client.Status(c.Context)
	if err != nil {
		return code(err)
	}
	i, err := client.Instance(c.Context, name)
	if err != nil {
		return noSuch(err, name, s)
	}
	if i.State != control.Master {
		master := "nobody"
		if i.Master != nil {
			master = i.Master.Address
		}
		return fmt.Errorf("%s is %s here: drill the master, which is %s", name, i.State, master)
	}
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	r, err := newRehearsal(ctx, client, i)
	if err != nil {
		return err
	}
	defer r.stop()
	if !c.Bool("json") {
		fmt.Fprint(os.Stderr, paper(c).Line("handing over "+name+" ..."))
	}
	report, err := r.run(ctx, c.Bool("force"))
	if err != nil {
		return code(err)
	}
	if c.Bool("json") {
		err = printJSON(c, report)
	} else {
		_, err = fmt.Fprint(c.App.Writer, paper(c).Drill(report))
	}
	if err == nil && report.Failure() != "" {
		return silent(exitFailed)
	}
	return err
}

// rehearsal watches one failover on the wire and in the daemon's history.
type rehearsal struct {
	client *control.Client
	i      control.Instance
	link   *net.Interface
	sights <-chan survey.Event
	events <-chan control.Event
	stop   context.CancelFunc
	report show.Drill
	left   map[string]bool // addresses that nobody has announced yet
}

func newRehearsal(ctx context.Context, client *control.Client, i control.Instance) (*rehearsal, error) {
	link, err := net.InterfaceByName(i.Interface)
	if err != nil {
		return nil, fmt.Errorf("interface %q: %w", i.Interface, err)
	}
	capture, err := survey.Open(link.Index)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { capture.Close() }) // ends Next
	r := &rehearsal{client: client, i: i, link: link, stop: stop, left: map[string]bool{}}
	r.report = show.Drill{Instance: i.Name, Interface: i.Interface, Addresses: []string{}, Answering: []show.Holder{}}
	for _, v := range i.VIPs {
		address, _, _ := strings.Cut(v.Address, "/")
		r.report.Addresses = append(r.report.Addresses, address)
		if v.Interface == i.Interface {
			r.left[address] = true
		}
	}
	r.sights = sightsOf(ctx, capture)
	var last uint64
	if len(i.Events) > 0 {
		last = i.Events[len(i.Events)-1].Seq
	}
	r.events = eventsOf(ctx, client, control.Query{Instance: i.Name, After: last})
	return r, nil
}

// sightsOf decodes what the capture brings until it is closed.
func sightsOf(ctx context.Context, capture *survey.Capture) <-chan survey.Event {
	out := make(chan survey.Event, 256)
	go func() {
		defer close(out)
		for {
			frame, err := capture.Next()
			if err != nil {
				return // closed, or the interface is gone: nothing more is seen
			}
			if e, ok := survey.Decode(frame); ok {
				select {
				case out <- e:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

// eventsOf follows the daemon's history until the context ends.
func eventsOf(ctx context.Context, client *control.Client, q control.Query) <-chan control.Event {
	out := make(chan control.Event, 256)
	go func() {
		defer close(out)
		for e, err := range client.Events(ctx, q, true) {
			if err != nil {
				return // the daemon is gone; the rehearsal's time runs out
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// run hands over and measures until we are master again, or were not in time.
func (r *rehearsal) run(ctx context.Context, force bool) (show.Drill, error) {
	result, err := r.client.Release(ctx, r.i.Name, control.ReleaseRequest{Force: force})
	if err != nil {
		return r.report, err
	}
	if !result.Released {
		return r.report, errors.New(result.Text)
	}
	r.report.Released = result.At // the goodbye on the wire, once it is seen, says it better
	down := r.i.MasterDownInterval.Duration()
	limit := time.After(2*down + 3*time.Second)
	if !r.wait(ctx, limit, func() bool {
		return r.report.Back > 0 || r.report.NewMaster != "" && len(r.left) == 0
	}) && ctx.Err() != nil {
		return r.report, errors.New("interrupted; this node takes the addresses back by its priority")
	}
	if r.report.NewMaster != "" {
		r.ask(ctx)
		r.report.Expected = r.i.Preempt && r.i.Priority > r.report.NewPriority
	}
	if r.report.NewMaster == "" || r.report.Expected {
		r.wait(ctx, time.After(2*down+hold+5*time.Second), func() bool { return r.report.Back > 0 })
	}
	return r.report, nil
}

// hold is how long the daemon lets another be master after a release.
const hold = 10 * time.Second

// ask finds out who answers for the first address now.
func (r *rehearsal) ask(ctx context.Context) {
	if len(r.report.Addresses) == 0 {
		return
	}
	address, err := netip.ParseAddr(r.report.Addresses[0])
	if err != nil {
		return // a daemon of another version: the report lacks a line
	}
	answers, err := survey.Who(ctx, r.link.Index, address, 300*time.Millisecond)
	if err == nil { // else the report lacks a line
		r.report.Answering = show.Holders(answers)
	}
}

// wait takes in what happens until done or the limit.
func (r *rehearsal) wait(ctx context.Context, limit <-chan time.Time, done func() bool) bool {
	for !done() {
		select {
		case <-ctx.Done():
			return false
		case <-limit:
			return false
		case e, ok := <-r.sights:
			if !ok {
				r.sights = nil
				continue
			}
			r.saw(e)
		case e, ok := <-r.events:
			if !ok {
				r.events = nil
				continue
			}
			r.heard(e)
		}
	}
	return true
}

// saw takes in a packet.
func (r *rehearsal) saw(e survey.Event) {
	after := control.Seconds(e.At.Sub(r.report.Released))
	switch a := e.Advert; {
	case a != nil && a.VRID == r.i.VRID && a.Family == r.i.Family && e.Out && a.Priority == 0 && !r.report.Goodbye:
		r.report.Goodbye, r.report.Released = true, e.At
	case a != nil && a.VRID == r.i.VRID && a.Family == r.i.Family && !e.Out && a.Priority > 0 && a.Fault == "" && after > 0:
		r.took(a.Src.String(), int(a.Priority), after)
	case e.Claim != nil && !e.Out && e.Claim.Kind == survey.Announcement && r.left[e.Claim.Addr.String()] && after > 0:
		delete(r.left, e.Claim.Addr.String())
		if len(r.left) == 0 {
			r.report.Announced = after
		}
	}
}

// heard takes in what the daemon says: it hears unicast adverts, which do not
// reach a capture.
func (r *rehearsal) heard(e control.Event) {
	after := control.Seconds(e.Time.Sub(r.report.Released))
	switch {
	case e.Kind == control.KindMaster && e.Evidence != nil && after > 0:
		r.took(e.Evidence.Master, e.Evidence.MasterPriority, after)
	case e.Kind == control.KindTransition && e.To == control.Master && after > 0:
		r.report.Back = after
	}
}

func (r *rehearsal) took(address string, priority int, after control.Seconds) {
	if r.report.NewMaster != "" {
		return
	}
	r.report.NewMaster, r.report.NewPriority, r.report.FirstAdvert = address, priority, after
	interval := r.i.AdvertInterval.Duration()
	if r.i.Version == 2 {
		interval = time.Second // RFC 3768 section 6.1: the skew is a part of a second
	}
	r.report.Bound = control.Seconds(time.Duration(256-priority) * interval / 256)
}
