package datapath

import (
	"context"
	"errors"
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
type Datapath struct{}

var errNotBuilt = errors.New("not built yet")

// Load loads the BPF program. It fails where BPF is not permitted; the caller
// then falls back to LoadSocketOnly.
func Load(cfg Config) (*Datapath, error) { return nil, errNotBuilt }

// LoadSocketOnly returns a Datapath without BPF. Attach gives mode Socket.
func LoadSocketOnly(cfg Config) (*Datapath, error) { return nil, errNotBuilt }

// Attach starts the reception on an interface and returns the mode used.
func (d *Datapath) Attach(ifindex int, want Mode) (Mode, error) { return "", errNotBuilt }

// Detach ends the reception on an interface.
func (d *Datapath) Detach(ifindex int) error { return errNotBuilt }

// SetRouters replaces the set of virtual routers.
func (d *Datapath) SetRouters(rs []Router) error { return errNotBuilt }

// Run is the loop: it serves sink until ctx ends, on one locked thread.
func (d *Datapath) Run(ctx context.Context, sink Sink) error { return errNotBuilt }

// Wake sets the one time at which sink.Wakeup is called; the zero Time means
// never. Call it on the thread of Run, or before Run.
func (d *Datapath) Wake(at time.Time) {}

// Interrupt makes Run call sink.Interrupted.
func (d *Datapath) Interrupt() {}

// Counter is how many packets met one verdict on one interface.
type Counter struct {
	IfIndex int
	Verdict Verdict
	Packets uint64
}

// Counters returns the counts, of interfaces with reception only.
func (d *Datapath) Counters() ([]Counter, error) { return nil, errNotBuilt }

// Close detaches, unpins and releases everything.
func (d *Datapath) Close() error { return nil }
