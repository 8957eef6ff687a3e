package daemon

import (
	"fmt"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/accept"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// guard is the filter as the holder of virtual MAC interfaces asks for it. When
// a predecessor hands over, or was killed just now, an interface that bears the addresses of a
// master is not silenced only to be heard again a moment later.
type guard struct {
	*accept.Filter
	v *vmacs
}

// Silence implements vmac.Guard. With vmacs.work held.
func (g guard) Silence(ifindex int) error {
	if (g.v.d.before != nil || g.v.d.goesOn) && !g.v.tidied {
		master, err := bearsAddresses(ifindex)
		if err != nil || master {
			return err
		}
	}
	return g.Filter.Silence(ifindex)
}

// bearsAddresses reports whether an interface has more than the link-local
// address that it borrows.
func bearsAddresses(ifindex int) (bool, error) {
	link := &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: ifindex}}
	list, err := dump.List(func() ([]netlink.Addr, error) { return netlink.AddrList(link, netlink.FAMILY_ALL) })
	if err != nil {
		return false, fmt.Errorf("addresses of interface %d: %w", ifindex, err)
	}
	n := 0
	for _, a := range list {
		if a.IP.To4() != nil {
			return true, nil
		}
		n++
	}
	return n > 1, nil
}

// tidy silences whoever was heard under the predecessor and is not master, and
// removes what a killed predecessor left and nobody wants.
func (v *vmacs) tidy() {
	v.work.Lock()
	defer v.work.Unlock()
	v.tidied = true
	for _, in := range v.users {
		in.virtual.mu.Lock()
		if !in.virtual.loud {
			in.silence()
		}
		in.virtual.mu.Unlock()
	}
	if err := v.holder.RemoveInherited(); err != nil {
		v.d.log.Error("cannot remove every virtual MAC interface that a predecessor left", "error", err)
	}
}
