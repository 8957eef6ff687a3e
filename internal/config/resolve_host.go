package config

import (
	"net/netip"
	"strings"
)

// host lists the interfaces once; nil when Load may not look.
func (r *reader) host() []HostInterface {
	if r.opt.Interfaces == nil {
		return nil
	}
	if !r.hostAsked {
		r.hostAsked = true
		list, err := r.opt.Interfaces()
		if err != nil {
			r.warn(codeHostUnknown, spot{}, "", "interfaces are not checked: %v", err)
			r.opt.Interfaces = nil
			return nil
		}
		r.hostList = list
	}
	return r.hostList
}

func (r *reader) hostInterface(name string) *HostInterface {
	list := r.host()
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// hostAddresses are the addresses of an interface, or of all when name is
// empty.
func (r *reader) hostAddresses(name string) map[netip.Addr]bool {
	out := map[netip.Addr]bool{}
	for _, h := range r.host() {
		if name == "" || h.Name == name {
			for _, p := range h.Prefixes {
				out[p.Addr()] = true
			}
		}
	}
	return out
}

// hostMTU is the interface's, 1500 when it is not known.
func (r *reader) hostMTU(name string) int {
	if h := r.hostInterface(name); h != nil && h.MTU > 0 {
		return h.MTU
	}
	return 1500
}

// checkInterfaces reports names that the host does not have.
func (r *reader) checkInterfaces(d *document, s *Settings) {
	if r.opt.Interfaces == nil || r.host() == nil {
		return
	}
	dynamic := s.Global.DynamicInterfaces
	made := map[string]bool{}
	for _, i := range d.instances {
		made[i.VMAC.Name] = true
	}
	want := func(name string, where spot, what string) {
		if name == "" || made[name] && name != "" || strings.HasPrefix(name, s.Global.VMACPrefix+".") ||
			s.Global.VMACAddrPrefix != "" && strings.HasPrefix(name, s.Global.VMACAddrPrefix+".") {
			return
		}
		h := r.hostInterface(name)
		if h == nil && !dynamic && r.once("interface/"+name+"/"+where.pos.String()) {
			r.err(codeInterfaceMissing, where, r.interfaceRemedy(name), "%s %s does not exist on this host", what, quote(name))
		}
	}
	for _, i := range d.instances {
		r.instanceInterfaces(i, want)
	}
	for _, g := range d.groups {
		for _, t := range g.tracks {
			if t.Kind == TrackInterface {
				want(t.Name, at(t.st), "interface")
			}
		}
	}
	for _, h := range d.own.heartbeats {
		want(h.Interface, placeOfInterface(h), "interface")
	}
	for _, a := range d.staticAddr {
		want(a.Interface, at(a.st), "interface")
	}
}

// instanceInterfaces says where an instance names interfaces.
func (r *reader) instanceInterfaces(i *id, want func(name string, where spot, what string)) {
	if st := i.have["interface"]; st != nil {
		want(i.Interface, arg(st, 0), "interface")
		if h := r.hostInterface(i.Interface); h != nil && h.Loopback && i.Interface != "lo" {
			r.err(codeLoopback, arg(st, 0), "name the interface that the other nodes are on", "adverts cannot be sent on the loopback interface")
		}
	}
	for _, t := range i.tracks {
		if t.Kind == TrackInterface {
			want(t.Name, at(t.st), "interface")
		}
	}
	for _, list := range [][]addressDraft{i.addresses, i.excluded} {
		for _, a := range list {
			if a.hasDev {
				want(a.Interface, at(a.st), "interface")
			}
		}
	}
}

func (r *reader) interfaceRemedy(name string) string {
	var names []string
	for _, h := range r.host() {
		if !h.Loopback {
			names = append(names, h.Name)
		}
	}
	if best := nearest(name, names); best != "" {
		return "did you mean " + best + "?"
	}
	if len(names) == 0 || len(names) > 8 {
		return "name one that `ip link` shows, or write dynamic_interfaces into global_defs"
	}
	return "there are " + strings.Join(names, ", ") + "; dynamic_interfaces in global_defs allows a name that appears later"
}
