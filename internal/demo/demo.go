package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// Options are what Run needs to know.
type Options struct {
	// Binary is the xvrrp to run.
	Binary string
	// Verbose also prints what the daemons log.
	Verbose bool
}

// The network of the demo, of addresses that are set aside for examples.
const (
	network  = "192.0.2.%d/24"
	interval = 100 * time.Millisecond
	strong   = 150 // director-a's priority
	weak     = 100 // director-b's
)

var vip = netip.MustParseAddr("192.0.2.100")

// bound is how long the weaker director must wait before it may take over:
// three adverts and its skew (RFC 9568 section 6.1).
const bound = 3*interval + (256-weak)*interval/256

// demo is one run.
type demo struct {
	opt    Options
	story  *story
	a, b   *director
	client *lab.Host
	dir    string
}

// director is one of the two nodes.
type director struct {
	*lab.Host
	port     *lab.Port
	priority int
	process  *lab.Process
}

// Run runs the demo and prints its story to w.
func Run(ctx context.Context, w io.Writer, opt Options) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("the demo makes network namespaces: run it as root")
	}
	l, err := lab.New()
	if err != nil {
		return err
	}
	d := &demo{opt: opt, story: newStory(w)}
	defer func() { err = errors.Join(err, l.Close(), d.forget()) }()
	dir, err := os.MkdirTemp("", "xvrrp-demo-")
	if err != nil {
		return err
	}
	d.dir = dir
	fmt.Fprint(w, heading)
	if err := d.build(l); err != nil {
		return err
	}
	return d.play(ctx)
}

const heading = `Two directors and a client on one switch, each in a network namespace of its own.
A firewall on both directors rejects every packet that is not ssh, ICMP or of a
known connection. VRRP is none of these: this is where keepalived goes blind.

`

// build makes hosts, cables and firewalls.
func (d *demo) build(l *lab.Lab) error {
	lan, err := l.Switch("switch")
	if err != nil {
		return err
	}
	if d.a, err = newDirector(l, lan, "director-a", 1, strong); err != nil {
		return err
	}
	if d.b, err = newDirector(l, lan, "director-b", 2, weak); err != nil {
		return err
	}
	if d.client, err = l.Host("client"); err != nil {
		return err
	}
	_, err = lan.Connect(d.client, "eth0", netip.MustParsePrefix(fmt.Sprintf(network, 9)))
	return err
}

func newDirector(l *lab.Lab, lan *lab.Switch, name string, number, priority int) (*director, error) {
	h, err := l.Host(name)
	if err != nil {
		return nil, err
	}
	n := &director{Host: h, priority: priority}
	if n.port, err = lan.Connect(h, "eth0", netip.MustParsePrefix(fmt.Sprintf(network, number))); err != nil {
		return nil, err
	}
	return n, h.Firewall(lab.DistributionDefault)
}

// start runs a director's daemon.
func (d *demo) start(n *director) error {
	conf := filepath.Join(d.dir, n.Name+".conf")
	text := fmt.Sprintf(configuration, interval.Seconds(), n.priority, vip)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		return err
	}
	var err error
	n.process, err = n.Start(d.opt.Binary, "--runtime-dir", filepath.Join(d.dir, n.Name), "run", "-f", conf)
	return err
}

const configuration = `vrrp_instance VI_1 {
    version 3
    advert_int %v
    interface eth0
    virtual_router_id 51
    priority %d
    virtual_ipaddress {
        %v/24 dev eth0
    }
}
xvrrp {
    listen none
}
`

// play lets the story happen.
func (d *demo) play(ctx context.Context) error {
	p, err := newProbe(d.client, vip)
	if err != nil {
		return err
	}
	defer p.close()
	watch := d.watch()
	defer watch.stop()

	scenes := []func(context.Context, *probe) error{d.begin, d.second, d.death, d.back, d.farewell}
	for _, scene := range scenes {
		if err := scene(ctx, p); err != nil {
			return errors.Join(err, d.logs())
		}
	}
	d.story.end(p)
	if d.opt.Verbose {
		fmt.Fprintln(d.story.w, d.logs())
	}
	return nil
}

func (d *demo) begin(ctx context.Context, p *probe) error {
	d.story.say("director-a starts with priority %d, an advert every %v", strong, interval)
	if err := d.start(d.a); err != nil {
		return err
	}
	return d.until(ctx, "director-a takes the address", func() bool { return d.story.owner() == "director-a" && p.alive() })
}

func (d *demo) second(ctx context.Context, _ *probe) error {
	d.story.say("director-b starts with priority %d", weak)
	if err := d.start(d.b); err != nil {
		return err
	}
	return d.rest(ctx, 2*time.Second, "director-a")
}

// death is a power failure: the daemon is gone without a word, and so is the
// host's link.
func (d *demo) death(ctx context.Context, p *probe) error {
	d.story.say("director-a dies: its daemon is killed (SIGKILL) and its cable pulled")
	at := time.Now()
	if err := errors.Join(d.a.process.Kill(), d.a.port.Unplug()); err != nil {
		return err
	}
	cut := time.Now() // until now director-a's kernel may have answered
	err := d.until(ctx, "director-b takes over", func() bool { return d.story.has("director-b") && p.answeredAfter(cut) })
	if err != nil {
		return err
	}
	d.story.outage = p.outage(at)
	d.story.say("the client is answered again, %v after the last answer before", d.story.outage.Round(100*time.Microsecond))
	return d.rest(ctx, time.Second, "")
}

func (d *demo) back(ctx context.Context, p *probe) error {
	d.story.say("director-a comes back: cable in, daemon started; it first clears away what the dead one left")
	at := time.Now()
	if err := d.a.port.Plug(); err != nil {
		return err
	}
	if err := d.start(d.a); err != nil {
		return err
	}
	err := d.until(ctx, "director-a takes the address back", func() bool { return d.story.sole("director-a") && time.Since(at) > time.Second })
	if err != nil {
		return err
	}
	if err := d.rest(ctx, time.Second, "director-a"); err != nil {
		return err
	}
	d.story.handback = p.outage(at)
	return nil
}

func (d *demo) farewell(ctx context.Context, p *probe) error {
	d.story.say("director-a is stopped in order (SIGTERM): it says goodbye with priority 0")
	at := time.Now()
	if err := d.a.process.Stop(5 * time.Second); err != nil {
		return fmt.Errorf("director-a's end: %w", err)
	}
	if err := d.until(ctx, "director-b takes over", func() bool {
		return d.story.sole("director-b") && p.answeredAfter(at)
	}); err != nil {
		return err
	}
	if err := d.rest(ctx, 500*time.Millisecond, "director-b"); err != nil {
		return err
	}
	d.story.release = p.outage(at)
	d.story.say("the end: director-b is stopped too")
	return d.b.process.Stop(5 * time.Second)
}

// until waits for a fact.
func (d *demo) until(ctx context.Context, what string, fact func() bool) error {
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("not within 10 s: %s", what)
		case <-tick.C:
		}
	}
	return nil
}

// rest lets time pass in which the address must not move.
func (d *demo) rest(ctx context.Context, during time.Duration, owner string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(during):
	}
	if owner != "" && !d.story.sole(owner) {
		return fmt.Errorf("%v is held by %q, want %s alone", vip, d.story.owner(), owner)
	}
	return nil
}

// forget removes what a daemon that was killed left in the kernel, and the
// files.
func (d *demo) forget() error {
	var errs []error
	for _, n := range []*director{d.a, d.b} {
		if n == nil || n.process == nil {
			continue
		}
		off := exec.Command(d.opt.Binary, "--runtime-dir", filepath.Join(d.dir, n.Name), "fence", "off")
		if out, err := off.CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", n.Name, err, out))
		}
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}

// logs is what the daemons said, for a demo that went wrong.
func (d *demo) logs() error {
	var all []error
	for _, n := range []*director{d.a, d.b} {
		if n.process != nil {
			all = append(all, fmt.Errorf("%s said:\n%s", n.Name, n.process.Output()))
		}
	}
	return errors.Join(all...)
}
