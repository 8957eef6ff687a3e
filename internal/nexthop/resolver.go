package nexthop

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ErrUnresolved: there is a route, but the neighbour did not answer so far.
var ErrUnresolved = errors.New("the next hop's Ethernet address is not known yet")

// Sink is told when the way to a peer changes. The calls come one at a time,
// from the resolver's goroutines or from within Watch; they must not block and
// not call the Resolver.
type Sink interface {
	NextHop(t Target, now State)
}

// Resolver keeps the ways to all watched peers. It works in the network
// namespace of the thread that called Open.
type Resolver struct {
	sink    Sink
	ns      namespace
	handle  *netlink.Handle
	sockets map[int]*nl.SocketHandle // of lookup: the one request that handle lacks
	news    *news
	done    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex // guards the rest, and the sink's turn
	targets map[Target]*target
	byWay   map[way][]*target
	prober  *prober
	changed bool                                // something happened to routes since the last look
	byPeer  atomic.Pointer[map[netip.Addr]*Hop] // copy on write, for MAC
	wake    chan struct{}
}

// target is one watched peer.
type target struct {
	hop    *Hop
	way    way
	routed time.Time // when the routes last gave a way
	used   time.Time // when the kernel was last asked to probe
	missed int       // how often it was asked since it last had an answer
	told   State     // what the sink knows
	proved time.Time // when our own question was last answered
	looked time.Time // when the kernel's tables were last read for it
}

// Open starts to follow the kernel's tables.
func Open(sink Sink) (*Resolver, error) {
	r := &Resolver{
		sink:    sink,
		done:    make(chan struct{}),
		wake:    make(chan struct{}, 1),
		targets: map[Target]*target{},
		byWay:   map[way][]*target{},
	}
	r.byPeer.Store(&map[netip.Addr]*Hop{})
	if err := r.open(); err != nil {
		r.closeSockets()
		return nil, fmt.Errorf("next hops: %w", err)
	}
	r.running.Add(2)
	go r.follow()
	go r.refresh()
	return r, nil
}

func (r *Resolver) open() (err error) {
	if r.news, err = listen(); err != nil {
		return err
	}
	if r.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	socket, err := nl.Subscribe(unix.NETLINK_ROUTE) // to no group
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	r.sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}
	if r.ns, err = here(); err != nil {
		return err
	}
	r.prober = newProber(r.ns, r.answered)
	return nil
}

// Close stops following. The Hops keep their last answer.
func (r *Resolver) Close() error {
	close(r.done)
	r.news.file.Close()
	r.prober.close()
	r.running.Wait()
	r.closeSockets()
	return nil
}

func (r *Resolver) closeSockets() {
	if r.news != nil {
		r.news.file.Close()
	}
	if r.handle != nil {
		r.handle.Close()
	}
	for _, s := range r.sockets {
		s.Close()
	}
	_ = r.ns.close() // it was opened for reading only
}

// Watch starts to resolve a peer and gives its Hop, the same one for the same
// Target. The first answer is usually there within a millisecond; a peer that
// cannot be reached yet is no error, one that is this host is (ErrOwnAddress).
func (r *Resolver) Watch(t Target) (*Hop, error) {
	t.Peer, t.Source = t.Peer.WithZone("").Unmap(), t.Source.WithZone("").Unmap()
	if !t.Peer.IsValid() || t.Peer.IsMulticast() || t.Peer.IsUnspecified() {
		return nil, fmt.Errorf("peer %v: not the address of a host", t.Peer)
	}
	if t.Peer.IsLinkLocalUnicast() && t.Peer.Is6() && t.IfIndex == 0 {
		return nil, fmt.Errorf("peer %v: a link-local address needs an interface", t.Peer)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.targets[t]; w != nil {
		return w.hop, nil
	}
	w := &target{hop: &Hop{target: t}}
	w.hop.state.Store(&State{Problem: ErrUnresolved})
	if err := r.resolve(w, time.Now()); errors.Is(err, ErrOwnAddress) {
		r.unlink(w)
		return nil, err
	}
	r.targets[t] = w
	r.publishPeers()
	return w.hop, nil
}

// Forget stops to resolve a peer. Its Hop keeps the last answer.
func (r *Resolver) Forget(t Target) {
	t.Peer, t.Source = t.Peer.WithZone("").Unmap(), t.Source.WithZone("").Unmap()
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.targets[t]; w != nil {
		r.unlink(w)
		delete(r.targets, t)
		r.publishPeers()
	}
}

// MAC gives the Ethernet address and interface for a watched peer, without a
// lock. When one peer is watched in several ways any of them answers: use
// their Hops.
func (r *Resolver) MAC(peer netip.Addr) (mac [6]byte, ifindex int, ok bool) {
	hop := (*r.byPeer.Load())[peer]
	if hop == nil {
		return mac, 0, false
	}
	return hop.MAC()
}

func (r *Resolver) publishPeers() {
	peers := make(map[netip.Addr]*Hop, len(r.targets))
	for t, w := range r.targets {
		peers[t.Peer] = w.hop
	}
	r.byPeer.Store(&peers)
}
