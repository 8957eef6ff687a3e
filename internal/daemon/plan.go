package daemon

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/xvrrp/xvrrp/internal/config"
)

// plan is what a reload will do. What is in none of its lists is not touched.
type plan struct {
	remove []string // instances that end, by their old names
	add    []string // instances that start
	keep   []match  // instances that go on, changed or not
	change []string // what changes about those, and other settings, in words
	refuse []string // what cannot change while running
}

// match is an instance that is in both files.
type match struct {
	old, new string // its names
	changed  bool   // in more than its place in the file
}

// planReload compares two settings.
func planReload(old, new *config.Settings) plan {
	var p plan
	p.keep = matches(old, new)
	was, is := map[string]bool{}, map[string]bool{}
	for i, m := range p.keep {
		was[m.old], is[m.new] = true, true
		p.keep[i].changed = changed(old, new, m)
	}
	for _, in := range old.Instances {
		if !was[in.Name] {
			p.remove = append(p.remove, in.Name)
		}
	}
	for _, in := range new.Instances {
		if !is[in.Name] {
			p.add = append(p.add, in.Name)
		}
	}
	for _, m := range p.keep {
		switch {
		case m.old != m.new:
			p.change = append(p.change, "rename "+m.old+" to "+m.new+", which keeps its state")
		case m.changed:
			p.change = append(p.change, "change "+m.new+", which keeps its state")
		}
	}
	p.compareGroups(old, new)
	p.compareGlobals(old, new)
	return p
}

// matches finds the instances of the new file that are old ones: the same
// virtual router on the same interface, whatever its name. Among several of
// those (unicast instances may share a VRID) who sends from the same address
// goes before who has the same name.
func matches(old, new *config.Settings) []match {
	name := func(in *config.Instance) string { return in.Name }
	taken := map[string]bool{}
	found := map[string]string{}
	for _, also := range []func(in *config.Instance) string{
		func(in *config.Instance) string { return path(in) + " " + name(in) }, path, name,
	} {
		free := map[string]string{}
		for i := range old.Instances {
			if in := &old.Instances[i]; !taken[in.Name] {
				free[identity(in)+also(in)] = in.Name
			}
		}
		for i := range new.Instances {
			in := &new.Instances[i]
			if was, ok := free[identity(in)+also(in)]; ok && found[in.Name] == "" && !taken[was] {
				found[in.Name], taken[was] = was, true
			}
		}
	}
	var list []match
	for _, in := range new.Instances {
		if was := found[in.Name]; was != "" {
			list = append(list, match{old: was, new: in.Name})
		}
	}
	return list
}

// identity is what makes a virtual router this one and no other. Where it
// differs, the old one ends and a new one starts. Virtual MAC interfaces belong
// to a name.
func identity(in *config.Instance) string {
	id := fmt.Sprintf("%s vrid %d %v v%d ", in.Interface, in.VRID, in.Family, in.Version)
	if in.VMAC.Mode != config.VMACOff {
		id += fmt.Sprintf("vmac %s ", in.Name)
	}
	if in.Own.VirtualMAC {
		id += "vmac bpf "
	}
	return id
}

// path is how a virtual router's adverts travel.
func path(in *config.Instance) string {
	if in.Unicast.Enabled() {
		return fmt.Sprintf("unicast %v", in.Unicast.Source)
	}
	return fmt.Sprintf("multicast %v", in.McastGroup)
}

// changed reports whether an instance's settings differ in more than their
// place in the file, the trackers of its group and its second paths included.
func changed(old, new *config.Settings, m match) bool {
	a, b := *old.Instance(m.old), *new.Instance(m.new)
	tracks := sameSettings(tracksOf(old, &a), tracksOf(new, &b))
	paths := sameSettings(heartbeatsOf(old, &a), heartbeatsOf(new, &b))
	a.Name = b.Name
	return !sameSettings(a, b) || !tracks || !paths
}

// compareGroups tells which sync groups change.
func (p *plan) compareGroups(old, new *config.Settings) {
	now := map[string]string{} // the new name of a kept instance
	for _, m := range p.keep {
		now[m.old] = m.new
	}
	had := map[string][]string{}
	for _, g := range old.SyncGroups {
		list := []string{}
		for _, m := range g.Members {
			list = append(list, now[m])
		}
		had[g.Name] = list
	}
	for _, g := range new.SyncGroups {
		before, ok := had[g.Name]
		delete(had, g.Name)
		switch {
		case !ok:
			p.change = append(p.change, "add sync group "+g.Name+" of "+strings.Join(g.Members, ", "))
		case !slices.Equal(before, g.Members):
			p.change = append(p.change, "change sync group "+g.Name+": its members are "+strings.Join(g.Members, ", "))
		}
	}
	for _, g := range old.SyncGroups {
		if _, gone := had[g.Name]; gone {
			p.change = append(p.change, "remove sync group "+g.Name)
		}
	}
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
		p.change = append(p.change, "tracked scripts, files, processes or checks change; what did not change keeps its result")
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
	for _, name := range p.add {
		list = append(list, "add "+name)
	}
	list = append(list, p.change...)
	return append(list, p.refuse...)
}
