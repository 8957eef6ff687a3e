package egress

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// Membership holds an interface's membership of a multicast group, so that the
// kernel reports it by IGMP or MLD and switches that snoop forward the group's
// frames to us. No data is read through it: adverts come in through the datapath.
//
// The kernel's reports pass the output hook of the firewall, and the queries
// that they answer pass the input hook. A firewall that drops IGMP or MLD thus
// does not end the membership here but hides it from the switch. 224.0.0.0/24 is
// flooded nevertheless (RFC 4541 §2.1.2), ff02::12 is not: there Report makes up for it.
type Membership struct {
	ifindex int
	group   netip.Addr
	conn    net.PacketConn // nil: of Admit
	leave   func() error
	silent  bool // no switch is told
}

// Join joins group on the interface with the given index. The membership
// survives the interface going down and up; when the interface is deleted it
// ends, and the next interface must be joined anew.
func Join(ifindex int, group netip.Addr) (*Membership, error) {
	group = group.Unmap()
	if !group.IsMulticast() {
		return nil, fmt.Errorf("join %v on interface %d: not a multicast group", group, ifindex)
	}
	// Protocol 255 is reserved and never on the wire: this socket reads nothing.
	network, any := "ip4:255", "0.0.0.0"
	if group.Is6() {
		network, any = "ip6:255", "::"
	}
	conn, err := net.ListenPacket(network, any)
	if err != nil {
		return nil, fmt.Errorf("socket for the membership of %v: %w", group, err)
	}
	m := &Membership{ifindex: ifindex, group: group, conn: conn}
	if err := m.join(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("join %v on interface %d: %w", group, ifindex, err)
	}
	return m, nil
}

// nothing is a socket filter that keeps no byte of any datagram.
var nothing = []bpf.RawInstruction{{Op: 0x06, K: 0}}

func (m *Membership) join() error {
	on := &net.Interface{Index: m.ifindex}
	at := &net.IPAddr{IP: m.group.AsSlice()}
	if m.group.Is4() {
		p := ipv4.NewPacketConn(m.conn)
		m.leave = func() error { return p.LeaveGroup(on, at) }
		if err := p.SetBPF(nothing); err != nil {
			return err
		}
		return p.JoinGroup(on, at)
	}
	p := ipv6.NewPacketConn(m.conn)
	m.leave = func() error { return p.LeaveGroup(on, at) }
	if err := p.SetBPF(nothing); err != nil {
		return err
	}
	return p.JoinGroup(on, at)
}

// Close leaves the group.
func (m *Membership) Close() error {
	if m.conn == nil {
		return m.leave()
	}
	// The interface may be gone and the membership with it; closing the
	// socket leaves in any case, so the answer changes nothing.
	_ = m.leave()
	return m.conn.Close()
}
