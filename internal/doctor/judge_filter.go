package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// String returns it as everybody writes it.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// groupMAC is the address of a group's frames (RFC 1112 §6.4, RFC 2464 §7).
func groupMAC(group netip.Addr) MAC {
	if group.Is4() {
		b := group.As4()
		return MAC{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}
	}
	b := group.As16()
	return MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// filtering are the kinds of interface that surely drop the multicast they were
// not asked for: a machine's own NIC, and what the kernel builds with a filter.
var filtering = []string{"device", "macvlan", "macvtap"}

// nicFilter follows adverts up from the wire: each device on the way must let
// in the frames of the group, be it by its list or because it takes everything.
func nicFilter(f Facts, n Needs) []Finding {
	if !n.Daemon || f.Filters == nil {
		return nil // nobody has asked for the group, or nothing is known
	}
	var list []Finding
	for _, i := range n.Instances {
		l, ok := f.link(i.Interface)
		if !ok || !l.Up || !l.Multicast || i.Unicast() || !i.Group.IsValid() {
			continue // findings of their own, or no matter
		}
		for _, at := range f.deaf(l, groupMAC(i.Group)) {
			list = append(list, filtered(i, at))
		}
	}
	return list
}

// stop is a device on the way of the adverts and how it stands to them.
type stop struct {
	Link
	// lucky: they come in only because something has it take everything.
	lucky bool
}

// deaf are the devices, from an interface down to the wire, that were not asked
// for the group.
func (f Facts) deaf(l Link, group MAC) []stop {
	var list []stop
	own := f.Filters[l.Name]
	if l.Ethernet && !l.Loopback && !slices.Contains(own.Groups, group) {
		switch {
		case !own.Everything:
			list = append(list, stop{l, false})
		case l.Master == "": // a port belongs to its bridge, which has it take everything for good
			list = append(list, stop{l, true})
		}
	}
	if lower, ok := f.link(l.Lower); ok {
		return append(list, f.deaf(lower, group)...)
	}
	return append(list, f.deafMembers(l, group)...)
}

// deafMembers are those of a bond, team or bridge, when not one of them lets the
// group in: a bond asks its active member alone.
func (f Facts) deafMembers(l Link, group MAC) []stop {
	var list []stop
	for _, m := range f.Links {
		if m.Master != l.Name || l.Name == "" || !m.Up {
			continue
		}
		deaf := slices.DeleteFunc(f.deaf(m, group), func(s stop) bool { return s.lucky })
		if len(deaf) == 0 {
			return nil
		}
		list = append(list, deaf...)
	}
	return list
}

func filtered(i Instance, at stop) Finding {
	mac := groupMAC(i.Group)
	if at.lucky {
		return Finding{
			Note, "nic_filter", at.Name, fmt.Sprintf("%s lets in the adverts of %s (%v, %v) only because it is promiscuous or in allmulticast mode", at.Name, i.Name, i.Group, mac),
			"when what set that mode ends (tcpdump, xvrrp watch), the filter may close", "run doctor again when no capture runs; `ip -d link` counts promiscuity and allmulti, `ip maddress` lists what was asked for",
		}
	}
	severity, says := Warning, "may drop"
	if slices.Contains(filtering, at.Kind) {
		severity, says = Problem, "drops"
	}
	way := at.Name
	if at.Name != i.Interface {
		way += ", below " + i.Interface
	}
	return Finding{
		severity, "nic_filter", at.Name, fmt.Sprintf("the multicast filter of %s lacks %v (%v), the adverts of %s", way, mac, i.Group, i.Name),
		"the device " + says + " the master's adverts in front of every program, xvrrp and tcpdump -p alike: this node becomes a second master",
		strings.Join([]string{"`xvrrp reload` if the file's group is newer than the daemon's",
			fmt.Sprintf("at once: `ip maddress add %v dev %s`", mac, at.Name), "for good: look for an error in the daemon's log, or use unicast_peer"}, "; "),
	}
}
