package datapath

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/cilium/ebpf"
)

// objects are the maps and programs that lie in the kernel.
type objects struct {
	vrrpMaps
	XDP    *ebpf.Program `ebpf:"vrrp_xdp"`
	TC     *ebpf.Program `ebpf:"vrrp_tc"`
	Egress *ebpf.Program `ebpf:"vrrp_egress"`

	VMACIngress *ebpf.Program `ebpf:"vmac_ingress"`
	VMACEgress  *ebpf.Program `ebpf:"vmac_egress"`
}

func (o *objects) Close() error {
	return errors.Join(o.vrrpMaps.Close(), o.XDP.Close(), o.TC.Close(), o.Egress.Close(),
		o.VMACIngress.Close(), o.VMACEgress.Close())
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
	if err := d.setVariables(spec); err != nil {
		return err
	}
	adopted, err := d.adoptFence(spec)
	if err != nil {
		return err
	}
	defer closeAll(adopted)
	macs, err := d.adoptMaps(spec, macMaps)
	if err != nil {
		return err
	}
	defer closeAll(macs)
	maps.Copy(adopted, macs)
	heard, err := d.adoptMaps(spec, heardMaps)
	if err != nil {
		return err
	}
	defer closeAll(heard)
	d.remembers = len(heard) > 0
	maps.Copy(adopted, heard)
	var o objects
	if err := spec.LoadAndAssign(&o, &ebpf.CollectionOptions{MapReplacements: adopted}); err != nil {
		return fmt.Errorf("load the BPF program: %w", err)
	}
	d.objects = &o
	if d.ring, err = openRing(o.Ring); err != nil {
		return err
	}
	if d.lease, err = openLease(o.Leases); err != nil {
		return err
	}
	if d.spills, err = openSpills(o.Signals); err != nil {
		return err
	}
	d.waker = loadWaker(&o)
	return errors.Join(d.keepFence(), d.keepMACs(), d.keepHeard(), d.poller.watch(o.Ring.FD()))
}

// setVariables sets what the program has fixed when it is loaded.
func (d *Datapath) setVariables(spec *ebpf.CollectionSpec) error {
	second := uint64(time.Second)
	stranger := max(second/uint64(d.cfg.FloodLimit), 1)
	err := errors.Join(
		spec.Variables[vrrpVarStrangerIntervalNs].Set(stranger),
		// One sender gets half of what the interface gives to all.
		spec.Variables[vrrpVarSourceIntervalNs].Set(2*stranger),
		spec.Variables[vrrpVarFence].Set(flag(d.cfg.Fence)),
	)
	if err != nil {
		return fmt.Errorf("set the program's constants: %w", err)
	}
	return nil
}

func closeAll(maps map[string]*ebpf.Map) {
	for _, m := range maps {
		// The collection holds descriptors of its own.
		_ = m.Close()
	}
}
