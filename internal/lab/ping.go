package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// An Echo is one question that a Ping sent. Answered is zero while, or when, nobody answered.
type Echo struct {
	Sent, Answered time.Time // with Go's monotonic reading
}

// An Outage is a time during which nothing was answered.
type Outage struct {
	From  time.Time // the first unanswered question was sent
	Until time.Time // the next answered one was sent; zero when there is none
	Lost  int       // questions
}

// A Ping asks an address at a steady pace and notes what was answered, until it is closed.
type Ping struct {
	Target netip.Addr
	Every  time.Duration

	conn net.PacketConn
	id   int
	stop chan struct{}
	done sync.WaitGroup

	mu     sync.Mutex
	echoes []Echo
	closed bool
}

// Ping starts to ask an address from the host. Errors of sending, such as no route or no neighbour, count as unanswered.
func (h *Host) Ping(ip netip.Addr, every time.Duration) (*Ping, error) {
	p := &Ping{Target: ip, Every: every, id: os.Getpid() & 0xffff, stop: make(chan struct{})}
	network, from := "ip4:icmp", "0.0.0.0"
	if ip.Is6() {
		network, from = "ip6:ipv6-icmp", "::"
	}
	err := h.ns.do(func() (err error) {
		p.conn, err = net.ListenPacket(network, from)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: ping %s: %w", h.Name, ip, err)
	}
	p.done.Add(2)
	go p.ask()
	go p.listen()
	if !h.lab.atClose(p.Close) {
		return nil, errors.Join(errors.New("lab is closed"), p.Close())
	}
	return p, nil
}

func (p *Ping) ask() {
	defer p.done.Done()
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	var kind icmp.Type = ipv4.ICMPTypeEcho
	if p.Target.Is6() {
		kind = ipv6.ICMPTypeEchoRequest
	}
	to := &net.IPAddr{IP: p.Target.AsSlice()}
	for seq := 0; ; seq++ {
		m := icmp.Message{Type: kind, Body: &icmp.Echo{ID: p.id, Seq: seq & 0xffff}}
		b, err := m.Marshal(nil)
		p.mu.Lock()
		p.echoes = append(p.echoes, Echo{Sent: time.Now()})
		p.mu.Unlock()
		if err == nil {
			_, _ = p.conn.WriteTo(b, to) // what is not sent is not answered
		}
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
	}
}

func (p *Ping) listen() {
	defer p.done.Done()
	protocol, answer := 1, icmp.Type(ipv4.ICMPTypeEchoReply)
	if p.Target.Is6() {
		protocol, answer = 58, ipv6.ICMPTypeEchoReply
	}
	buf := make([]byte, 1500)
	for {
		n, from, err := p.conn.ReadFrom(buf)
		now := time.Now()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if a, ok := from.(*net.IPAddr); err != nil || !ok || !a.IP.Equal(p.Target.AsSlice()) {
			continue
		}
		m, err := icmp.ParseMessage(protocol, buf[:n])
		if err != nil || m.Type != answer {
			continue
		}
		if e, ok := m.Body.(*icmp.Echo); ok && e.ID == p.id {
			p.answered(e.Seq, now)
		}
	}
}

// answered notes an answer; seq is the low 16 bits of the question's number.
func (p *Ping) answered(seq int, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.echoes) - 1
	if last < 0 {
		return
	}
	i := last - (last-seq)&0xffff
	if i >= 0 && p.echoes[i].Answered.IsZero() {
		p.echoes[i].Answered = at
	}
}

// Echoes is every question so far, in order.
func (p *Ping) Echoes() []Echo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Echo(nil), p.echoes...)
}

// Outages is when nobody answered for longer than patience. The last questions may still be answered: those younger than
// patience do not count.
func (p *Ping) Outages(patience time.Duration) []Outage {
	var list []Outage
	open := false
	for _, e := range p.Echoes() {
		switch {
		case e.Answered.IsZero() && time.Since(e.Sent) < patience:
		case e.Answered.IsZero() && !open:
			list, open = append(list, Outage{From: e.Sent, Lost: 1}), true
		case e.Answered.IsZero():
			list[len(list)-1].Lost++
		case open:
			list[len(list)-1].Until, open = e.Sent, false
		}
	}
	return list
}

// Close ends the asking; what was noted stays. It may be called twice.
func (p *Ping) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	close(p.stop)
	err := p.conn.Close()
	p.done.Wait()
	return err
}
