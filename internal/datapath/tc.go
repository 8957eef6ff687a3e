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
	var program *ebpf.Program
	if d.cfg.Fence && a.mode != Socket {
		program = d.objects.Egress
	}
	adopted, err := d.adoptLink(a.ifindex, egress, program)
	if adopted != nil || err != nil || program == nil {
		return adopted, err
	}
	l, err := link.AttachTCX(link.TCXOptions{
		Interface: a.ifindex, Program: program, Attach: ebpf.AttachTCXEgress, Anchor: link.Head(),
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

// adoptLink takes over the tcx link that a predecessor pinned, with our program
// in it, or removes it when it is dead or there is no program for it.
func (d *Datapath) adoptLink(ifindex int, m Mode, program *ebpf.Program) (link.Link, error) {
	if d.cfg.PinDir == "" {
		return nil, nil
	}
	l, err := d.pinned(ifindex, m)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &attachment{ifindex: ifindex, mode: m, link: l}
	if program != nil && e.alive() && l.Update(program) == nil {
		return l, nil
	}
	return nil, releaseLink(l)
}
