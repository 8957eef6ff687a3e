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
// unanswered. Without a fence it removes what a predecessor left.
func (d *Datapath) attachEgress(a *attachment) (link.Link, error) {
	wanted := d.cfg.Fence && a.mode != Socket
	adopted, err := d.adoptEgress(a.ifindex, wanted)
	if adopted != nil || err != nil || !wanted {
		return adopted, err
	}
	l, err := link.AttachTCX(link.TCXOptions{
		Interface: a.ifindex, Program: d.objects.Egress, Attach: ebpf.AttachTCXEgress, Anchor: link.Head(),
	})
	if errors.Is(err, ebpf.ErrNotSupported) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("attach the fence's egress program: %w", err)
	}
	e, err := d.keep(&attachment{ifindex: a.ifindex, mode: egress, link: l})
	if err != nil {
		return nil, err
	}
	return e.link, nil
}

// adoptEgress takes over the egress link that a predecessor pinned, or removes
// it when it is dead or not wanted.
func (d *Datapath) adoptEgress(ifindex int, wanted bool) (link.Link, error) {
	if d.cfg.PinDir == "" {
		return nil, nil
	}
	l, err := d.pinned(ifindex, egress)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &attachment{ifindex: ifindex, mode: egress, link: l}
	if wanted && e.alive() && l.Update(d.objects.Egress) == nil {
		return l, nil
	}
	return nil, releaseLink(l)
}
