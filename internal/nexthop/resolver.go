package nexthop

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/netspace"
)

// ErrUnresolved: there is a route, but the neighbour did not answer so far.
var ErrUnresolved = errors.New("the next hop's Ethernet address is not known yet")

// Sink is told when the way to a peer changes. The calls come one at a time
// from a goroutine of their own. A sink that is slow misses states in between,
// never the last one.
type Sink interface {
	NextHop(t Target, now State)
}

// Resolver keeps the ways to all watched peers. It works in the network
// namespace of the thread that called Open.
//
// Several questions to the kernel wait for the lock that it holds while links
// and namespaces come and go, which takes seconds on a busy host. So none is
// asked under the Resolver's own lock, and the one that must wait, use, has
// a goroutine and a socket of its own.
type Resolver struct {
	sink    Sink
	ns      netspace.Namespace
	news    *news
	routes  *netlink.Handle // for the route
	table   *table          // for the neighbour
	kernel  *errand         // has the kernel resolve a neighbour
	own     *errand         // resolves it ourselves
	prober  *prober
	wake    chan struct{} // for refresh
	teller  chan struct{} // for tell
	done    chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex // guards the rest
	targets map[Target]*target
	byWay   map[way][]*target
	toTell  map[Target]State
	changed bool                                // something happened to routes since the last look
	byPeer  atomic.Pointer[map[netip.Addr]*Hop] // copy on write, for MAC
}

// target is one watched peer.
type target struct {
	hop    *Hop
	users  int // how often it is watched
	way    way
	routed time.Time // when the routes last gave a way
	looked time.Time // when the kernel's tables were last read for it
	asked  time.Time // when the neighbour was last asked for
	missed int       // how often it was asked for since it last answered
	usable bool      // the kernel knows the neighbour
	proved time.Time // when, if it does not, our own question was last answered
	heard  uint64    // messages of the kernel about its neighbour
	told   State     // what the sink knows
}

// Open starts to follow the kernel's tables.
func Open(sink Sink) (*Resolver, error) {
	r := &Resolver{
		sink:    sink,
		kernel:  newErrand(),
		own:     newErrand(),
		wake:    make(chan struct{}, 1),
		teller:  make(chan struct{}, 1),
		toTell:  map[Target]State{},
		done:    make(chan struct{}),
		targets: map[Target]*target{},
		byWay:   map[way][]*target{},
	}
	r.byPeer.Store(&map[netip.Addr]*Hop{})
	user, err := r.open()
	if err != nil {
		r.closeSockets()
		return nil, fmt.Errorf("next hops: %w", err)
	}
	r.running.Add(4)
	go r.tell()
	go r.follow()
	go r.refresh()
	go func() {
		defer r.running.Done()
		r.own.run(r.done, r.prober.ask)
	}()
	go func() { // not waited for: it may be waiting for the kernel
		defer user.Close()
		r.kernel.run(r.done, func(w way, _ netip.Addr) { use(user, w) })
	}()
	return r, nil
}

func (r *Resolver) open() (user *netlink.Handle, err error) {
	if r.ns, err = netspace.Here(); err != nil {
		return nil, err
	}
	r.prober = newProber(r.ns, r.answered)
	if r.news, err = listen(); err != nil {
		return nil, err
	}
	if r.table, err = openTable(); err != nil {
		return nil, err
	}
	if r.routes, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	if user, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return user, nil
}

// Close stops following. The Hops keep their last answer.
func (r *Resolver) Close() error {
	close(r.done)
	r.news.close()
	r.prober.close()
	r.running.Wait()
	r.closeSockets()
	return nil
}

func (r *Resolver) closeSockets() {
	if r.news != nil {
		r.news.close()
	}
	if r.routes != nil {
		r.routes.Close()
	}
	if r.table != nil {
		r.table.close()
	}
	_ = r.ns.Close() // it was opened for reading only
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
