package vmac

import (
	"fmt"
	"net"
	"net/netip"
)

// A VMAC is what an interface shall be.
type VMAC struct {
	Parent string // the interface below
	VRID   uint8
	IPv6   bool
	Name   string  // empty: the first free one of Prefix.VRID, Prefix1.VRID, …
	Prefix string  // empty: vrrp
	MAC    [6]byte // zero: the virtual router's own
	Group  uint32  // interface group, 0 is the default one
}

// Hardware is 00-00-5E-00-01-VRID for IPv4 and 00-00-5E-00-02-VRID for IPv6 (RFC 9568 §7.3), unless configured otherwise.
func (v VMAC) Hardware() net.HardwareAddr {
	if v.MAC != [6]byte{} {
		return v.MAC[:]
	}
	family := byte(1)
	if v.IPv6 {
		family = 2
	}
	return net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, family, v.VRID}
}

// Planned is what the interface will be called unless somebody else's is.
func (v VMAC) Planned() (name string) {
	v.names(func(n string) bool { name = n; return false })
	return name
}

// names yields the names to try, as keepalived chooses them.
func (v VMAC) names(yield func(string) bool) {
	if v.Name != "" {
		yield(v.Name)
		return
	}
	prefix := v.Prefix
	if prefix == "" {
		prefix = "vrrp"
	}
	if !yield(fmt.Sprintf("%s.%d", prefix, v.VRID)) {
		return
	}
	if v.IPv6 && !yield(fmt.Sprintf("%s6.%d", prefix, v.VRID)) {
		return
	}
	for i := 1; i < 1000; i++ {
		if !yield(fmt.Sprintf("%s%d.%d", prefix, i, v.VRID)) {
			return
		}
	}
}

func (v VMAC) String() string { return fmt.Sprintf("virtual MAC %s on %s", v.Hardware(), v.Parent) }

// A Link is a virtual MAC interface as it stands.
type Link struct {
	Name      string
	Index     int
	Parent    int // index
	MAC       [6]byte
	LinkLocal netip.Addr // copied from the parent (IPv6); invalid: the parent has none yet
	Fresh     bool       // made or adopted by this Ensure, and therefore silent
}

// A Guard says what an interface may send and hear. Ensure asks for it and never takes it back but by Forget.
type Guard interface {
	// Silence keeps the interface from sending and from being heard.
	Silence(ifindex int) error
	// Borrow says which link-local address is the parent's: the interface has it, and must not answer for it.
	Borrow(ifindex int, addr netip.Addr) error
	// Forget: the interface is no more.
	Forget(ifindex int) error
}
