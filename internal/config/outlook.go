package config

import (
	"fmt"
	"slices"
	"strings"
)

// Outlook says who will be master of one virtual router, when all is well and
// after each single failure.
type Outlook struct {
	Router string `json:"router"`
	Cases  []Case `json:"cases"`
	router *virtualRouter
}

// Case is one situation.
type Case struct {
	// When is "all is well", "a.conf dies", "eth0 of a.conf fails" and so on.
	When string `json:"when"`
	// Masters are the nodes that are MASTER then: none, one, or, where
	// something is wrong, several.
	Masters []string `json:"masters"`
	// Why explains what is not obvious; may be empty.
	Why string `json:"why,omitempty"`
}

// situation is what has failed, all of it on one node.
type situation struct {
	when  string
	node  int
	dead  bool
	iface string
	track Track
}

// String is the case as a line of text.
func (k Case) String() string {
	who := listed(k.Masters)
	switch len(k.Masters) {
	case 0:
		who = "NOBODY"
	case 1:
	default:
		who += " (TWO MASTERS)"
	}
	if k.Why != "" {
		who += " - " + k.Why
	}
	return k.When + ": " + who
}

// Words writes all outlooks for people.
func (c Comparison) Words() string {
	var b strings.Builder
	for _, o := range c.Outlooks {
		fmt.Fprintf(&b, "%s\n", o.Router)
		width := 0
		for _, k := range o.Cases {
			width = max(width, len(k.When)+1)
		}
		for _, k := range o.Cases {
			rest := strings.TrimPrefix(k.String(), k.When+": ")
			fmt.Fprintf(&b, "    %-*s %s\n", width, k.When+":", rest)
		}
	}
	return b.String()
}

// outlook plays every single failure through, and reports what should not be.
func (c *comparer) outlook(v *virtualRouter) Outlook {
	o := Outlook{Router: v.label(), router: v}
	well := v.elect(nil, situation{node: -1, when: "all is well"})
	o.Cases = append(o.Cases, well)
	for _, m := range v.members {
		for _, s := range situations(m) {
			k := c.together(v, s, well, v.elect(well.Masters, s))
			o.Cases = append(o.Cases, k)
			c.judge(m, s, well, k)
		}
	}
	return o
}

// together holds a takeover against the winner's sync group: its members become master together or not at all, so one that wins waits
// for those that do not.
func (c *comparer) together(v *virtualRouter, s situation, well, k Case) Case {
	if len(k.Masters) != 1 || slices.Equal(k.Masters, well.Masters) {
		return k
	}
	winner := v.members[slices.IndexFunc(v.members, func(m *member) bool { return m.name == k.Masters[0] })]
	if winner.group == nil {
		return k
	}
	for _, fellow := range winner.group.Members {
		other := c.routerOf(winner.node, fellow)
		if other == nil || other == v {
			continue
		}
		fate := other.elect(other.elect(nil, situation{node: -1}).Masters, s)
		if slices.Contains(fate.Masters, winner.name) {
			continue
		}
		k.Masters = slices.DeleteFunc(slices.Clone(well.Masters), func(name string) bool {
			at := slices.IndexFunc(v.members, func(m *member) bool { return m.name == name })
			_, runs := v.members[at].under(s)
			return !runs
		})
		k.Why = fmt.Sprintf("%s waits for %s of sync group %s", winner.name, fellow, winner.group.Name)
		if fate.Why != "" {
			k.Why += ": there " + fate.Why
		}
		return k
	}
	return k
}

// routerOf finds the virtual router that an instance of a node belongs to.
func (c *comparer) routerOf(node int, instance string) *virtualRouter {
	for _, v := range c.routers {
		if slices.ContainsFunc(v.members, func(m *member) bool { return m.node == node && m.Instance.Name == instance }) {
			return v
		}
	}
	return nil
}

// situations lists what can fail on a node, once each.
func situations(m *member) []situation {
	out := []situation{{when: m.name + " dies", node: m.node, dead: true}}
	add := func(s situation) {
		if !slices.ContainsFunc(out, func(o situation) bool { return o.when == s.when }) {
			out = append(out, s)
		}
	}
	if m.Interface != "" {
		add(situation{when: m.Interface + " of " + m.name + " fails", node: m.node, iface: m.Interface})
	}
	tracks := m.tracks
	if m.group != nil { // what puts a fellow into FAULT counts too
		for _, name := range m.group.Members {
			if other := m.at.Instance(name); other != nil {
				add(situation{when: other.Interface + " of " + m.name + " fails", node: m.node, iface: other.Interface})
				tracks = append(append([]Track(nil), tracks...), other.Tracks...)
			}
		}
	}
	for _, t := range tracks {
		switch t.Kind {
		case TrackInterface:
			add(situation{when: t.Name + " of " + m.name + " fails", node: m.node, iface: t.Name})
		case TrackScript, TrackCheck, TrackProcessQuorum:
			add(situation{when: t.Kind.String() + " " + t.Name + " fails on " + m.name, node: m.node, track: key(t)})
		}
	}
	return out
}

// judge turns outcomes into findings: a failure that makes two masters, and a
// check that moves nothing. That nobody is left happens only to a router that
// one node has alone, which is a finding of its own.
func (c *comparer) judge(m *member, s situation, well, k Case) {
	switch {
	case len(k.Masters) > 1 && len(well.Masters) == 1:
		c.add(Warning, codePeerTwo, m.Pos, "look at the line above it in the outlook", "when %s, %s are MASTER at once", s.when, listed(k.Masters))
	case len(k.Masters) == 1 && s.track.Name != "" && slices.Equal(well.Masters, []string{m.name}) && slices.Equal(k.Masters, well.Masters):
		remedy := "raise the weight above the distance of the priorities, or use weight 0"
		if m.group != nil {
			remedy = "let the whole sync group track it (track_script in the group), with a weight above the distance of the priorities, or use weight 0"
		}
		c.add(Warning, codePeerCheckNever, m.Pos, remedy, "when %s, nothing moves: %s", s.when, k.Why)
	}
}

// splitGroups reports sync groups whose members have different masters when
// all is well.
func (c *comparer) splitGroups(outlooks []Outlook) {
	for n, s := range c.nodes {
		for _, g := range s.SyncGroups {
			masters := map[string]bool{}
			for _, o := range outlooks {
				for _, m := range o.router.members {
					if m.node == n && slices.Contains(g.Members, m.Instance.Name) {
						masters[strings.Join(o.Cases[0].Masters, ", ")] = true
					}
				}
			}
			if len(masters) > 1 {
				c.findings = append(c.findings, Finding{Severity: Warning, Code: codePeerSplitGroup, Pos: g.Pos,
					Remedy: "give all members of the group the same order of priorities",
					Text:   fmt.Sprintf("the priorities make different nodes master of the members of sync group %s", quote(g.Name))})
			}
		}
	}
}
