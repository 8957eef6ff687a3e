package address

import (
	"fmt"
	"net"
)

// A VMAC is an interface with the virtual router's MAC, a macvlan on the instance's own interface, on which its virtual
// addresses live (use_vmac).
type VMAC struct {
	Parent string
	Name   string // empty: vrrp.VRID, or the next free name like it
	VRID   uint8
	IPv6   bool
}

// MAC is the virtual router's: 00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6 (RFC 9568 §7.3).
func (v VMAC) MAC() net.HardwareAddr {
	family := byte(1)
	if v.IPv6 {
		family = 2
	}
	return net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, family, v.VRID}
}

// names yields the names to try, as keepalived chooses them.
func (v VMAC) names(yield func(string) bool) {
	if v.Name != "" {
		yield(v.Name)
		return
	}
	if !yield(fmt.Sprintf("vrrp.%d", v.VRID)) {
		return
	}
	if v.IPv6 && !yield(fmt.Sprintf("vrrp6.%d", v.VRID)) {
		return
	}
	for i := 1; i < 1000; i++ {
		if !yield(fmt.Sprintf("vrrp%d.%d", i, v.VRID)) {
			return
		}
	}
}

func (v VMAC) String() string { return fmt.Sprintf("virtual MAC %s on %s", v.MAC(), v.Parent) }
