package config

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// addPeer takes one peer of a unicast heartbeat in.
func (h *heartbeatDraft) addPeer(r *reader, st *statement, i int, a netip.Addr) {
	switch {
	case a.IsMulticast() || a.IsUnspecified() || a.IsLoopback():
		r.err(codeBadAddress, arg(st, i), "write another node's own address", "%s is no other node's address", a)
	case slices.Contains(h.Peers, a):
		r.warn(codeDuplicateAddress, arg(st, i), "remove one", "peer %s is listed twice", a)
	case r.hostAddresses("")[a]:
		r.warn(codePeerIsSelf, arg(st, i), "list the other nodes only", "peer %s is this node itself: it is left out", a)
	default:
		h.Peers = append(h.Peers, a)
	}
}

// resolveHeartbeats completes the second paths. One with an error is kept, so
// that nobody is told that it is not defined.
func (r *reader) resolveHeartbeats(d *document, s *Settings) {
	for _, h := range d.own.heartbeats {
		ring := &h.hmac
		switch {
		case len(ring.Keys) == 0 && h.have["key"] == nil:
			r.err(codeBadKey, at(h.st), "add key 1 hex:DIGITS, made with: openssl rand -hex 32",
				"heartbeat %s has no key: whoever sends it could keep a backup from taking over", quote(h.Name))
		case len(ring.Keys) == 0: // what was wrong with the keys is said
		case ring.active == 0:
			ring.active = int(ring.Keys[0].ID)
		case !slices.ContainsFunc(ring.Keys, func(k HMACKey) bool { return int(k.ID) == ring.active }):
			r.err(codeBadKey, at(h.have["active_key"]), "define that key, or name another", "active_key %d is not defined", ring.active)
		}
		if h.Interface == "" && len(h.Peers) == 0 && h.have["unicast"] == nil && h.have["interface"] == nil {
			r.err(codeMissingValue, at(h.st), "write interface IF, unicast ADDRESS, or both", "heartbeat %s names no path", quote(h.Name))
		}
		ring.ActiveKey = uint8(ring.active)
		h.HMAC = ring.HMAC
		d.own.Heartbeats = append(d.own.Heartbeats, h.Heartbeat)
	}
	s.Own.Heartbeats = d.own.Heartbeats
}

func placeOfInterface(h *heartbeatDraft) spot {
	if st := h.have["interface"]; st != nil {
		return arg(st, 0)
	}
	return at(h.st)
}

// knownHeartbeat reports whether an instance names a second path that there is.
func (r *reader) knownHeartbeat(d *document, o *ownInstance, name string) bool {
	if name == noHeartbeat {
		return false
	}
	var names []string
	for _, h := range d.own.heartbeats {
		if h.Name == name {
			return true
		}
		names = append(names, h.Name)
	}
	r.err(codeUnknownTracker, placeOfWord(o.have["heartbeat"], name), nearestRemedy(name, names), "heartbeat %s is not defined", quote(name))
	return false
}

// heartbeatsOf settles which second paths an instance has, once its interface
// and family are known: those that it names, or else every one that is of use
// to it.
func (r *reader) heartbeatsOf(d *document, i *id) {
	named := d.own.instance(i.Name)
	if named != nil && named.have["heartbeat"] != nil {
		for _, h := range d.own.heartbeats {
			if slices.Contains(i.Own.Heartbeats, h.Name) {
				r.suits(h, i, placeOfWord(named.have["heartbeat"], h.Name))
			}
		}
		r.notTooMany(i, at(named.have["heartbeat"]))
		return
	}
	i.Own.Heartbeats = heartbeatsFor(&i.Instance, d.own.Heartbeats)
	r.notTooMany(i, at(i.st))
}

func (r *reader) notTooMany(i *id, where spot) {
	if n := len(i.Own.Heartbeats); n > maxHeartbeats {
		r.err(codeOutOfRange, where, fmt.Sprintf("name those that it needs: instance %s { heartbeat … }", i.Name),
			"instance %s has %d second paths: at most %d are possible", quote(i.Name), n, maxHeartbeats)
	}
}

// maxHeartbeats is how many second paths the election knows.
const maxHeartbeats = vrrp.MaxPaths

// heartbeatsFor are the second paths that are of use to an instance.
func heartbeatsFor(i *Instance, all []Heartbeat) (names []string) {
	for _, h := range all {
		if h.fits(i) && !h.same(i) {
			names = append(names, h.Name)
		}
	}
	return names
}

// instance is instance NAME { } of the block, nil when there is none.
func (o *ownDraft) instance(name string) *ownInstance {
	for _, i := range o.instances {
		if i.name == name {
			return i
		}
	}
	return nil
}

// fits reports whether a path can carry what an instance sends.
func (h *Heartbeat) fits(i *Instance) bool {
	return len(h.Peers) == 0 && h.Interface != "" || len(h.PeersOf(i.Family)) > 0
}

// same reports whether it is the path that the adverts take already.
func (h *Heartbeat) same(i *Instance) bool { return len(h.Peers) == 0 && h.Interface == i.Interface }

// suits says what is wrong with a path that an instance asks for by name.
func (r *reader) suits(h *heartbeatDraft, i *id, where spot) {
	switch {
	case h.same(&i.Instance):
		r.warn(codeHeartbeatSame, where, "name another interface in heartbeat "+h.Name,
			"heartbeat %s runs over %s, as the adverts of instance %s do: what stops them stops it", quote(h.Name), quote(i.Interface), quote(i.Name))
	case !h.fits(&i.Instance) && len(h.Peers) > 0:
		r.err(codeWrongFamily, where, "add the peers' "+i.Family.String()+" addresses to heartbeat "+h.Name,
			"heartbeat %s has no %s peer, as instance %s needs", quote(h.Name), i.Family, quote(i.Name))
	}
}

// unusedHeartbeats names second paths that no instance has.
func (r *reader) unusedHeartbeats(d *document, s *Settings) {
	for _, h := range d.own.heartbeats {
		used := slices.ContainsFunc(s.Instances, func(i Instance) bool { return slices.Contains(i.Own.Heartbeats, h.Name) })
		if !used && (h.Interface != "" || len(h.Peers) > 0) {
			r.warn(codeUnused, at(h.st), "name another interface, peers of the instances' family, or the heartbeat in instance NAME { heartbeat "+h.Name+" }",
				"heartbeat %s is the path of no instance", quote(h.Name))
		}
	}
}
