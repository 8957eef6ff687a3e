package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// station is an interface with the two programs of the virtual MACs: links, or clsact filters before kernel 6.6.
type station struct {
	links   []link.Link
	filters []*clsact
}

// The names of the programs' pins.
const (
	vmacIngress Mode = "vmac-ingress"
	vmacEgress  Mode = "vmac-egress"
)

// hook is where a program of the virtual MACs is attached.
type hook struct {
	mode    Mode
	attach  ebpf.AttachType
	program *ebpf.Program
}

func (d *Datapath) hooks() []hook {
	return []hook{
		{vmacIngress, ebpf.AttachTCXIngress, d.objects.VMACIngress},
		{vmacEgress, ebpf.AttachTCXEgress, d.objects.VMACEgress},
	}
}

// AttachVirtualMAC makes an interface ready for virtual MACs, beside whatever receives adverts there. It does nothing for one
// that is ready. What a predecessor pinned is adopted.
func (d *Datapath) AttachVirtualMAC(ifindex int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.objects == nil {
		return errNoBPF
	}
	if s := d.stations[ifindex]; s != nil {
		if s.alive(ifindex) {
			return nil
		}
		if err := d.leaveStation(ifindex); err != nil {
			return fmt.Errorf("virtual MACs on interface %d: %w", ifindex, err)
		}
	}
	if err := takesMore(ifindex); err != nil {
		return fmt.Errorf("virtual MACs on interface %d: %w", ifindex, err)
	}
	s := &station{}
	d.stations[ifindex] = s
	for _, h := range d.hooks() {
		if err := d.man(s, ifindex, h); err != nil {
			return fmt.Errorf("virtual MACs on interface %d: %w", ifindex, errors.Join(err, d.leaveStation(ifindex)))
		}
	}
	return nil
}

// man attaches one of the programs. It stands in front of others of its kind: a verdict of theirs would end the way.
func (d *Datapath) man(s *station, ifindex int, h hook) error {
	l, err := d.adoptLink(ifindex, h.mode, h.program)
	if err != nil {
		return err
	}
	if l == nil && d.noTCX {
		return d.manClsact(s, ifindex, h)
	}
	if l == nil {
		l, err = link.AttachTCX(link.TCXOptions{Interface: ifindex, Program: h.program, Attach: h.attach, Anchor: link.Head()})
		if errors.Is(err, ebpf.ErrNotSupported) {
			return d.manClsact(s, ifindex, h)
		}
		if err != nil {
			return fmt.Errorf("attach %s: %w", h.mode, err)
		}
		if _, err := d.keep(&attachment{ifindex: ifindex, mode: h.mode, link: l}); err != nil {
			return err
		}
	}
	s.links = append(s.links, l)
	return d.clsactOf(ifindex, h.mode).forsake()
}

func (d *Datapath) manClsact(s *station, ifindex int, h hook) error {
	c := d.clsactOf(ifindex, h.mode)
	if err := d.addClsact(c, h.program); err != nil {
		return err
	}
	s.filters = append(s.filters, c)
	return nil
}

// DetachVirtualMAC is the opposite of AttachVirtualMAC. It is no error if there is nothing.
func (d *Datapath) DetachVirtualMAC(ifindex int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.leaveStation(ifindex); err != nil {
		return fmt.Errorf("virtual MACs on interface %d: %w", ifindex, err)
	}
	return nil
}

func (d *Datapath) leaveStation(ifindex int) error {
	s := d.stations[ifindex]
	if s == nil {
		return nil
	}
	delete(d.stations, ifindex)
	var errs []error
	for _, l := range s.links {
		errs = append(errs, releaseLink(l))
	}
	for _, c := range s.filters {
		errs = append(errs, c.release())
	}
	return errors.Join(errs...)
}

// alive reports whether the device that was attached to still exists.
func (s *station) alive(ifindex int) bool {
	for _, l := range s.links {
		if a := (attachment{ifindex: ifindex, link: l}); !a.alive() {
			return false
		}
	}
	for _, c := range s.filters {
		if !c.alive() {
			return false
		}
	}
	return true
}

// close lets go without detaching what is pinned.
func (s *station) close() error {
	var errs []error
	for _, l := range s.links {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
