package config

import "time"

// resolveOwn completes the xvrrp block. Instances are done one by one.
func (r *reader) resolveOwn(d *document, s *Settings) {
	s.Own = d.own.Own
	s.Own.FloodLimit = s.Own.Defaults.FloodLimit
	for _, h := range s.Own.Heartbeats {
		s.Own.Defaults.Heartbeats = append(s.Own.Defaults.Heartbeats, h.Name)
	}
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
		for _, h := range o.Heartbeats {
			r.knownHeartbeat(s, o, h)
		}
	}
}

func (r *reader) knownHeartbeat(s *Settings, o *ownInstance, name string) {
	var names []string
	for _, h := range s.Own.Heartbeats {
		if h.Name == name {
			return
		}
		names = append(names, h.Name)
	}
	r.err(codeUnknownTracker, placeOfWord(o.have["heartbeat"], name), nearestRemedy(name, names), "heartbeat %s is not defined", quote(name))
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
		"virtual_mac":       func() { to.VirtualMAC = o.VirtualMAC },
		"heartbeat":         func() { to.Heartbeats = o.Heartbeats },
		"witness":           func() { to.Witness = o.Witness },
		"witness_wait":      func() { to.WitnessWait = o.WitnessWait },
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
