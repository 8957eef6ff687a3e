package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
)

// Comparison is what the files of several nodes say about each other.
type Comparison struct {
	// Findings point into the second and later files; Text names the first.
	Findings []Finding `json:"findings"`
	// Outlooks say who is master when, one for each virtual router.
	Outlooks []Outlook `json:"outlooks"`
}

// Compare holds nodes' settings against each other. All must come from Load
// without an Error. Secrets are compared and never shown.
func Compare(nodes []*Settings) Comparison {
	c := &comparer{names: nodeNames(nodes), nodes: nodes}
	c.match()
	for _, v := range c.routers {
		c.alone(v)
		for n, b := range v.members[min(1, len(v.members)):] {
			for _, a := range v.members[:n+1] {
				c.pair(v, a, b)
			}
		}
	}
	var out []Outlook
	for _, v := range c.routers {
		out = append(out, c.outlook(v))
	}
	c.splitGroups(out)
	return Comparison{Findings: c.findings, Outlooks: out}
}

// comparer collects findings about several nodes.
type comparer struct {
	nodes    []*Settings
	names    []string
	routers  []*virtualRouter
	findings []Finding
}

// virtualRouter is one router as several nodes configure it.
type virtualRouter struct {
	members []*member
}

// member is one node's instance of it.
type member struct {
	node   int
	name   string
	at     *Settings
	group  *SyncGroup
	tracks []Track
	*Instance
}

// label names the router for people.
func (v *virtualRouter) label() string {
	m := v.members[0]
	return fmt.Sprintf("%s (VRID %d, %s)", m.Instance.Name, m.VRID, m.Family)
}

// nodeNames are the shortest tails of the files' paths that differ.
func nodeNames(nodes []*Settings) []string {
	out := make([]string, len(nodes))
	seen := map[string]int{}
	for i, s := range nodes {
		out[i] = fmt.Sprintf("node %d", i+1)
		if len(s.Files) > 0 {
			out[i] = filepath.Base(s.Files[0].Path)
		}
		seen[out[i]]++
	}
	for i, s := range nodes {
		if seen[out[i]] > 1 && len(s.Files) > 0 {
			out[i] = s.Files[0].Path
		}
		if s.ID != "" && slices.ContainsFunc(nodes, func(other *Settings) bool { return other != s && sameFile(other, s) }) {
			out[i] = s.ID // one file for several nodes
		}
	}
	return out
}

func sameFile(a, b *Settings) bool {
	return len(a.Files) > 0 && len(b.Files) > 0 && a.Files[0].Path == b.Files[0].Path
}

// match finds the instances that belong together: same family and VRID, and
// among several of those the same name, else the same interface.
func (c *comparer) match() {
	for n, s := range c.nodes {
		groups := membership(s.SyncGroups)
		for i := range s.Instances {
			in := &s.Instances[i]
			m := &member{node: n, name: c.names[n], at: s, group: groups[in.Name], tracks: in.tracksWith(groups[in.Name]), Instance: in}
			if v := c.find(m); v != nil {
				v.members = append(v.members, m)
			} else {
				c.routers = append(c.routers, &virtualRouter{members: []*member{m}})
			}
		}
	}
	slices.SortStableFunc(c.routers, func(a, b *virtualRouter) int { return cmp.Compare(a.members[0].node, b.members[0].node) })
}

func (c *comparer) find(m *member) *virtualRouter {
	var best *virtualRouter
	bestScore := 0
	for _, v := range c.routers {
		first := v.members[0]
		if first.VRID != m.VRID || first.Family != m.Family || v.has(m.node) {
			continue
		}
		score := 1
		if first.Instance.Interface == m.Interface {
			score = 2
		}
		if first.Instance.Name == m.Instance.Name {
			score = 3
		}
		if score > bestScore {
			best, bestScore = v, score
		}
	}
	return best
}

func (v *virtualRouter) has(node int) bool {
	return slices.ContainsFunc(v.members, func(m *member) bool { return m.node == node })
}

func (c *comparer) add(sev Severity, code string, at Pos, remedy, format string, args ...any) {
	c.findings = append(c.findings, Finding{Severity: sev, Code: code, Pos: at, Text: fmt.Sprintf(format, args...), Remedy: remedy})
}

// alone reports a router that a node lacks. If another instance of that node
// holds one of its addresses or its name, the VRID is what differs.
func (c *comparer) alone(v *virtualRouter) {
	first := v.members[0]
	for n, s := range c.nodes {
		if v.has(n) {
			continue
		}
		if n < first.node { // said from the other side
			continue
		}
		if other := twin(s, first.Instance); other != nil {
			c.add(Error, codePeerVRID, other.Places.VRID, "write the same virtual_router_id and family on every node",
				"instance %s is VRID %d (%s) here and VRID %d (%s) in %s: both nodes will be MASTER",
				quote(other.Name), other.VRID, other.Family, first.VRID, first.Family, first.name)
			continue
		}
		then := ""
		if len(v.members) == 1 {
			then = ": when " + first.name + " fails, nobody is MASTER"
		}
		c.add(Warning, codePeerMissing, first.Pos, "add the instance to "+c.names[n]+", if that node is to stand in",
			"%s has no instance of VRID %d (%s)%s", c.names[n], first.VRID, first.Family, then)
	}
}

// twin finds an instance that is meant to be the same, by address or name.
func twin(s *Settings, of *Instance) *Instance {
	for i := range s.Instances {
		other := &s.Instances[i]
		for _, a := range other.Addresses {
			for _, b := range of.Addresses {
				if a.Prefix.Addr() == b.Prefix.Addr() {
					return other
				}
			}
		}
	}
	for i := range s.Instances {
		if other := &s.Instances[i]; other.Name == of.Name && other.Family == of.Family {
			return other
		}
	}
	return nil
}
