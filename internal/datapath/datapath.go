package datapath

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what is fixed while the datapath lives.
type Config struct {
	// PinDir is a directory on a bpffs that belongs to this daemon alone.
	// Links and the fence are pinned there, so that they survive the process
	// and its successor can adopt them. Empty: nothing is pinned.
	PinDir string
	// FloodLimit is how many adverts per second and interface reach user
	// space, beside those of known senders. Zero means DefaultFloodLimit.
	FloodLimit int
	// Fence compiles the fence in: see SetFence.
	Fence bool
}

// DefaultFloodLimit is the FloodLimit of a Config that names none.
const DefaultFloodLimit = 2000

// Datapath is the loaded program with everything that it is attached to.
// Methods may be called from any goroutine unless they say otherwise.
type Datapath struct {
	cfg     Config
	clock   clock
	poller  *poller
	objects *objects // nil: packet sockets only, as the four that follow
	ring    *ring
	spills  *spills
	lease   *lease
	waker   *waker // nil also where the kernel has no BPF timers: the poller's timer serves

	mu        sync.Mutex // guards what follows
	remembers bool       // see Remembers; set when loaded
	attached  map[int]*attachment
	table     *table
	fenced    shares[vipKey, time.Duration] // held addresses, or those that a predecessor held, with their leases
	leases    map[time.Duration]int         // how many fenced addresses have each lease
	fenceSet  bool                          // an owner of ours has spoken
	vips      vips                          // what the kernel's maps hold

	vipsBehind bool // a write failed: they may hold other than they shall
	macsBehind bool // the same of the virtual MACs

	stations  map[int]*station        // interfaces that are ready for virtual MACs
	virtual   map[string][]VirtualMAC // as set last, by owner
	voiced    macShares               // the same, as the maps have it
	inherited macTable                // what a predecessor left, until Sweep
	macs      macTable                // what the kernel's maps hold
	leaveMACs bool                    // Close leaves them
	noTCX     bool                    // virtual MACs as before Linux 6.6, for tests

	sockets     atomic.Pointer[[]*packetSocket] // of the attached interfaces in mode Socket
	admission   atomic.Pointer[admission]       // what packet sockets let through
	wake        time.Time                       // the deadline set last; thread of Run only
	sink        Sink                            // of Run
	drained     time.Time                       // when records were last taken from the ring; thread of Run only
	records     uint64                          // taken from it so far
	interrupted atomic.Bool                     // a call of Interrupt is not answered yet
	running     atomic.Bool
}

// Load loads the BPF program. It fails where BPF is not permitted or the
// kernel is too old; the caller then falls back to LoadSocketOnly.
func Load(cfg Config) (*Datapath, error) {
	d, err := LoadSocketOnly(cfg)
	if err != nil {
		return nil, err
	}
	if err := d.loadObjects(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// LoadSocketOnly returns a Datapath without BPF. Attach gives mode Socket.
func LoadSocketOnly(cfg Config) (*Datapath, error) {
	if cfg.FloodLimit <= 0 {
		cfg.FloodLimit = DefaultFloodLimit
	}
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	d := &Datapath{
		cfg:      cfg,
		clock:    newClock(),
		poller:   p,
		attached: map[int]*attachment{},
		table:    newTable(),
		fenced:   newShares[vipKey, time.Duration](),
		leases:   map[time.Duration]int{},
		vips:     vips{},
		virtual:  map[string][]VirtualMAC{},
		voiced:   newMACShares(),
		stations: map[int]*station{},
	}
	d.sockets.Store(new([]*packetSocket))
	d.admission.Store(newAdmission(cfg, nil))
	return d, nil
}

// Close detaches, unpins and releases everything, also what a predecessor left
// pinned. Run must have returned.
func (d *Datapath) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for ifindex := range d.attached {
		errs = append(errs, d.detach(ifindex))
	}
	errs = append(errs, d.closeMACs(), d.unpin(heardMaps))
	if !d.leaveMACs {
		errs = append(errs, d.sweep(nil))
	} else {
		errs = append(errs, d.sweep(func(_ int, m Mode) bool { return m == vmacIngress || m == vmacEgress }))
	}
	if d.lease != nil {
		d.lease.arm(false)
		errs = append(errs, d.lease.close(), d.unpin(fenceMaps))
		d.lease = nil
	}
	if d.waker != nil {
		errs = append(errs, d.waker.program.Close())
		d.waker = nil
	}
	if d.spills != nil {
		errs = append(errs, d.spills.close())
		d.spills = nil
	}
	if d.ring != nil {
		errs = append(errs, d.ring.close())
		d.ring = nil
	}
	if d.objects != nil {
		errs = append(errs, d.objects.Close())
		d.objects = nil
	}
	errs = append(errs, d.removePinDir(), d.poller.close())
	return errors.Join(errs...)
}
