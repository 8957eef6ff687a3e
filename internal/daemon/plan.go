package daemon

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/xvrrp/xvrrp/internal/config"
)

// plan is what a reload will do. What is in none of its lists is not touched.
type plan struct {
	remove []string // groups, a lone instance being a group of its own name
	add    []unit   // groups to be started
	change []string // instances that go on with other settings
	other  []string // further settings that change, in words
	refuse []string // what cannot change while running
}

// unit is a sync group or a lone instance.
type unit struct {
	name    string
	members []string
}

// units are the groups of the settings: sync groups first, as they stand, then
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
			list = append(list, unit{in.Name, []string{in.Name}})
		}
	}
	return list
}

// planReload compares two settings.
func planReload(old, new *config.Settings) plan {
	var p plan
	had := map[string]unit{}
	for _, u := range units(old) {
		had[u.name] = u
	}
	for _, u := range units(new) {
		before, ok := had[u.name]
		delete(had, u.name)
		switch {
		case !ok:
			p.add = append(p.add, u)
		case !slices.Equal(before.members, u.members) || slices.ContainsFunc(u.members, func(m string) bool {
			return identity(old.Instance(m)) != identity(new.Instance(m))
		}):
			p.remove = append(p.remove, u.name)
			p.add = append(p.add, u)
		default:
			for _, m := range u.members {
				if changed(old, new, m) {
					p.change = append(p.change, m)
				}
			}
		}
	}
	for _, u := range units(old) { // in the order of the file
		if _, gone := had[u.name]; gone {
			p.remove = append(p.remove, u.name)
		}
	}
	p.compareGlobals(old, new)
	return p
}

// identity is what makes a virtual router this one and no other. Where it
// differs, the old one ends and a new one starts.
func identity(in *config.Instance) string {
	return fmt.Sprintf("%s vrid %d %v v%d unicast %v vmac %+v", in.Interface, in.VRID, in.Family, in.Version, in.Unicast.Enabled(), in.VMAC)
}

// changed reports whether an instance's settings differ in more than their
// place in the file, the trackers of its group included.
func changed(old, new *config.Settings, name string) bool {
	a, b := *old.Instance(name), *new.Instance(name)
	return !sameSettings(a, b) || !sameSettings(tracksOf(old, &a), tracksOf(new, &b))
}

// sameSettings compares by value and ignores positions.
func sameSettings(a, b any) bool { return equal(reflect.ValueOf(a), reflect.ValueOf(b)) }

var posType = reflect.TypeFor[config.Pos]()

func equal(a, b reflect.Value) bool {
	if a.Type() == posType {
		return true
	}
	switch a.Kind() {
	case reflect.Struct:
		if a.Type().PkgPath() != posType.PkgPath() {
			return reflect.DeepEqual(a.Interface(), b.Interface())
		}
		if s, ok := a.Interface().(config.Secret); ok {
			return s == b.Interface().(config.Secret)
		}
		for i := range a.NumField() {
			if !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// compareGlobals finds what is not about one instance.
func (p *plan) compareGlobals(old, new *config.Settings) {
	if !sameSettings(old.Scripts, new.Scripts) || !sameSettings(old.TrackFiles, new.TrackFiles) ||
		!sameSettings(old.TrackProcesses, new.TrackProcesses) || !sameSettings(old.Own.Checks, new.Own.Checks) {
		p.other = append(p.other, "tracked scripts, files, processes or checks change; what did not change keeps its result")
	}
	if old.Own.Listen != new.Own.Listen || old.Own.WebConfigFile != new.Own.WebConfigFile {
		p.refuse = append(p.refuse, "Cannot change listen or web_config_file at a reload - please restart")
	}
	if old.Own.FloodLimit != new.Own.FloodLimit {
		p.refuse = append(p.refuse, "Cannot change flood_limit at a reload - please restart")
	}
	if old.Global.NetNamespace != new.Global.NetNamespace {
		p.refuse = append(p.refuse, "Cannot change net_namespace at a reload - please restart")
	}
}

// lines describe the plan, one change each.
func (p plan) lines() []string {
	list := []string{}
	for _, name := range p.remove {
		list = append(list, "remove "+name)
	}
	for _, u := range p.add {
		list = append(list, "add "+u.name)
	}
	for _, name := range p.change {
		list = append(list, "change "+name+", which keeps its state")
	}
	list = append(list, p.other...)
	return append(list, p.refuse...)
}
