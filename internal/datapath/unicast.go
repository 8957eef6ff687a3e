package datapath

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// takeIn has an interface take in frames for another MAC, as `bridge fdb add MAC dev IF self` does. A driver whose filter is
// full, or that has none, becomes promiscuous by itself: the kernel sees to that.
func takeIn(k vrrpVmacKey) error {
	err := netlink.NeighAdd(unicastEntry(k))
	if err == nil || errors.Is(err, unix.EEXIST) { // a predecessor's
		return nil
	}
	hint := ""
	if errors.Is(err, unix.EOPNOTSUPP) {
		hint = " (a macvlan, for one, has no more than its own)"
	}
	return fmt.Errorf("have interface %d take in frames for %s%s: %w", k.Ifindex, net.HardwareAddr(k.Mac[:]), hint, err)
}

// leaveOut is the opposite of takeIn. An interface that is gone took the entry along.
func leaveOut(k vrrpVmacKey) error {
	err := netlink.NeighDel(unicastEntry(k))
	if err == nil || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	return fmt.Errorf("have interface %d leave out frames for %s: %w", k.Ifindex, net.HardwareAddr(k.Mac[:]), err)
}

// takesMore tries with a MAC that nobody has, that of VRID 0, so that who cannot be master hears of it in time.
func takesMore(ifindex int) error {
	k := vrrpVmacKey{Ifindex: uint32(ifindex), Mac: [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, 0x00}}
	if err := takeIn(k); err != nil {
		return err
	}
	return leaveOut(k)
}

func unicastEntry(k vrrpVmacKey) *netlink.Neigh {
	return &netlink.Neigh{
		LinkIndex: int(k.Ifindex), Family: unix.AF_BRIDGE, Flags: netlink.NTF_SELF, State: netlink.NUD_PERMANENT,
		HardwareAddr: net.HardwareAddr(k.Mac[:]),
	}
}
