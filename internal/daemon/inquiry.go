package daemon

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/survey"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// inquiries are the questions between the nodes of a virtual router whether its
// addresses answer (field case F5: from the owner everything looks fine). Both
// parts work on goroutines of their own: the loop thread only passes datagrams
// on and sends.
type inquiries struct {
	d    *Daemon
	mail *bell.Mailbox[letter]
	came sync.Map // *atomic.Uint64 by interface: what the kernel has counted as of an unknown type

	mu       sync.Mutex
	waiting  map[uint64]*asking   // by nonce
	answered map[string]time.Time // when a router answered last, by its id
	asked    map[string]time.Time // and when it asked
}

// letter is one inquiry as it came in.
type letter struct {
	at      time.Time
	ifindex int
	mac     [6]byte
	ip      []byte
}

// asking is a question that is out.
type asking struct {
	in      *instance
	since   time.Time
	helpers chan control.Helper
	refused chan struct{}
}

// inquiryPause is how often one virtual router answers at most: each answer
// costs three questions on the LAN.
const inquiryPause = time.Second

// inquiryListen is how long a helper listens for who answers on its LAN.
const inquiryListen = 400 * time.Millisecond

func newInquiries(d *Daemon) *inquiries {
	return &inquiries{
		d: d, mail: bell.NewMailbox[letter](d.bell, 16),
		waiting: map[uint64]*asking{}, answered: map[string]time.Time{}, asked: map[string]time.Time{},
	}
}

// put never blocks; what does not fit is lost, and its sender asks again. Loop
// thread.
func (q *inquiries) put(d *wire.Datagram) {
	count, known := q.came.Load(d.IfIndex)
	if !known {
		count, _ = q.came.LoadOrStore(d.IfIndex, new(atomic.Uint64))
	}
	count.(*atomic.Uint64).Add(1)
	_ = q.mail.Put(letter{d.At, d.IfIndex, d.SourceMAC, append([]byte(nil), d.IP...)})
}

// seen is how many inquiries came in on an interface.
func (q *inquiries) seen(ifindex int) uint64 {
	if count, known := q.came.Load(ifindex); known {
		return count.(*atomic.Uint64).Load()
	}
	return 0
}

// run serves what comes in until ctx ends.
func (q *inquiries) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.mail.Mail():
		}
		for l, ok := q.mail.Take(); ok; l, ok = q.mail.Take() {
			q.open(ctx, l)
		}
	}
}

func (q *inquiries) open(ctx context.Context, l letter) {
	inquiry, p, ok := wire.OpenInquiry(l.ip)
	if !ok {
		return
	}
	in := q.addressee(l.ifindex, inquiry.VRID, &p)
	if in == nil || !in.carries(inquiry.Address) {
		return
	}
	auth, err := auth(in.cfg())
	authentic := err == nil && p.Authentic(&auth)
	if inquiry.Answer {
		q.hear(in, inquiry, &p, l, authentic)
		return
	}
	if !authentic || !q.mayAnswer(in) {
		in.debug("a question of %v is not answered (authentic: %v)", p.Src(), authentic)
		return
	}
	go q.answer(ctx, in, inquiry, p.Src())
}

// addressee finds the instance that an inquiry is for. It must come the way
// that adverts come: to the group, or from a peer with a TTL in its range.
func (q *inquiries) addressee(ifindex int, vrid uint8, p *wire.Packet) *instance {
	q.d.mu.RLock()
	list := q.d.instances
	q.d.mu.RUnlock()
	for _, in := range list {
		cfg := in.cfg()
		if cfg.VRID != vrid || cfg.Family != p.Family() || q.d.nics.index(cfg.Interface) != ifindex || q.d.nics.sourceAddr(in) == p.Src() {
			continue
		}
		if !cfg.Unicast.Enabled() {
			if p.Dst() == cfg.McastGroup {
				return in
			}
			continue
		}
		for _, peer := range cfg.Unicast.Peers {
			if peer.Addr == p.Src() && !p.Multicast() && int(p.TTL()) >= peer.MinTTL && int(p.TTL()) <= peer.MaxTTL {
				return in
			}
		}
	}
	return nil
}

func (q *inquiries) mayAnswer(in *instance) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Since(q.answered[in.id]) < inquiryPause {
		return false
	}
	q.answered[in.id] = time.Now()
	return true
}

// answer asks on the LAN and tells what came.
func (q *inquiries) answer(ctx context.Context, in *instance, question wire.Inquiry, to netip.Addr) {
	reply := question
	reply.Answer = true
	if st, ok := q.d.statusOf(in); ok {
		reply.State, reply.Priority = stateCode(stateOf(st.State, st.Fault)), st.Priority
	}
	at, ok := in.entry(in.linkOf(question.Address))
	var seen []survey.Answer
	var err error
	if ok {
		seen, err = survey.Who(ctx, at.index, question.Address, inquiryListen)
	}
	reply.Failed = !ok || err != nil
	for _, s := range seen {
		if !s.Unasked && len(reply.Sightings) < wire.MaxSightings {
			reply.Sightings = append(reply.Sightings, wire.Sighting{MAC: s.MAC, Local: s.Local, Took: s.Took})
		}
	}
	if err := in.whisper(&reply, to); err != nil {
		in.debug("the answer to %v did not leave: %v", to, err)
	}
}

// linkOf is the interface that one of the instance's addresses belongs to.
func (in *instance) linkOf(addr netip.Addr) string {
	for _, a := range in.addresses() {
		if a.Prefix.Addr() == addr {
			return a.Interface
		}
	}
	return in.cfg().Interface
}

// whisper sends an inquiry the way that adverts go: to the group, or to the
// peers, of whom an answer goes to one.
func (in *instance) whisper(q *wire.Inquiry, only ...netip.Addr) error {
	cfg := in.cfg()
	auth, err := auth(cfg)
	if err != nil {
		return err
	}
	to := []netip.Addr{cfg.McastGroup}
	if cfg.Unicast.Enabled() {
		if to = only; len(to) == 0 {
			to = peers(cfg)
		}
	}
	src := in.d.nics.sourceAddr(in)
	datagrams := map[netip.Addr][]byte{}
	for _, dst := range to {
		if datagrams[dst], err = q.Datagram(&auth, src, dst, ttl(cfg), uint16(q.Nonce)); err != nil {
			return err
		}
	}
	// An Ask has no error of its own.
	_ = in.d.engine.Settle(engine.Ask{Do: func(v engine.View) {
		out := v.Out(in.id)
		for dst, ip := range datagrams {
			switch {
			case out == nil:
				err = errNoWay
			case cfg.Unicast.Enabled():
				err = out.Unicast(dst, ip)
			default:
				err = out.Multicast(ip)
			}
		}
	}})
	return err
}

// hear passes an answer to whoever waits for it.
func (q *inquiries) hear(in *instance, a wire.Inquiry, p *wire.Packet, l letter, authentic bool) {
	q.mu.Lock()
	w := q.waiting[a.Nonce]
	q.mu.Unlock()
	if w == nil || w.in != in {
		return
	}
	if !authentic {
		select {
		case w.refused <- struct{}{}:
		default:
		}
		return
	}
	h := control.Helper{
		Address: p.Src().String(), MAC: net.HardwareAddr(l.mac[:]).String(), State: stateNamed(a.State), Priority: int(a.Priority),
		Took: control.Seconds(l.at.Sub(w.since)), Sees: []control.Sighting{}, Failed: a.Failed,
	}
	for _, s := range a.Sightings {
		h.Sees = append(h.Sees, control.Sighting{MAC: net.HardwareAddr(s.MAC[:]).String(), Took: control.Seconds(s.Took), Local: s.Local})
	}
	select {
	case w.helpers <- h:
	default: // more helpers than anybody wants to read of
	}
}

// states are the states as an inquiry carries them.
var states = []control.State{1: control.Init, 2: control.Backup, 3: control.Master, 4: control.Fault}

func stateCode(s control.State) uint8 {
	for i, known := range states {
		if known == s {
			return uint8(i)
		}
	}
	return 0
}

func stateNamed(code uint8) control.State {
	if code == 0 || int(code) >= len(states) {
		return control.Init
	}
	return states[code]
}

// canTakeOver says that a helper would become master if this node went.
func canTakeOver(h control.Helper) bool { return h.State == control.Backup }

// cannotTakeOver names the helpers of which none would become master.
func cannotTakeOver(list []control.Helper) string {
	text := ""
	for _, h := range list {
		if text != "" {
			text += ", "
		}
		text += h.Address + " is " + string(h.State)
	}
	return text
}

// election tells what a router is at this moment.
func (d *Daemon) election(in *instance) vrrp.Status {
	st, _ := d.statusOf(in) // the zero Status when a reload has just taken it away
	return st
}
