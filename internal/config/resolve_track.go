package config

import (
	"slices"
	"time"
)

// resolveObjects checks scripts, files, processes and sessions by themselves.
func (r *reader) resolveObjects(d *document, s *Settings) {
	for _, x := range d.scripts {
		r.resolveScript(x)
		s.Scripts = append(s.Scripts, x.Script)
	}
	for _, x := range d.files {
		if x.have["file"] == nil {
			r.err(codeMissingValue, at(x.st), "add file PATH", "track_file %s names no file", quote(x.Name))
		}
		s.TrackFiles = append(s.TrackFiles, x.TrackFile)
	}
	for _, x := range d.processes {
		if x.have["process"] == nil {
			r.err(codeMissingValue, at(x.st), "add process NAME", "vrrp_track_process %s names no process", quote(x.Name))
		}
		if x.QuorumMax != 0 && x.QuorumMax < x.Quorum {
			r.err(codeOutOfRange, at(x.have["quorum_max"]), "choose at least the quorum", "quorum_max %d is below quorum %d", x.QuorumMax, x.Quorum)
		}
		s.TrackProcesses = append(s.TrackProcesses, x.TrackProcess)
	}
	for _, x := range d.bfds {
		s.BFDs = append(s.BFDs, x.BFD)
	}
	for _, c := range s.Own.Checks {
		for _, x := range d.scripts {
			if x.Name == c.Name {
				r.err(codeDuplicate, at(x.st), "rename one of the two", "vrrp_script %s has the name of a check of the xvrrp block", quote(c.Name))
			}
		}
	}
}

// resolveScript: times are whole milliseconds, and 0 means 1 s.
func (r *reader) resolveScript(x *scriptDraft) {
	if x.Command.IsZero() {
		if st := x.have["script"]; st == nil || !r.failedAt(st) {
			r.err(codeMissingValue, at(x.st), "add script COMMAND", "vrrp_script %s has no script", quote(x.Name))
		}
	}
	if x.Interval == 0 {
		r.warn(codeRaised, at(x.have["interval"]), "write 1", "interval 0 means 1 second")
		x.Interval = time.Second
	}
	x.Interval = r.milliseconds(x.have["interval"], x.Interval)
	x.Timeout = r.milliseconds(x.have["timeout"], x.Timeout)
	if x.Timeout == 0 {
		x.Timeout = x.Interval
	}
}

func (r *reader) milliseconds(st *statement, t time.Duration) time.Duration {
	got := max(t.Round(time.Millisecond), min(t, time.Millisecond))
	if got%time.Millisecond != 0 {
		got = time.Millisecond
	}
	if got != t {
		r.warn(codeRounded, at(st), "write milliseconds at the finest", "%s %s is used as %s", st.Keyword(), secondsText(t), secondsText(got))
	}
	return got
}

// object is what a tracker can name.
type object struct {
	kind    TrackKind
	weight  int
	reverse bool
	pos     Pos
}

// objectsOf lists what a kind of tracker can name. track_script names both
// scripts and the checks of the xvrrp block.
func objectsOf(s *Settings, kind TrackKind) map[string]object {
	out := map[string]object{}
	switch kind {
	case TrackScript:
		for _, x := range s.Scripts {
			out[x.Name] = object{TrackScript, x.Weight, x.Reverse, x.Pos}
		}
		for _, x := range s.Own.Checks {
			out[x.Name] = object{TrackCheck, x.Weight, x.Reverse, x.Pos}
		}
	case TrackFileValue:
		for _, x := range s.TrackFiles {
			out[x.Name] = object{kind, x.Weight, x.Reverse, x.Pos}
		}
	case TrackProcessQuorum:
		for _, x := range s.TrackProcesses {
			out[x.Name] = object{kind, x.Weight, x.Reverse, x.Pos}
		}
	case TrackBFD:
		for _, x := range s.BFDs {
			out[x.Name] = object{kind, x.Weight, x.Reverse, x.Pos}
		}
	}
	return out
}

// lookUp finds what entries name, resolves weights and drops repetitions.
func (r *reader) lookUp(s *Settings, drafts []trackDraft) []trackDraft {
	var out []trackDraft
	for _, t := range drafts {
		if slices.ContainsFunc(out, func(o trackDraft) bool { return sameObject(o.Track, t.Track) }) {
			r.warn(codeDuplicateTracker, at(t.st), "remove one", "%s %s is tracked twice: the second is ignored", t.Kind, quote(t.Name))
			continue
		}
		if t.Kind != TrackInterface && !r.bind(s, &t) {
			continue
		}
		out = append(out, t)
	}
	return out
}

// sameObject: scripts and checks share their names.
func sameObject(a, b Track) bool {
	kind := func(k TrackKind) TrackKind {
		if k == TrackCheck {
			return TrackScript
		}
		return k
	}
	return kind(a.Kind) == kind(b.Kind) && a.Name == b.Name
}

// bind connects an entry to its object and reports whether there is one.
func (r *reader) bind(s *Settings, t *trackDraft) bool {
	objects := objectsOf(s, t.Kind)
	o, found := objects[t.Name]
	if !found {
		var names []string
		for n := range objects {
			names = append(names, n)
		}
		r.err(codeUnknownTracker, at(t.st), nearestRemedy(t.Name, names),
			"%s %s is not defined: keepalived would run without it", t.Kind, quote(t.Name))
		return false
	}
	if o.kind == TrackBFD {
		r.err(codeBFDTracked, at(t.st), "use a track_script or a check of the xvrrp block", "xvrrp runs no BFD: the session %s would never come up", quote(t.Name))
		return false
	}
	if o.kind != TrackCheck && isBelow(o.pos, t.Pos) {
		r.note(codeDefinedLater, at(t.st), "move the definition up if keepalived is to read the file too",
			"%s %s is defined further down: keepalived would ignore it here", t.Kind, quote(t.Name))
	}
	t.Kind = o.kind
	if !t.hasWeight {
		t.Weight = o.weight
	}
	if !t.hasReverse {
		t.Reverse = o.reverse
	}
	return true
}

func isBelow(a, b Pos) bool { return a.File == b.File && a.Line > b.Line }

// resolveTracks applies the rules of 2.7 and 2.8 to an instance.
func (r *reader) resolveTracks(d *document, s *Settings, i *id, group *SyncGroup) {
	for _, t := range r.lookUp(s, i.tracks) {
		switch {
		case t.Kind == TrackInterface && t.Name == i.Interface && i.TrackPrimary:
			r.warn(codeIgnoredHere, at(t.st), "remove it", "%s is ignored: the instance's own interface is tracked anyway", quote(t.Name))
		case group != nil && slices.ContainsFunc(group.Tracks, func(o Track) bool { return sameObject(o, t.Track) }):
			r.warn(codeDuplicateTracker, at(t.st), "remove one", "%s is ignored here: sync group %s tracks it already", quote(t.Name), quote(group.Name))
		case group != nil && !group.TrackingWeight && !r.unweigh(&t, group.Name):
		case t.Weight != 0 && i.Priority == 255:
			r.warn(codeOwnerTracker, at(t.st), "lower the priority, or write weight 0", "%s is ignored: the priority of an owner (255) never changes", quote(t.Name))
		default:
			i.Tracks = append(i.Tracks, t.Track)
		}
	}
}

// unweigh is what happens to a weighted tracker in a sync group without
// sync_group_tracking_weight. It reports whether the tracker stays.
func (r *reader) unweigh(t *trackDraft, group string) bool {
	if t.Weight == 0 || t.Kind == TrackProcessQuorum {
		return true
	}
	const remedy = "write sync_group_tracking_weight into the group, or weight 0"
	if t.Kind == TrackInterface || t.Kind == TrackFileValue && t.Weight == 1 && !t.hasWeight {
		r.warn(codeGroupWeight, at(t.st), remedy, "weight of %s becomes 0 in sync group %s: when it fails, the whole group goes to FAULT", quote(t.Name), quote(group))
		t.Weight = 0
		return true
	}
	r.warn(codeGroupWeight, at(t.st), remedy, "%s is ignored: sync group %s takes no weighted trackers", quote(t.Name), quote(group))
	return false
}

// resolveGroups drops groups without members and checks the rest.
func (r *reader) resolveGroups(d *document, s *Settings) {
	taken := map[string]string{}
	for _, g := range d.groups {
		if g.members == nil && !r.failedInside(g.st) {
			r.err(codeMissingValue, at(g.st), "add group { INSTANCE INSTANCE }", "vrrp_sync_group %s has no group { }", quote(g.Name))
			continue
		}
		g.Members = r.members(d, g, taken)
		if len(g.Members) == 0 {
			continue
		}
		if len(g.Members) == 1 {
			r.warn(codeGroupOfOne, placeOf(g.members, g.Members[0]), "add the instances that must move together, or remove the group",
				"sync group %s has a single member: it synchronises nothing", quote(g.Name))
		}
		for _, t := range r.lookUp(s, g.tracks) {
			if g.TrackingWeight || r.unweigh(&t, g.Name) {
				g.Tracks = append(g.Tracks, t.Track)
			}
		}
		if g.have["notify_priority_changes"] == nil {
			g.Notify.PriorityChanges = d.global.inherit.notifyPriorityChanges
		}
		if g.have["smtp_alert"] == nil {
			g.Notify.SMTPAlert = s.Global.Mail.Alert
		}
		s.SyncGroups = append(s.SyncGroups, g.SyncGroup)
	}
}

func (r *reader) members(d *document, g *grp, taken map[string]string) []string {
	var names, kept []string
	owners := 0
	of := map[string]*id{}
	for _, i := range d.instances {
		of[i.Name] = i
		names = append(names, i.Name)
	}
	for _, m := range g.Members {
		i := of[m]
		switch {
		case i == nil:
			r.err(codeUnknownMember, placeOf(g.members, m), nearestRemedy(m, names), "sync group %s names the unknown instance %s", quote(g.Name), quote(m))
		case taken[m] != "":
			r.err(codeTwoGroups, placeOf(g.members, m), "name each instance once", "instance %s is already in sync group %s", quote(m), quote(taken[m]))
		default:
			taken[m] = g.Name
			kept = append(kept, m)
			if i.Priority == 255 {
				owners++
			}
		}
	}
	if owners > 0 && owners < len(kept) {
		r.warn(codeMixedOwners, at(g.members), "give all members priority 255, or none", "sync group %s mixes owners (255) with others: it will not move as one", quote(g.Name))
	}
	return kept
}
