package datapath

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
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
	objects *vrrpObjects // nil: packet sockets only
	ring    *ring        // nil: packet sockets only

	mu       sync.Mutex // guards attached and table
	attached map[int]*attachment
	table    *table

	sockets     atomic.Pointer[[]*packetSocket] // of the attached interfaces in mode Socket
	admission   atomic.Pointer[admission]       // what packet sockets let through
	wake        time.Time                       // the deadline set last; thread of Run only
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
	}
	d.sockets.Store(new([]*packetSocket))
	d.admission.Store(newAdmission(cfg, nil))
	return d, nil
}

// loadObjects creates the maps, loads the programs and opens the ring.
func (d *Datapath) loadObjects() error {
	if d.cfg.PinDir != "" {
		if err := os.MkdirAll(d.cfg.PinDir, 0o700); err != nil {
			return fmt.Errorf("make the pin directory: %w", err)
		}
	}
	spec, err := loadVrrp()
	if err != nil {
		return fmt.Errorf("read the BPF object: %w", err)
	}
	second := uint64(time.Second)
	err = errors.Join(
		spec.Variables[vrrpVarStrangerIntervalNs].Set(second/uint64(d.cfg.FloodLimit)),
		spec.Variables[vrrpVarSourceIntervalNs].Set(2*second/uint64(d.cfg.FloodLimit)),
	)
	if err != nil {
		return fmt.Errorf("set the flood limits: %w", err)
	}
	var objects vrrpObjects
	if err := spec.LoadAndAssign(&objects, &ebpf.CollectionOptions{}); err != nil {
		return fmt.Errorf("load the BPF program: %w", err)
	}
	d.objects = &objects
	if d.ring, err = openRing(objects.Ring); err != nil {
		return err
	}
	return d.poller.watch(objects.Ring.FD())
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
	errs = append(errs, d.sweep(nil), d.removePinDir())
	if d.ring != nil {
		errs = append(errs, d.ring.close())
		d.ring = nil
	}
	if d.objects != nil {
		errs = append(errs, d.objects.Close())
		d.objects = nil
	}
	errs = append(errs, d.poller.close())
	return errors.Join(errs...)
}
