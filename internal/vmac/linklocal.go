package vmac

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// copyLinkLocal gives the interface its parent's link-local address: without one, a switch that snoops would not believe its
// MLD reports and it could not ask for neighbours. Deprecated, so that nothing else chooses it, and without duplicate address
// detection, since it is one. The guard keeps it from answering for it. A parent without one yet is asked again at the next
// Ensure.
func (h *Holder) copyLinkLocal(l *held, link netlink.Link) error {
	want, err := h.linkLocal(l.Parent)
	if err != nil || !want.IsValid() {
		return err
	}
	ip := want.Addr()
	if l.LinkLocal != ip {
		if err := h.guard.Borrow(l.Index, ip); err != nil {
			return err
		}
		if l.LinkLocal.IsValid() {
			old := linkLocalAddr(netip.PrefixFrom(l.LinkLocal, want.Bits()))
			if err := h.nl.AddrDel(link, old); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
				return fmt.Errorf("delete %s from %s: %w", old.IP, l.Name, err)
			}
		}
		l.LinkLocal = ip
	}
	if err := h.nl.AddrAdd(link, linkLocalAddr(want)); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add %s to %s: %w", want, l.Name, err)
	}
	return nil
}

func linkLocalAddr(p netip.Prefix) *netlink.Addr {
	return &netlink.Addr{
		IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())},
		Flags: unix.IFA_F_NODAD, PreferedLft: 0, ValidLft: int(^uint32(0)),
	}
}

// linkLocal is the first usable link-local address of an interface, invalid when there is none.
func (h *Holder) linkLocal(index int) (netip.Prefix, error) {
	list, err := dump.List(func() ([]netlink.Addr, error) {
		return h.nl.AddrList(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: index}}, netlink.FAMILY_V6)
	})
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("addresses of interface %d: %w", index, err)
	}
	for _, a := range list {
		ip, ok := netip.AddrFromSlice(a.IP)
		bits, _ := a.Mask.Size()
		if ok && ip.IsLinkLocalUnicast() && a.Flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) == 0 {
			return netip.PrefixFrom(ip, bits), nil
		}
	}
	return netip.Prefix{}, nil
}
