package daemon

import (
	"strings"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
)

// unit is what the engine runs as one: a sync group, or a lone instance.
type unit struct {
	name    string // empty for a lone instance
	members []string
}

// units are those of the settings: sync groups first, as they stand, then
// every instance that is in none.
func units(s *config.Settings) []unit {
	var list []unit
	grouped := map[string]bool{}
	for _, g := range s.SyncGroups {
		list = append(list, unit{g.Name, g.Members})
		for _, m := range g.Members {
			grouped[m] = true
		}
	}
	for _, in := range s.Instances {
		if !grouped[in.Name] {
			list = append(list, unit{members: []string{in.Name}})
		}
	}
	return list
}

// lonePrefix keeps the names of lone instances and of sync groups apart: an
// instance may have the name of a group that it is not in.
const lonePrefix = "instance\x00"

// groupID is the name of a unit in the engine.
func (d *Daemon) groupID(u unit) string {
	if u.name != "" {
		return u.name
	}
	return lonePrefix + d.instance(u.members[0]).id
}

// syncGroup is the name of the sync group that the engine calls so; false when
// that is a lone instance.
func syncGroup(id string) (string, bool) { return id, !strings.HasPrefix(id, lonePrefix) }

// grouping is how the engine shall group the instances that are there. Those
// that the settings do not name stand alone.
func (d *Daemon) grouping(s *config.Settings) engine.Regroup {
	var f engine.Regroup
	placed := map[string]bool{}
	for _, u := range units(s) {
		g := engine.Grouping{Group: u.name}
		for _, m := range u.members {
			if in := d.instance(m); in != nil {
				g.Members = append(g.Members, in.id)
				placed[in.id] = true
			}
		}
		if len(g.Members) == 0 {
			continue // not there yet
		}
		if u.name == "" {
			g.Group = lonePrefix + g.Members[0]
		}
		f.Groups = append(f.Groups, g)
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for id := range d.byID {
		if !placed[id] {
			f.Groups = append(f.Groups, engine.Grouping{Group: lonePrefix + id, Members: []string{id}})
		}
	}
	return f
}
