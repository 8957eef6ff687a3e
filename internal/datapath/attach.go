package datapath

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
)

// attachment is the reception on one interface: a link, a clsact filter or a
// packet socket.
type attachment struct {
	ifindex int
	mode    Mode
	link    link.Link
	egress  link.Link // of the fence; nil without one
	filter  *clsact
	socket  *packetSocket
}

// Attach starts the reception on an interface and returns the mode used. Auto
// tries every mode in turn. An XDP program of somebody else stays, and we take
// TC, as we do where XDP would not see VLAN tags; a bond gets generic XDP. What a predecessor pinned is
// adopted and its program replaced.
//
// Attach does nothing for an interface that is attached in the mode wanted,
// unless the device behind it is gone: then it attaches anew.
func (d *Datapath) Attach(ifindex int, want Mode) (Mode, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old, ok := d.attached[ifindex]; ok {
		if old.alive() && (want == Auto || want == old.mode) {
			return old.mode, nil
		}
		if err := d.detach(ifindex); err != nil {
			return "", fmt.Errorf("attach to interface %d: %w", ifindex, err)
		}
	}
	a, err := d.attach(ifindex, want)
	if err != nil {
		return "", fmt.Errorf("attach to interface %d: %w", ifindex, errors.Join(err, d.forget(ifindex)))
	}
	d.attached[ifindex] = a
	if a.egress, err = d.attachEgress(a); err != nil {
		return "", fmt.Errorf("attach to interface %d: %w", ifindex, errors.Join(err, d.detach(ifindex)))
	}
	return a.mode, nil
}

func (d *Datapath) attach(ifindex int, want Mode) (*attachment, error) {
	modes, err := modesOf(ifindex, want)
	if err != nil {
		return nil, err
	}
	if d.objects == nil {
		if !slices.Contains(modes, Socket) {
			return nil, fmt.Errorf("mode %s needs BPF, which is not loaded", want)
		}
		return d.attachSocket(ifindex)
	}
	if err := d.introduce(ifindex); err != nil {
		return nil, err
	}
	a, err := d.adopt(ifindex, modes)
	if a == nil && err == nil {
		a, err = d.attachFirst(ifindex, modes)
	}
	if err != nil {
		return nil, err
	}
	if a.filter == nil { // then a predecessor's filter would tell every advert twice
		err = d.clsactOf(ifindex, TC).forsake()
	}
	return a, err
}

// modesOf lists the modes to try, best first.
func modesOf(ifindex int, want Mode) ([]Mode, error) {
	all := []Mode{XDP, XDPGeneric, TC, Socket}
	if want != Auto && !slices.Contains(all, want) {
		return nil, fmt.Errorf("unknown mode %q", want)
	}
	bond, err := isBond(ifindex)
	switch {
	case err != nil:
		return nil, err
	case bond && want == XDP:
		return nil, errors.New("native XDP on a bond runs on its ports and does not tell the bond: use xdp-generic or tc")
	case want != Auto:
		return []Mode{want}, nil
	}
	if hidden, err := hidesTags(ifindex); err != nil {
		return nil, err
	} else if hidden {
		return []Mode{TC, Socket}, nil
	}
	if bond {
		return []Mode{XDPGeneric, TC, Socket}, nil
	}
	return all, nil
}

// isBond reports whether an interface is a bond. Its driver hands a native XDP
// program on to the ports, and the frames then bear a port's index.
func isBond(ifindex int) (bool, error) {
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return false, fmt.Errorf("look up the interface: %w", err)
	}
	return dev.Type() == "bond", nil
}

// attachFirst attaches in the first of the modes that works.
func (d *Datapath) attachFirst(ifindex int, modes []Mode) (*attachment, error) {
	var errs []error
	for _, m := range modes {
		a, err := d.attachAs(ifindex, m)
		if err == nil {
			return a, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", m, err))
	}
	return nil, errors.Join(errs...)
}

func (d *Datapath) attachAs(ifindex int, m Mode) (*attachment, error) {
	switch m {
	case XDP:
		return d.attachXDP(ifindex, m, link.XDPDriverMode)
	case XDPGeneric:
		return d.attachXDP(ifindex, m, link.XDPGenericMode)
	case TC:
		return d.attachTC(ifindex)
	}
	return d.attachSocket(ifindex)
}

func (d *Datapath) attachXDP(ifindex int, m Mode, flags link.XDPAttachFlags) (*attachment, error) {
	l, err := link.AttachXDP(link.XDPOptions{Program: d.objects.XDP, Interface: ifindex, Flags: flags})
	if err != nil {
		return nil, err
	}
	return d.keep(&attachment{ifindex: ifindex, mode: m, link: l})
}

// introduce makes the entries without which the program ignores an interface.
func (d *Datapath) introduce(ifindex int) error {
	key := uint32(ifindex)
	dev, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return fmt.Errorf("look up the interface: %w", err)
	}
	nic := vrrpInterface{Ah: flag(d.table.ah[key])}
	copy(nic.Mac[:], dev.Attrs().HardwareAddr)
	if err := d.objects.Interfaces.Put(&key, &nic); err != nil {
		return fmt.Errorf("write the settings of the interface: %w", err)
	}
	if err := d.objects.Counters.Put(&key, make([]vrrpTally, possibleCPUs())); err != nil {
		return fmt.Errorf("make the counters of the interface: %w", err)
	}
	return nil
}

// SetMAC follows a new hardware address of an attached interface: frames from it
// are our own and claim nothing.
func (d *Datapath) SetMAC(ifindex int, mac [6]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.attached[ifindex]
	if ok && a.socket != nil {
		a.socket.mac.Store(&mac)
	}
	if !ok || d.objects == nil {
		return nil
	}
	key := uint32(ifindex)
	var nic vrrpInterface
	if err := d.objects.Interfaces.Lookup(&key, &nic); err != nil {
		return fmt.Errorf("read the settings of interface %d: %w", ifindex, err)
	}
	nic.Mac = mac
	if err := d.objects.Interfaces.Put(&key, &nic); err != nil {
		return fmt.Errorf("write the settings of interface %d: %w", ifindex, err)
	}
	return nil
}

// forget is the opposite of introduce.
func (d *Datapath) forget(ifindex int) error {
	if d.objects == nil {
		return nil
	}
	key := uint32(ifindex)
	gone := map[uint32]struct{}{key: {}}
	return errors.Join(
		drop(d.objects.Interfaces, "interfaces", gone, nil),
		drop(d.objects.Counters, "counters", gone, nil),
	)
}

// alive reports whether the device that was attached to still exists.
func (a *attachment) alive() bool {
	switch {
	case a.link != nil:
		info, err := a.link.Info()
		if err != nil {
			return false
		}
		if x := info.XDP(); x != nil {
			return int(x.Ifindex) == a.ifindex
		}
		if x := info.TCX(); x != nil {
			return int(x.Ifindex) == a.ifindex
		}
		return false
	case a.filter != nil:
		return a.filter.alive()
	}
	return a.socket.alive()
}

// Detach ends the reception on an interface. It is no error if there is none.
func (d *Datapath) Detach(ifindex int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.attached[ifindex]; !ok {
		return nil
	}
	if err := d.detach(ifindex); err != nil {
		return fmt.Errorf("detach from interface %d: %w", ifindex, err)
	}
	return nil
}

func (d *Datapath) detach(ifindex int) error {
	a := d.attached[ifindex]
	delete(d.attached, ifindex)
	return errors.Join(d.release(a), d.forget(ifindex))
}

// release takes one attachment off the device, and its pin off the bpffs.
func (d *Datapath) release(a *attachment) error {
	var egress error
	if a.egress != nil {
		egress = releaseLink(a.egress)
	}
	switch {
	case a.link != nil:
		return errors.Join(egress, releaseLink(a.link))
	case a.filter != nil:
		return errors.Join(egress, a.filter.release())
	}
	return errors.Join(egress, d.releaseSocket(a.socket))
}
