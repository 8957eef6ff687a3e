package address

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// VMACs holds virtual MAC interfaces: made, adopted from a killed predecessor, and removed, and with them the settings of the
// host that they need. It does not watch: an interface vanishes with its parent, and the caller, who hears of that, calls
// Ensure again.
//
// It touches /proc/sys of the network namespace of the calling thread, which must be the one in which it was opened.
type VMACs struct {
	mu        sync.Mutex
	req       *socket
	nl        *netlink.Handle
	journal   *journal
	held      map[string]vmacLink // by owner
	inherited map[int]string      // a predecessor's: index and name
	making    string              // the name of one that is just being made
	saved     settings
}

// vmacLink is one that stands.
type vmacLink struct {
	VMAC
	name          string
	index, parent int
}

// A Link is a virtual MAC interface as it stands.
type Link struct {
	Name   string
	Index  int
	Parent int // index
	MAC    net.HardwareAddr
}

// OpenVMACs makes a holder of virtual MAC interfaces in the network namespace of the calling thread.
func OpenVMACs(journalPath string) (*VMACs, error) {
	v := &VMACs{held: map[string]vmacLink{}, inherited: map[int]string{}, saved: settings{}}
	if err := v.open(journalPath); err != nil {
		return nil, fmt.Errorf("virtual MAC: %w", errors.Join(err, v.Close()))
	}
	return v, nil
}

func (v *VMACs) open(path string) error {
	var err error
	if v.req, err = openSocket(); err != nil {
		return err
	}
	if v.nl, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return err
	}
	cookie, err := v.req.netnsCookie()
	if err != nil {
		return err
	}
	var lines []string
	if v.journal, lines, err = openJournal(path, cookie); err != nil {
		return err
	}
	for _, line := range lines {
		w := strings.Fields(line)
		if len(w) == 3 && w[0] == "link" {
			index, err := strconv.Atoi(w[1])
			if err != nil {
				return fmt.Errorf("journal %s: %q: %w", path, line, err)
			}
			v.inherit(index, w[2])
		} else if err := v.saved.parse(line); err != nil {
			return fmt.Errorf("journal %s: %w", path, err)
		}
	}
	return nil
}

// inherit takes over an interface that the journal names, when it is one of ours still. Index 0 stands for one that was just
// being made.
func (v *VMACs) inherit(index int, name string) {
	l, err := v.nl.LinkByName(name)
	if err != nil {
		return // gone
	}
	a := l.Attrs()
	ours := l.Type() == "macvlan" && bytes.HasPrefix(a.HardwareAddr, []byte{0x00, 0x00, 0x5e, 0x00})
	if ours && (index == 0 || index == a.Index) {
		v.inherited[a.Index] = name
	}
}

// Ensure makes the owner's virtual MAC interface stand as it is wanted, up and with its settings, and tells which it is. One
// that stands is left as it is.
func (v *VMACs) Ensure(owner string, want VMAC) (Link, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.req == nil {
		return Link{}, errClosed
	}
	l, err := v.ensure(owner, want)
	if err != nil {
		return Link{}, fmt.Errorf("%s: %w", want, err)
	}
	return Link{Name: l.name, Index: l.index, Parent: l.parent, MAC: want.MAC()}, nil
}

func (v *VMACs) ensure(owner string, want VMAC) (vmacLink, error) {
	parent, err := v.req.index(want.Parent)
	if err != nil {
		return vmacLink{}, err
	}
	if old, ok := v.held[owner]; ok {
		if old.VMAC == want && old.parent == parent && v.asWanted(old) {
			return old, v.adjust(old)
		}
		if err := v.remove(owner); err != nil {
			return vmacLink{}, err
		}
	}
	l, err := v.find(want, parent)
	if err != nil {
		return l, err
	}
	delete(v.inherited, l.index)
	v.held[owner] = l
	return l, errors.Join(v.writeJournal(), v.adjust(l))
}

// find adopts a predecessor's interface or makes one under the first free name.
func (v *VMACs) find(want VMAC, parent int) (vmacLink, error) {
	for index, name := range v.inherited {
		l := vmacLink{VMAC: want, name: name, index: index, parent: parent}
		if (want.Name == "" || want.Name == name) && v.asWanted(l) {
			return l, nil
		}
	}
	for name := range want.names {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.ParentIndex, attrs.HardwareAddr = name, parent, want.MAC()
		if index, err := v.req.index(name); err == nil && v.inherited[index] == name { // ours, but not as wanted
			if err := v.delete(index); err != nil {
				return vmacLink{}, err
			}
		}
		v.making = name
		if err := v.writeJournal(); err != nil {
			return vmacLink{}, err
		}
		err := v.nl.LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_PRIVATE})
		v.making = ""
		if errors.Is(err, unix.EEXIST) && want.Name == "" {
			continue
		}
		if err != nil {
			return vmacLink{}, fmt.Errorf("make %s: %w", name, err)
		}
		index, err := v.req.index(name)
		return vmacLink{VMAC: want, name: name, index: index, parent: parent}, err
	}
	return vmacLink{}, fmt.Errorf("every name like vrrp.%d is taken", want.VRID)
}

// asWanted asks the kernel whether the interface is there and is what it should be.
func (v *VMACs) asWanted(l vmacLink) bool {
	got, err := v.nl.LinkByIndex(l.index)
	if err != nil {
		return false
	}
	m, ok := got.(*netlink.Macvlan)
	a := got.Attrs()
	return ok && m.Mode == netlink.MACVLAN_MODE_PRIVATE && a.Name == l.name && a.ParentIndex == l.parent &&
		bytes.Equal(a.HardwareAddr, l.MAC())
}

// Remove takes the owner's interface away, with every address on it, and puts settings back that nobody needs any more.
// Removing nothing is no error.
func (v *VMACs) Remove(owner string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.held[owner]; !ok {
		return nil
	}
	if v.req == nil {
		return errClosed
	}
	return errors.Join(v.remove(owner), v.restore(), v.writeJournal())
}

func (v *VMACs) remove(owner string) error {
	l := v.held[owner]
	delete(v.held, owner)
	if !v.asWanted(l) {
		return nil // gone with its parent, or somebody made it something else
	}
	return v.delete(l.index)
}

// delete removes an interface of ours; one that is gone is no error.
func (v *VMACs) delete(index int) error {
	delete(v.inherited, index)
	attrs := netlink.NewLinkAttrs()
	attrs.Index = index
	err := v.nl.LinkDel(&netlink.Macvlan{LinkAttrs: attrs})
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove interface %d: %w", index, err)
	}
	return nil
}

// RemoveInherited deletes what a predecessor left and nobody has ensured, and puts its settings back.
func (v *VMACs) RemoveInherited() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.req == nil {
		return errClosed
	}
	var errs []error
	for _, index := range slices.Collect(maps.Keys(v.inherited)) {
		errs = append(errs, v.delete(index))
	}
	return errors.Join(append(errs, v.restore(), v.writeJournal())...)
}

// Close frees the holder. Interfaces stay.
func (v *VMACs) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.nl != nil {
		v.nl.Close()
		v.nl = nil
	}
	if v.req == nil {
		return nil
	}
	err := v.req.close()
	v.req = nil
	return err
}

func (v *VMACs) writeJournal() error {
	return v.journal.write(func(b []byte) []byte {
		for _, l := range v.held {
			b = fmt.Appendf(b, "link %d %s\n", l.index, l.name)
		}
		for index, name := range v.inherited {
			b = fmt.Appendf(b, "link %d %s\n", index, name)
		}
		if v.making != "" {
			b = fmt.Appendf(b, "link 0 %s\n", v.making)
		}
		return v.saved.append(b)
	})
}
