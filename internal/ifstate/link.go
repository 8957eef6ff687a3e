package ifstate

import (
	"bytes"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A Link is a network interface as it is now.
type Link struct {
	Index int
	Name  string
	Kind  string // "veth", "macvlan", …; "device" for hardware

	// Up is what keepalived calls up: the administrator wants it, and it can carry packets (IFF_UP and IFF_RUNNING).
	Up      bool
	AdminUp bool // IFF_UP alone
	Carrier bool // IFF_LOWER_UP

	MAC       net.HardwareAddr
	MTU       int // bytes
	Loopback  bool
	Multicast bool // IFF_MULTICAST
	NoARP     bool // IFF_NOARP

	// Parent is the index of the link below (macvlan, VLAN), 0 when there is none in this network namespace.
	Parent int
}

func (l Link) String() string {
	state := "down"
	if l.Up {
		state = "up"
	}
	return fmt.Sprintf("%s (%d) %s %s mtu %d", l.Name, l.Index, state, l.MAC, l.MTU)
}

func (l Link) equal(o Link) bool {
	return l.Index == o.Index && l.Name == o.Name && l.Kind == o.Kind &&
		l.Up == o.Up && l.AdminUp == o.AdminUp && l.Carrier == o.Carrier &&
		bytes.Equal(l.MAC, o.MAC) && l.MTU == o.MTU && l.Parent == o.Parent &&
		l.Loopback == o.Loopback && l.Multicast == o.Multicast && l.NoARP == o.NoARP
}

// linkOf reads an RTM_NEWLINK. It keeps nothing of the message.
func linkOf(body []byte) (Link, error) {
	got, err := netlink.LinkDeserialize(&unix.NlMsghdr{Type: unix.RTM_NEWLINK}, body)
	if err != nil {
		return Link{}, fmt.Errorf("link message: %w", err)
	}
	a := got.Attrs()
	l := Link{
		Index: a.Index, Name: a.Name, Kind: got.Type(), MTU: a.MTU,
		MAC:       bytes.Clone(a.HardwareAddr), // it points into the message
		Up:        a.RawFlags&unix.IFF_UP != 0 && a.RawFlags&unix.IFF_RUNNING != 0,
		AdminUp:   a.RawFlags&unix.IFF_UP != 0,
		Carrier:   a.RawFlags&unix.IFF_LOWER_UP != 0,
		Loopback:  a.RawFlags&unix.IFF_LOOPBACK != 0,
		Multicast: a.RawFlags&unix.IFF_MULTICAST != 0,
		NoARP:     a.RawFlags&unix.IFF_NOARP != 0,
	}
	// A veth names its other end there, and a link moved to us from another namespace its parent's index over there.
	if l.Kind != "veth" && a.NetNsID < 0 && a.ParentIndex != a.Index {
		l.Parent = a.ParentIndex
	}
	return l, nil
}
