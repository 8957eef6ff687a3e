package config

// resolve turns what was read into settings: names are looked up, defaults
// filled in, and the rules that need more than one line applied.
func (r *reader) resolve(d *document) *Settings {
	s := &Settings{Global: d.global.Global, GARPGroups: d.garpGroups, LinkDelays: d.linkDelays}
	r.resolveGlobal(d, &s.Global)
	r.resolveOwn(d, s)
	r.resolveObjects(d, s)
	for _, i := range d.instances {
		r.resolveInstance(d, i)
		r.heartbeatsOf(d, i)
	}
	r.resolveGroups(d, s)
	groupOf := membership(s.SyncGroups)
	s.Instances = make([]Instance, 0, len(d.instances))
	for _, i := range d.instances {
		r.resolveTracks(d, s, i, groupOf[i.Name])
		s.Instances = append(s.Instances, i.Instance)
	}
	r.resolveStatics(d, s)
	r.checkVRIDs(d)
	r.checkGuards(d, s)
	r.markUsed(s)
	r.checkUnused(d, s)
	r.unusedHeartbeats(d, s)
	r.resolveUsers(s)
	r.checkScripts(d, s)
	r.checkInterfaces(d, s)
	return s
}

// membership maps instance names to their sync group.
func membership(groups []SyncGroup) map[string]*SyncGroup {
	of := map[string]*SyncGroup{}
	for i := range groups {
		for _, m := range groups[i].Members {
			of[m] = &groups[i]
		}
	}
	return of
}

func (r *reader) resolveGlobal(d *document, g *Global) {
	if g.RouterID == "" {
		g.RouterID = r.opt.Hostname
	}
	if d.global.Mail.Alert && d.global.have["smtp_alert_vrrp"] == nil {
		g.Mail.AlertVRRP = true
	}
	for _, f := range []struct {
		fifo FIFO
		word string
	}{{g.NotifyFIFO, "notify_fifo_script"}, {g.VRRPNotifyFIFO, "vrrp_notify_fifo_script"}} {
		if !f.fifo.Script.IsZero() && f.fifo.Path == "" {
			r.warn(codeIgnoredHere, at(d.global.have[f.word]), "name the FIFO too", "%s is ignored: no FIFO is configured for it", f.word)
		}
	}
}

// resolveStatics fills the interfaces of static addresses in.
func (r *reader) resolveStatics(d *document, s *Settings) {
	for i := range d.staticAddr {
		a := &d.staticAddr[i]
		if !a.hasDev {
			a.Interface = s.Global.DefaultInterface
		}
		a.resolveLifetime()
		r.knownTrackGroup(d, a.TrackGroup, at(a.st))
		s.StaticAddresses = append(s.StaticAddresses, a.Address)
	}
	s.StaticRoutes, s.StaticRules = d.staticRts, d.staticRls
	for _, rt := range s.StaticRoutes {
		r.knownTrackGroup(d, rt.TrackGroup, spot{pos: rt.Pos})
	}
	for _, rl := range s.StaticRules {
		r.knownTrackGroup(d, rl.TrackGroup, spot{pos: rl.Pos})
	}
	for _, g := range d.trackGroup {
		for _, m := range g.Members {
			if s.Instance(m) == nil {
				r.err(codeUnknownMember, at(g.st), nearestRemedy(m, instanceNames(s)), "track_group %s names the unknown instance %s", quote(g.Name), quote(m))
			}
		}
		s.TrackGroups = append(s.TrackGroups, g.TrackGroup)
	}
}

func (r *reader) knownTrackGroup(d *document, name string, where spot) {
	if name == "" {
		return
	}
	var names []string
	for _, g := range d.trackGroup {
		if g.Name == name {
			return
		}
		names = append(names, g.Name)
	}
	r.err(codeUnknownTracker, where, nearestRemedy(name, names), "track_group %s is not defined", quote(name))
}

func instanceNames(s *Settings) []string {
	var out []string
	for _, i := range s.Instances {
		out = append(out, i.Name)
	}
	return out
}

// nearestRemedy suggests one of the known names.
func nearestRemedy(name string, known []string) string {
	if best := nearest(name, known); best != "" {
		return "did you mean " + best + "?"
	}
	return "define it, or remove the name"
}

// resolveLifetime: an IPv6 /128 is deprecated at once unless the file says
// otherwise, so that it is never chosen as a source.
func (a *addressDraft) resolveLifetime() {
	if a.Prefix.Addr().Is6() && a.Prefix.Bits() == 128 && !a.hasLifetime {
		a.Preferred = 0
	}
}
