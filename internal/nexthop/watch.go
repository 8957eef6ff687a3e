package nexthop

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Watch starts to resolve a peer and gives its Hop, the same one for the same
// Target, until Forget has been called as often. The first answer is usually
// there within a millisecond; a peer that cannot be reached yet is no error,
// one that is this host is (ErrOwnAddress).
func (r *Resolver) Watch(t Target) (*Hop, error) {
	t = t.plain()
	if err := t.check(); err != nil {
		return nil, err
	}
	hop, err := r.share(t)
	if hop != nil || err != nil {
		return hop, err
	}
	// The route first: it needs no lock of the kernel's, and tells own addresses.
	to, err := r.route(t)
	if errors.Is(err, ErrOwnAddress) {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.targets[t]; w != nil {
		w.users++
		return w.hop, nil
	}
	w := &target{hop: &Hop{target: t}, users: 1}
	w.hop.state.Store(&State{Problem: ErrUnresolved})
	r.targets[t] = w
	r.publishPeers()
	r.lead(w, to, err, time.Now())
	w.looked = time.Time{} // the neighbour was not looked at yet
	r.poke()
	return w.hop, nil
}

// share gives the Hop of a target that is watched already; when it is not, nil, and the kernel's news are heard from now on.
func (r *Resolver) share(t Target) (*Hop, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.targets[t]
	if w == nil {
		return nil, r.news.join()
	}
	w.users++
	return w.hop, nil
}

// Forget takes one Watch back; with the last one the peer is resolved no more.
// Its Hop keeps the last answer.
func (r *Resolver) Forget(t Target) {
	t = t.plain()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.targets[t]; w != nil {
		if w.users--; w.users > 0 {
			return
		}
		r.unlink(w)
		delete(r.targets, t)
		r.publishPeers()
	}
}

// plain drops what does not make a difference.
func (t Target) plain() Target {
	t.Peer, t.Source = t.Peer.WithZone("").Unmap(), t.Source.WithZone("").Unmap()
	return t
}

func (t Target) check() error {
	switch p := t.Peer; {
	case !p.IsValid(), p.IsMulticast(), p.IsUnspecified(), p == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("peer %v: not the address of a host", p)
	case p.Is6() && p.IsLinkLocalUnicast() && t.IfIndex == 0:
		return fmt.Errorf("peer %v: a link-local address needs an interface", p)
	}
	return nil
}
