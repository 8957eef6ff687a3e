package config

import (
	"cmp"
	"fmt"
	"slices"
)

// candidate is a member as it stands in one situation.
type candidate struct {
	*member
	effective int
	alone     bool // its adverts reach nobody, and nobody's reach it
}

// elect says who is master in a situation, given who was before it.
func (v *virtualRouter) elect(before []string, s situation) Case {
	k := Case{When: s.when}
	var run []candidate
	for _, m := range v.members {
		if c, ok := m.under(s); ok {
			run = append(run, c)
		}
	}
	// Strongest first; an address owner outranks all.
	slices.SortStableFunc(run, func(a, b candidate) int { return cmp.Compare(b.effective, a.effective) })
	run, held := incumbentFirst(run, before)
	var masters []candidate
	for n, c := range run {
		if !yields(c, masters) {
			masters = append(masters, c)
			k.Masters = append(k.Masters, c.name)
			k.Why = cmp.Or(k.Why, tie(run, n, masters))
		}
	}
	slices.Sort(k.Masters)
	switch {
	case len(before) == 0 && len(k.Masters) == 1:
		k.Why = firstWinsWhy(run)
	case held != "":
		k.Why = held
	case len(k.Masters) > 1:
		k.Why = "they do not accept each other's adverts"
		if s.iface != "" {
			k.Why = "dont_track_primary keeps a MASTER on a dead interface"
		}
	}
	return k
}

// under applies a situation to a member; ok is false when it cannot be master.
func (m *member) under(s situation) (c candidate, ok bool) {
	if m.node != s.node {
		return candidate{member: m, effective: EffectivePriority(m.Instance, m.tracks, nil)}, true
	}
	if s.dead {
		return candidate{}, false
	}
	failed := map[Track]bool{}
	if s.track.Name != "" {
		failed[s.track] = true
	}
	if s.iface != "" {
		failed[Track{Kind: TrackInterface, Name: s.iface}] = true
	}
	if m.faulted(failed, s.iface) {
		return candidate{}, false
	}
	return candidate{m, EffectivePriority(m.Instance, m.tracks, failed), s.iface != "" && s.iface == m.Interface}, true
}

// faulted reports whether a failure puts the instance into FAULT, by itself
// or through a fellow of its sync group.
func (m *member) faulted(failed map[Track]bool, iface string) bool {
	if faults(m.Instance, m.tracks, failed, iface) {
		return true
	}
	if m.group == nil {
		return false
	}
	for _, name := range m.group.Members {
		if other := m.at.Instance(name); other != nil && faults(other, other.tracksWith(m.group), failed, iface) {
			return true
		}
	}
	return false
}

func faults(i *Instance, tracks []Track, failed map[Track]bool, iface string) bool {
	if iface != "" && i.Interface == iface && i.TrackPrimary {
		return true
	}
	return slices.ContainsFunc(tracks, func(t Track) bool { return t.Faults() && failed[key(t)] })
}

// incumbentFirst puts the master before the failure in front, if it still
// runs and nobody who hears it may and can preempt. It says why nothing moved.
func incumbentFirst(run []candidate, before []string) ([]candidate, string) {
	if len(before) != 1 {
		return run, ""
	}
	at := slices.IndexFunc(run, func(c candidate) bool { return c.name == before[0] })
	if at < 0 {
		return run, ""
	}
	was := run[at]
	why := ""
	for _, c := range run {
		if c.name == was.name || !hears(c, was) {
			continue
		}
		if c.effective > was.effective && c.Preempt {
			return run, ""
		}
		if c.effective > was.effective {
			why = fmt.Sprintf("%s has %d against %d, but nopreempt", c.name, c.effective, was.effective)
		} else if why == "" {
			why = fmt.Sprintf("%d against %d of %s", was.effective, c.effective, c.name)
		}
	}
	rest := slices.Delete(slices.Clone(run), at, at+1)
	return append([]candidate{was}, rest...), why
}

// yields reports whether c accepts the adverts of somebody who is master.
func yields(c candidate, masters []candidate) bool {
	return slices.ContainsFunc(masters, func(m candidate) bool { return hears(c, m) })
}

// tie explains a choice between equals.
func tie(run []candidate, n int, masters []candidate) string {
	for _, c := range run[n+1:] {
		if c.effective == run[n].effective && yields(c, masters) {
			return fmt.Sprintf("or %s: equal priorities, the first or the one with the higher address", c.name)
		}
	}
	return ""
}

// firstWinsWhy tells when the order of start decides.
func firstWinsWhy(run []candidate) string {
	if len(run) < 2 {
		return "it is alone"
	}
	if run[0].effective == run[1].effective {
		return fmt.Sprintf("or %s: equal priorities, the first or the one with the higher address", run[1].name)
	}
	if !run[0].Preempt {
		return "with nopreempt: or whoever was first"
	}
	return ""
}

// hears reports whether to accepts the adverts of from.
func hears(to, from candidate) bool {
	if to.alone || from.alone {
		return false
	}
	a, b := from.Instance, to.Instance
	switch {
	case a.Version != b.Version:
		return false
	case a.Version == 2 && a.AdvertInterval != b.AdvertInterval:
		return false
	case a.Unicast.Enabled() != b.Unicast.Enabled():
		return false
	case a.Unicast.Enabled() && b.Unicast.Source.IsValid() && !listsPeer(a, b.Unicast.Source):
		return false
	case b.Unicast.Enabled() && b.Unicast.CheckSource && a.Unicast.Source.IsValid() && !listsPeer(b, a.Unicast.Source):
		return false
	case !a.Unicast.Enabled() && a.McastGroup != b.McastGroup:
		return false
	}
	return authAccepts(a.Auth, b.Auth)
}

// authAccepts reports whether a receiver set up as to takes what from sends.
func authAccepts(from, to Auth) bool {
	signs := from.Kind == AuthHMAC && from.HMAC.Mode != ReceiveOnly
	switch {
	case to.Kind == AuthHMAC && !signs:
		return to.HMAC.Mode != Enforce
	case to.Kind != AuthHMAC && signs:
		return false
	case to.Kind == AuthHMAC:
		mine, theirs := keyOf(from.HMAC, from.HMAC.ActiveKey), keyOf(to.HMAC, from.HMAC.ActiveKey)
		if mine == nil || theirs == nil {
			return false
		}
		return mine.Key.IsZero() || theirs.Key.IsZero() || mine.Key == theirs.Key
	}
	return from.Kind == to.Kind && from.Password == to.Password || from.Kind == AuthHMAC && to.Kind == AuthNone
}
