package daemon

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// How long is asked.
const (
	askFor      = 2500 * time.Millisecond
	askAtMost   = 10 * time.Second
	askStraggle = 500 * time.Millisecond // after the first answer: all helpers listen equally long
	maxHelpers  = 64
)

// Ask implements control.Daemon: the other nodes are asked whether an address
// answers where they are.
func (a answers) Ask(ctx context.Context, name string, req control.AskRequest) (control.AskResult, error) {
	in := a.d.instance(name)
	if in == nil {
		return control.AskResult{}, fmt.Errorf("%w: %s", control.ErrNoInstance, name)
	}
	addr, err := in.asksAbout(req.Address)
	if err != nil {
		return control.AskResult{}, err
	}
	wait := req.Wait.Duration()
	if wait < 0 || wait > askAtMost {
		return control.AskResult{}, fmt.Errorf("%w: a wait of %v: at most %v", control.ErrBadRequest, wait, askAtMost)
	}
	if wait == 0 {
		wait = askFor
	}
	return a.d.ask(ctx, in, addr, wait)
}

// asksAbout reads which of the instance's addresses is meant.
func (in *instance) asksAbout(text string) (netip.Addr, error) {
	cfg := in.cfg()
	if text == "" {
		for _, a := range append(cfg.Addresses, cfg.Excluded...) {
			return a.Prefix.Addr(), nil
		}
		return netip.Addr{}, fmt.Errorf("%w: %s has no virtual address to ask about", control.ErrRefused, cfg.Name)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || !in.carries(addr) {
		return netip.Addr{}, fmt.Errorf("%w: %s is no virtual address of %s", control.ErrBadRequest, text, cfg.Name)
	}
	return addr, nil
}

// ask asks and collects answers; again when nobody answers, since a datagram
// may be lost.
func (d *Daemon) ask(ctx context.Context, in *instance, addr netip.Addr, wait time.Duration) (control.AskResult, error) {
	st := d.election(in)
	result := control.AskResult{
		Instance: in.cfg().Name, State: stateOf(st.State, st.Fault), Address: addr.String(), MACs: in.macs(addr), Helpers: []control.Helper{},
	}
	q := wire.Inquiry{VRID: in.cfg().VRID, Address: addr}
	w := &asking{in: in, helpers: make(chan control.Helper, maxHelpers), refused: make(chan struct{}, maxHelpers)}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for attempt := 0; len(result.Helpers) == 0; attempt++ {
		if !d.inquiries.turn(ctx, in) {
			break // the time is over
		}
		if err := d.inquiries.send(in, &q, w); err != nil && attempt == 0 {
			return result, fmt.Errorf("ask the other nodes of %s: %w", in.cfg().Name, err)
		}
		d.inquiries.collect(ctx, w, &result, len(in.cfg().Unicast.Peers))
		d.inquiries.forget(q.Nonce)
	}
	return result, nil
}

// turn waits until this router may ask again: a helper answers once a second.
func (q *inquiries) turn(ctx context.Context, in *instance) bool {
	q.mu.Lock()
	at := q.asked[in.id].Add(inquiryPause + inquiryPause/10)
	if now := time.Now(); at.Before(now) {
		at = now
	}
	q.asked[in.id] = at
	q.mu.Unlock()
	select {
	case <-time.After(time.Until(at)):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func (q *inquiries) send(in *instance, question *wire.Inquiry, w *asking) error {
	var nonce [8]byte
	rand.Read(nonce[:]) // never fails
	question.Nonce = binary.BigEndian.Uint64(nonce[:])
	w.since = time.Now()
	q.mu.Lock()
	q.waiting[question.Nonce] = w
	q.mu.Unlock()
	return in.whisper(question)
}

func (q *inquiries) forget(nonce uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.waiting, nonce)
}

// collect takes in answers until the time is over, all peers have answered, or
// nobody comes behind the first. Without any it gives up in time to ask again.
func (q *inquiries) collect(ctx context.Context, w *asking, result *control.AskResult, peers int) {
	enough := time.NewTimer(inquiryPause + inquiryPause/10)
	defer enough.Stop()
	known := map[string]bool{}
	for {
		select {
		case h := <-w.helpers:
			if known[h.Address] {
				continue
			}
			known[h.Address] = true
			result.Helpers = append(result.Helpers, h)
			if len(result.Helpers) == peers {
				return
			}
			enough.Reset(askStraggle)
		case <-w.refused:
			result.Refused++
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// macs are where this node holds an address, or would.
func (in *instance) macs(addr netip.Addr) []string {
	list := []string{}
	if at, ok := in.at(in.linkOf(addr)); ok {
		list = append(list, net.HardwareAddr(at.mac[:]).String())
	}
	if at, ok := in.entry(in.linkOf(addr)); ok {
		if mac := net.HardwareAddr(at.mac[:]).String(); len(list) == 0 || list[0] != mac {
			list = append(list, mac)
		}
	}
	return list
}
