package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// attachTC attaches in front of every other tcx program; kernels before 6.6
// have no tcx and get a clsact filter.
func (d *Datapath) attachTC(ifindex int) (*attachment, error) {
	l, err := link.AttachTCX(link.TCXOptions{
		Interface: ifindex,
		Program:   d.objects.VrrpTc,
		Attach:    ebpf.AttachTCXIngress,
		Anchor:    link.Head(),
	})
	if errors.Is(err, ebpf.ErrNotSupported) {
		return d.attachClsact(ifindex)
	}
	if err != nil {
		return nil, err
	}
	return d.keep(&attachment{ifindex: ifindex, mode: TC, link: l})
}

// clsact is our filter at the ingress of an interface. It is no link: it stays
// after the process, its program goes on with the maps of old, and it is known
// again by handle, priority and name.
type clsact struct {
	filter   *netlink.BpfFilter
	ownQdisc bool // we made the qdisc that it hangs on
}

const (
	clsactName     = "xvrrp_vrrp"
	clsactHandle   = 0x7672 // "vr"
	clsactPriority = 1
)

func (d *Datapath) attachClsact(ifindex int) (*attachment, error) {
	qdisc := &netlink.GenericQdisc{QdiscType: "clsact", QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: ifindex,
		Handle:    netlink.MakeHandle(0xffff, 0),
		Parent:    netlink.HANDLE_CLSACT,
	}}
	c := &clsact{ownQdisc: true}
	if err := netlink.QdiscAdd(qdisc); errors.Is(err, unix.EEXIST) {
		c.ownQdisc = false
	} else if err != nil {
		return nil, fmt.Errorf("add a clsact qdisc: %w", err)
	}
	c.filter = &netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: ifindex,
			Parent:    netlink.HANDLE_MIN_INGRESS,
			Handle:    clsactHandle,
			Priority:  clsactPriority,
			Protocol:  unix.ETH_P_ALL,
		},
		Fd:           d.objects.VrrpTc.FD(),
		Name:         clsactName,
		DirectAction: true,
	}
	// A replacement swaps the program of a filter that a predecessor left.
	if err := netlink.FilterReplace(c.filter); err != nil {
		err = fmt.Errorf("add a clsact filter: %w", err)
		return nil, errors.Join(err, c.releaseQdisc())
	}
	return &attachment{ifindex: ifindex, mode: TC, filter: c}, nil
}

// alive reports whether the filter is still where we put it.
func (c *clsact) alive() bool {
	link, err := netlink.LinkByIndex(c.filter.LinkIndex)
	if err != nil {
		return false
	}
	filters, err := netlink.FilterList(link, netlink.HANDLE_MIN_INGRESS)
	if err != nil {
		return false
	}
	for _, f := range filters {
		if bpf, ok := f.(*netlink.BpfFilter); ok && bpf.Name == clsactName && bpf.Handle == clsactHandle {
			return true
		}
	}
	return false
}

// release removes the filter, and the qdisc if it was ours and is empty.
func (c *clsact) release() error {
	if !c.alive() {
		return nil
	}
	if err := netlink.FilterDel(c.filter); err != nil {
		return fmt.Errorf("remove the clsact filter: %w", err)
	}
	return c.releaseQdisc()
}

func (c *clsact) releaseQdisc() error {
	link, err := netlink.LinkByIndex(c.filter.LinkIndex)
	if err != nil || !c.ownQdisc {
		return nil
	}
	for _, parent := range []uint32{netlink.HANDLE_MIN_INGRESS, netlink.HANDLE_MIN_EGRESS} {
		filters, err := netlink.FilterList(link, parent)
		if err != nil {
			return fmt.Errorf("list the clsact filters: %w", err)
		}
		if len(filters) > 0 {
			return nil
		}
	}
	qdisc := &netlink.GenericQdisc{QdiscType: "clsact", QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: c.filter.LinkIndex,
		Handle:    netlink.MakeHandle(0xffff, 0),
		Parent:    netlink.HANDLE_CLSACT,
	}}
	if err := netlink.QdiscDel(qdisc); err != nil {
		return fmt.Errorf("remove the clsact qdisc: %w", err)
	}
	return nil
}
