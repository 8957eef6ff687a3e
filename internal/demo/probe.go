package demo

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// probeEvery is the time between two echo requests: the grain of the figures.
const probeEvery = 2 * time.Millisecond

// probe is the client: it pings the address all the time through the host's
// own stack, so that a stale neighbour entry hurts it as it hurts everybody.
type probe struct {
	conn  net.PacketConn
	to    net.Addr
	done  chan struct{}
	ended sync.WaitGroup

	mu sync.Mutex
	heard
}

func newProbe(h *lab.Host, to netip.Addr) (*probe, error) {
	p := &probe{to: &net.IPAddr{IP: to.AsSlice()}, done: make(chan struct{})}
	err := h.Do(func() (err error) {
		p.conn, err = net.ListenPacket("ip4:icmp", "0.0.0.0")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("probe %v: %w", to, err)
	}
	p.ended.Go(p.ask)
	p.ended.Go(p.listen)
	return p, nil
}

func (p *probe) close() {
	close(p.done)
	p.conn.Close()
	p.ended.Wait()
}

// ask sends one echo request every probeEvery.
func (p *probe) ask() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for seq := 0; ; seq++ {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		payload := binary.BigEndian.AppendUint64(nil, uint64(seq))
		m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: 51, Seq: seq & 0xffff, Data: payload}}
		b, err := m.Marshal(nil)
		if err != nil {
			continue // cannot be: the message is fixed
		}
		_, err = p.conn.WriteTo(b, p.to)
		p.mu.Lock()
		p.asked = append(p.asked, time.Now())
		if err == nil { // no way there is what we measure
			p.sent++
		}
		p.mu.Unlock()
	}
}

// listen notes when answers came.
func (p *probe) listen() {
	b := make([]byte, 1500)
	for {
		n, from, err := p.conn.ReadFrom(b)
		if err != nil {
			return // closed
		}
		m, err := icmp.ParseMessage(1, b[:n]) // 1 is ICMP for IPv4
		if err != nil || m.Type != ipv4.ICMPTypeEchoReply || from.String() != p.to.String() {
			continue
		}
		p.mu.Lock()
		p.answers = append(p.answers, time.Now())
		p.mu.Unlock()
	}
}

func (p *probe) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.answers) > 0
}

// answeredAfter reports whether an answer came after at, and not one that was
// on its way by then.
func (p *probe) answeredAfter(at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.answers) > 0 && p.answers[len(p.answers)-1].After(at.Add(50*time.Millisecond))
}

// outage is heard's, of a probe that is still going on.
func (p *probe) outage(from time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard.outage(from)
}

// totals is what there is to say about the probes themselves.
func (p *probe) totals() (sent, answered int, heldUp time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, len(p.answers), p.heldUp()
}
