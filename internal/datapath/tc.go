package datapath

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// attachTC attaches in front of every other tcx program; kernels before 6.6
// have no tcx and get a clsact filter.
func (d *Datapath) attachTC(ifindex int) (*attachment, error) {
	l, err := link.AttachTCX(link.TCXOptions{
		Interface: ifindex,
		Program:   d.objects.TC,
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

// attachEgress attaches the part of the fence that silences what the host says
// by itself. Kernels without tcx do with the other part: it leaves requests
// unanswered.
func (d *Datapath) attachEgress(a *attachment) (link.Link, error) {
	if !d.cfg.Fence || a.mode == Socket {
		return nil, nil
	}
	e := &attachment{ifindex: a.ifindex, mode: egress}
	if d.cfg.PinDir != "" {
		l, err := link.LoadPinnedLink(d.pinPath(a.ifindex, egress), nil)
		if err == nil {
			e.link = l
			if e.alive() && l.Update(d.objects.Egress) == nil {
				return l, nil
			}
			if err := releaseLink(l); err != nil {
				return nil, err
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open the pinned link: %w", err)
		}
	}
	var err error
	e.link, err = link.AttachTCX(link.TCXOptions{
		Interface: a.ifindex, Program: d.objects.Egress, Attach: ebpf.AttachTCXEgress, Anchor: link.Head(),
	})
	if errors.Is(err, ebpf.ErrNotSupported) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("attach the fence's egress program: %w", err)
	}
	if e, err = d.keep(e); err != nil {
		return nil, err
	}
	return e.link, nil
}
