package config

import (
	"fmt"
	"strings"
)

// adviseChecks says which checks can never move the addresses (field case
// 2.4), with the arithmetic. A weighted tracker that fails takes effect only
// when the priority left is below what a peer offers, and the peer is below
// us while all is well.
func (r *reader) adviseChecks(s *Settings, d *document) {
	groups := membership(s.SyncGroups)
	for n := range s.Instances {
		i := &s.Instances[n]
		tracks := i.tracksWith(groups[i.Name])
		for _, t := range tracks {
			if t.Weight == 0 || t.Reverse || t.Kind == TrackFileValue {
				continue
			}
			r.adviseCheck(d, i, tracks, t)
		}
	}
}

// tracksWith are the trackers that count for an instance: its own and its
// group's.
func (i *Instance) tracksWith(group *SyncGroup) []Track {
	if group == nil {
		return i.Tracks
	}
	return append(append([]Track(nil), i.Tracks...), group.Tracks...)
}

func (r *reader) adviseCheck(d *document, i *Instance, tracks []Track, t Track) {
	where := r.trackSpot(d, t)
	up := EffectivePriority(i, tracks, nil)
	down := EffectivePriority(i, tracks, map[Track]bool{key(t): true})
	name := t.Kind.String() + " " + quote(t.Name)
	switch sum := arithmetic(i, t, up, down); {
	case up == down:
		r.warn(codeCheckNever, where, "lower the priority, so that the weight has room",
			"%s can never cause a failover: %s", name, sum)
	case !i.Preempt:
		r.warn(codeCheckNoPreempt, where, "write weight 0, so that a failure means FAULT, or remove nopreempt",
			"%s can never cause a failover: with nopreempt a peer does not replace a living master, whatever its priority (%s)", name, sum)
	case abs(up-down) == 1:
		r.warn(codeCheckNever, where, "raise the weight above the distance of the two priorities",
			"%s can cause no failover unless both nodes have equal priorities: %s, and no priority lies between", name, sum)
	default:
		r.note(codeCheckWindow, where, "compare with the peer's file: xvrrp check -f THIS --peer OTHER", "%s moves the addresses only to a peer whose priority is %s: %s",
			name, window(t, up, down), sum)
	}
}

// arithmetic shows the sum, for example "priority 160 + weight 2 = 162 while
// it succeeds, 160 when it fails".
func arithmetic(i *Instance, t Track, up, down int) string {
	name := fmt.Sprintf("effective priority %d while it is well, %d when it fails (priority %d, weight %d", up, down, i.Priority, t.Weight)
	if up == 254 || down == 1 {
		name += ", limits 1 and 254"
	}
	return name + ")"
}

// window is which configured priorities of a peer with the same healthy
// tracker let a failure move the addresses.
func window(t Track, up, down int) string {
	gain := 0 // what the peer's own healthy tracker adds
	if t.Weight > 0 {
		gain = t.Weight
	}
	lo, hi := max(down-gain+1, 1), min(up-gain-1, 254)
	tail := ""
	if gain > 0 {
		tail = " (if it has the same check)"
	}
	switch {
	case lo > hi:
		return "not to be had" + tail
	case lo == hi:
		return fmt.Sprintf("exactly %d%s", lo, tail)
	}
	return fmt.Sprintf("%d to %d%s", lo, hi, tail)
}

// key is a tracker without its weight and place, for sets.
func key(t Track) Track { return Track{Kind: t.Kind, Name: t.Name} }

// EffectivePriority is the priority of an instance while the trackers in
// failed are down and all others are up. Files count as 0. An owner's is 255.
func EffectivePriority(i *Instance, tracks []Track, failed map[Track]bool) int {
	if i.Priority == 255 {
		return 255
	}
	total := int(i.Priority)
	for _, t := range tracks {
		if t.Kind == TrackFileValue {
			continue
		}
		w := t.Weight
		if t.Reverse {
			w = -w
		}
		// Positive weights count while up, negative ones while down; reverse
		// flips the sign of what counts, not when it counts.
		if countsUp := t.Weight > 0; countsUp != failed[key(t)] {
			total += w
		}
	}
	return min(max(total, 1), 254)
}

// Faults reports whether the failure of a tracker puts the instance into
// FAULT instead of changing its priority.
func (t Track) Faults() bool { return t.Weight == 0 && !t.Reverse }

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// trackSpot finds the line of an entry again.
func (r *reader) trackSpot(d *document, t Track) spot {
	for _, x := range d.allTracks() {
		if Pos(x.st.Pos) == t.Pos {
			return at(x.st)
		}
	}
	return spot{pos: t.Pos}
}

// listed joins names as people do.
func listed(names []string) string {
	switch len(names) {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
