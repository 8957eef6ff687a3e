package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
)

// routeKey is what the kernel tells routes apart by.
type routeKey struct {
	dst, from   netip.Prefix
	table       string
	tos, metric uint32
}

func (rt Route) key() routeKey {
	k := routeKey{dst: rt.Dst.Masked(), table: tableKey(rt.Table), metric: rt.Metric}
	if rt.From.Bits() > 0 {
		k.from = rt.From.Masked()
	}
	if k.dst.Addr().Is6() && k.metric == 0 {
		k.metric = 1024 // the kernel's own for none
	}
	for _, o := range rt.Options {
		if (o.Name == "tos" || o.Name == "dsfield") && len(o.Values) > 0 {
			n, _ := strconv.ParseUint(o.Values[len(o.Values)-1], 0, 8) // what is no number is said elsewhere
			k.tos = uint32(n)
		}
	}
	return k
}

// tableKey is the same for a table's number and for the names that every host has for it.
func tableKey(word string) string {
	switch word {
	case "":
		return "254"
	case "main":
		return "254"
	case "local":
		return "255"
	case "default":
		return "253"
	}
	if n, err := strconv.ParseUint(word, 0, 32); err == nil {
		return fmt.Sprint(n)
	}
	return word
}

// A line is a route or a rule and who has it.
type line[T any] struct {
	thing T
	pos   Pos
	owner string // an instance, or static
}

// adviseRoutes tells of routes and of rules that the kernel cannot keep apart, of which keepalived says nothing either. There both
// stand, or make one route of two paths, or are gone with the instance that added the one that stands.
func (r *reader) adviseRoutes(s *Settings) {
	var routes []line[Route]
	var rules []line[Rule]
	take := func(owner string, rts []Route, rls []Rule) {
		for _, rt := range rts {
			routes = append(routes, line[Route]{rt, rt.Pos, owner})
		}
		for _, rl := range rls {
			rules = append(rules, line[Rule]{rl, rl.Pos, owner})
		}
	}
	take("", s.StaticRoutes, s.StaticRules)
	for n := range s.Instances {
		take(s.Instances[n].Name, s.Instances[n].Routes, s.Instances[n].Rules)
	}

	groups := membership(s.SyncGroups)
	together := func(a, b string) bool { return groups[a] != nil && groups[a] == groups[b] }
	first := map[routeKey]line[Route]{}
	for _, l := range routes {
		k := l.thing.key()
		before, again := first[k]
		switch {
		case !again:
			first[k] = l
		case sameRoute(before.thing, l.thing):
			twice(r, "route to "+l.thing.Dst.String(), before, l, together(before.owner, l.owner))
		default:
			r.warn(codeRouteTwice, r.lineSpot(l.pos), "give one of them a metric, or make one route with two nexthop parts of them",
				"the kernel cannot keep this route to %s apart from that of %s: same table, TOS and metric, so only one of them stands, %s",
				l.thing.Dst, before.pos, whichStands(before, l))
		}
	}
	seen := map[string]line[Rule]{}
	for _, l := range rules {
		k := l.thing.key()
		if before, again := seen[k]; again {
			twice(r, "rule", before, l, together(before.owner, l.owner))
		} else {
			seen[k] = l
		}
	}
}

// whichStands says which of two routes of one key the daemon holds, as package address chooses.
func whichStands(before, l line[Route]) string {
	ahead := !l.thing.Dst.Addr().Is6()
	for _, o := range l.thing.Options {
		switch o.Name {
		case "add", "append":
			ahead = false
		case "prepend":
			ahead = !l.thing.Dst.Addr().Is6()
		}
	}
	switch {
	case before.owner != l.owner && ahead:
		return "that of the instance that became master last"
	case before.owner != l.owner:
		return "that of the instance that became master first"
	case ahead:
		return "this one"
	}
	return "that one"
}

// twice tells of the same thing again. Two instances that come and go together may well have the same.
func twice[T any](r *reader, what string, before, l line[T], together bool) {
	switch {
	case before.owner == l.owner:
		r.warn(codeRouteTwice, r.lineSpot(l.pos), "remove one", "the same %s stands at %s: the second has no effect", what, before.pos)
	case !together:
		r.warn(codeRouteTwice, r.lineSpot(l.pos), "where keepalived reads the file, too, keep it in one instance, or put both into one sync group",
			"the same %s stands at %s: it stays as long as one of the two is held, where keepalived takes it away with the instance that added it", what, before.pos)
	}
}

func sameRoute(a, b Route) bool {
	for _, x := range []*Route{&a, &b} {
		x.Pos, x.TrackGroup, x.NoTrack, x.Table = Pos{}, "", false, tableKey(x.Table)
	}
	return reflect.DeepEqual(a, b)
}

// key is all that the kernel knows of a rule.
func (rl Rule) key() string {
	rl.Pos, rl.TrackGroup, rl.NoTrack, rl.HasPreference = Pos{}, "", false, false
	if rl.Table != "" {
		rl.Table = tableKey(rl.Table)
	}
	return fmt.Sprintf("%+v", rl)
}

// lineSpot is the place of a line of eachLine's.
func (r *reader) lineSpot(pos Pos) spot {
	if s, ok := r.lines[pos]; ok {
		return s
	}
	return spot{pos: pos}
}
