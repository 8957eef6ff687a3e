package main

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/doctor"
)

// sameNetwork reports whether a process stands in our network namespace.
func sameNetwork(pid int) bool {
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return false
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
	return err == nil && theirs == ours
}

// firewallFor says where this host's firewall stops the adverts of an
// instance, when we stand in the daemon's network namespace and may look.
func firewallFor(i control.Instance, daemon int) []string {
	if !sameNetwork(daemon) {
		return nil
	}
	rules, err := doctor.ReadRules()
	if err != nil {
		return nil // explain tells what is known; doctor tells what is not
	}
	in := doctor.Instance{Name: i.Name, Interface: i.Interface, VRID: i.VRID, IPv6: i.Family == "ipv6", Version: uint8(i.Version)}
	in.Group = netip.AddrFrom4([4]byte{224, 0, 0, 18})
	if in.IPv6 {
		in.Group = netip.MustParseAddr("ff02::12")
	}
	if i.Unicast {
		in.Source, err = netip.ParseAddr(i.PrimaryAddress)
		for _, p := range i.Peers {
			if peer, bad := netip.ParseAddr(p); bad == nil {
				in.Peers = append(in.Peers, peer)
			}
		}
		if err != nil || len(in.Peers) == 0 {
			return nil
		}
	}
	f, n := doctor.Facts{Rules: rules}, doctor.Needs{Instances: []doctor.Instance{in}}
	return append(f.Firewall(n, i.Interface, false), f.Firewall(n, i.Interface, true)...)
}
