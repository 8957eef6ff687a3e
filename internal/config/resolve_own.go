package config

import (
	"slices"
	"time"
)

// resolveOwn completes the xvrrp block. Instances are done one by one.
func (r *reader) resolveOwn(d *document, s *Settings) {
	s.Own = d.own.Own
	s.Own.FloodLimit = s.Own.Defaults.FloodLimit
	r.resolveHeartbeats(d, s)
	d.own.Defaults = s.Own.Defaults
	for _, o := range d.own.instances {
		var names []string
		known := false
		for _, i := range d.instances {
			names = append(names, i.Name)
			known = known || i.Name == o.name
		}
		if !known {
			r.err(codeUnknownMember, arg(o.st, 0), nearestRemedy(o.name, names), "the xvrrp block names the unknown instance %s", quote(o.name))
		}
		o.Heartbeats = slices.DeleteFunc(o.Heartbeats, func(name string) bool { return !r.knownHeartbeat(d, o, name) })
	}
}

func placeOfWord(st *statement, text string) spot {
	for i, w := range st.Args() {
		if w.Text == text {
			return arg(st, i)
		}
	}
	return at(st)
}

// resolveOwnInstance puts an instance's own words over the block's.
func (r *reader) resolveOwnInstance(d *document, i *id) {
	i.Own = d.own.Defaults
	for _, o := range d.own.instances {
		if o.name == i.Name {
			o.over(&i.Own)
			if o.AdvertInterval != 0 {
				r.fineInterval(i, o)
			}
		}
	}
	r.checkVirtualMAC(d, i)
}

// checkVirtualMAC refuses what `virtual_mac bpf` cannot go with.
func (r *reader) checkVirtualMAC(d *document, i *id) {
	if !i.Own.VirtualMAC {
		return
	}
	off := "write virtual_mac off into instance " + i.Name + " { } of the xvrrp block, or remove "
	for _, word := range []string{"use_vmac", "use_ipvlan"} {
		if st := i.have[word]; st != nil {
			r.err(codeVirtualMAC, at(st), off+word, "instance %s has both %s and virtual_mac bpf: one makes an interface for the addresses, the other does without",
				quote(i.Name), word)
		}
	}
	for _, list := range [][]addressDraft{i.addresses, i.excluded} {
		for _, a := range list {
			if a.VMAC.Mode != VMACOff {
				r.err(codeVirtualMAC, at(a.st), off+"use_vmac", "%s has use_vmac, and instance %s virtual_mac bpf", a.Prefix, quote(i.Name))
			}
		}
	}
	if i.Own.Dataplane == DataplaneSocket {
		r.err(codeVirtualMAC, d.own.placeOf(i.Name, "virtual_mac"), "choose another dataplane, such as auto, or use_vmac",
			"virtual_mac bpf needs BPF, and the dataplane of instance %s is socket", quote(i.Name))
	}
}

// placeOf is where a word of the xvrrp block was written that holds for an instance.
func (o *ownDraft) placeOf(instance, word string) spot {
	for _, i := range o.instances {
		if st := i.have[word]; i.name == instance && st != nil {
			return at(st)
		}
	}
	return at(o.have[word])
}

// over copies what was written.
func (o *ownInstance) over(to *InstanceOwn) {
	for word, copy := range map[string]func(){
		"dataplane":         func() { to.Dataplane = o.Dataplane },
		"advert_int":        func() { to.AdvertInterval = o.AdvertInterval },
		"split_brain_guard": func() { to.Guard = o.Guard },
		"guard_hold_limit":  func() { to.GuardHoldLimit = o.GuardHoldLimit },
		"fence":             func() { to.Fence = o.Fence },
		"flood_limit":       func() { to.FloodLimit = o.FloodLimit },
		"stray_addresses":   func() { to.RemoveStrays = o.RemoveStrays },
		"garp_reply":        func() { to.GARPReply = o.GARPReply },
		"virtual_mac":       func() { to.VirtualMAC = o.VirtualMAC },
		"heartbeat":         func() { to.Heartbeats = o.Heartbeats },
		"witness":           func() { to.Witness = o.Witness },
		"witness_wait":      func() { to.WitnessWait = o.WitnessWait },
		"isolated":          func() { to.Isolated = o.Isolated },

		"notify_split_brain":      func() { to.NotifySplitBrain = o.NotifySplitBrain },
		"notify_fifo_split_brain": func() { to.NotifyFIFOSplitBrain = o.NotifyFIFOSplitBrain },
	} {
		if o.have[word] != nil {
			copy()
		}
	}
}

// fineInterval: nodes that know nothing of the finer interval see 10 ms.
func (r *reader) fineInterval(i *id, o *ownInstance) {
	const shown = 10 * time.Millisecond
	if i.Version != 3 {
		r.err(codeInterval, at(o.have["advert_int"]), "write version 3 into the instance, on every node",
			"an advert_int of %s needs version 3, instance %s has version %d", o.AdvertInterval, quote(i.Name), i.Version)
		return
	}
	if st := i.have["advert_int"]; st != nil && i.AdvertInterval != shown {
		r.warn(codeInterval, at(st), "write advert_int 0.01 here", "advert_int %s is not used: the xvrrp block says %s, and 0.01 to nodes that do not know it",
			secondsText(i.AdvertInterval), o.AdvertInterval)
	}
	i.AdvertInterval = shown
}
