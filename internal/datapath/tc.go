package datapath

import (
	"errors"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
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
