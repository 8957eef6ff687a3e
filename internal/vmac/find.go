package vmac

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// find adopts an interface that is as it is wanted or makes one under the first free name.
func (h *Holder) find(want VMAC, parent int) (*held, error) {
	mac := [6]byte(want.Hardware())
	for name := range want.names {
		l := &held{want: want, Link: Link{Name: name, Parent: parent, MAC: mac}}
		got, err := h.nl.LinkByName(name)
		if err == nil {
			l.Index = got.Attrs().Index
			switch {
			case h.isHeld(l.Index):
				continue
			case l.is(got):
				return l, nil
			case h.inherited[l.Index] == nil && want.Name == "":
				continue // somebody else's
			case h.inherited[l.Index] == nil:
				return nil, fmt.Errorf("make %s: %w", name, unix.EEXIST)
			}
			if err := h.delete(l.Index); err != nil { // ours, but not as wanted
				return nil, err
			}
		}
		return l, h.make(l)
	}
	return nil, fmt.Errorf("every name like vrrp.%d is taken", want.VRID)
}

func (h *Holder) isHeld(index int) bool {
	for _, l := range h.held {
		if l.Index == index {
			return true
		}
	}
	return false
}

// make adds the interface, down, and finds its index. A predecessor's with the same MAC goes first, since a parent bears a
// MAC once.
func (h *Holder) make(l *held) error {
	for index, old := range h.inherited {
		if old.MAC == l.MAC && old.Parent == l.Parent {
			if err := h.delete(index); err != nil {
				return err
			}
		}
	}
	h.making = l.Name
	defer func() { h.making = "" }()
	if err := h.writeJournal(); err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex, attrs.HardwareAddr, attrs.Group = l.Name, l.Parent, slices.Clone(l.MAC[:]), l.want.Group
	if err := h.nl.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_PRIVATE}); err != nil {
		return fmt.Errorf("make %s: %w", l.Name, err)
	}
	got, err := h.nl.LinkByName(l.Name)
	if err != nil {
		return fmt.Errorf("make %s: %w", l.Name, err)
	}
	l.Index = got.Attrs().Index
	return nil
}

// stands asks the kernel whether the interface is there and is what it should be.
func (h *Holder) stands(l *held) bool {
	got, err := h.nl.LinkByIndex(l.Index)
	return err == nil && l.is(got)
}

// there asks whether it is there at all, be it under another name or with another MAC.
func (h *Holder) there(l *held) bool {
	got, err := h.nl.LinkByIndex(l.Index)
	m, ok := got.(*netlink.Macvlan)
	return err == nil && ok && m.Mode == netlink.MACVLAN_MODE_PRIVATE && m.ParentIndex == l.Parent
}

func (l *held) is(got netlink.Link) bool {
	m, ok := got.(*netlink.Macvlan)
	a := got.Attrs()
	return ok && m.Mode == netlink.MACVLAN_MODE_PRIVATE && a.Name == l.Name && a.ParentIndex == l.Parent &&
		bytes.Equal(a.HardwareAddr, l.MAC[:])
}

// delete removes an interface of ours; one that is gone is no error.
func (h *Holder) delete(index int) error {
	delete(h.inherited, index)
	attrs := netlink.NewLinkAttrs()
	attrs.Index = index
	err := h.nl.LinkDel(&netlink.Macvlan{LinkAttrs: attrs})
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove interface %d: %w", index, err)
	}
	return nil
}
