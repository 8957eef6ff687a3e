package survey

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/solicit"
)

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// listen opens the socket that the answers for addr come through.
func listen(link *net.Interface, addr netip.Addr) (*packet.Conn, error) {
	protocol, filter := unix.ETH_P_ARP, []bpf.Instruction{bpf.RetConstant{Val: 1 << 16}}
	if addr.Is6() {
		protocol = unix.ETH_P_IPV6
		filter = []bpf.Instruction{ // neighbour advertisements right behind the IPv6 header
			bpf.LoadAbsolute{Off: 6, Size: 1},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 3},
			bpf.LoadAbsolute{Off: 40, Size: 1},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 136, SkipTrue: 1},
			bpf.RetConstant{Val: 1 << 16},
			bpf.RetConstant{Val: 0},
		}
	}
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return nil, err
	}
	conn, err := packet.Listen(link, packet.Datagram, protocol, &packet.Config{Filter: raw})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", link.Name, err)
	}
	return conn, nil
}

// question builds question n as the payload of a frame.
func (a *asker) question(n int) (payload []byte, to net.HardwareAddr, err error) {
	if a.addr.Is6() {
		source := a.source6()
		a.nobody = source.IsUnspecified()
		return solicit.All(a.addr, source, a.link.HardwareAddr)
	}
	p, err := arp.NewPacket(arp.OperationRequest, a.link.HardwareAddr, a.source4(n), make(net.HardwareAddr, 6), a.addr)
	if err != nil {
		return nil, nil, err
	}
	payload, err = p.MarshalBinary()
	return payload, broadcast, err
}

// source4 is who asks: first our address in the subnet of the one asked for,
// as any neighbour would; later nobody (RFC 5227), since a host whose
// routes do not lead back to us ignores the first.
func (a *asker) source4(n int) netip.Addr {
	if n == 0 {
		for _, p := range prefixes(a.link) {
			if p.Contains(a.addr) && p.Addr() != a.addr {
				return p.Addr()
			}
		}
	}
	return netip.IPv4Unspecified()
}

// source6 is who asks: a link-local address of ours. Without one nobody, and
// the answer goes to all nodes.
func (a *asker) source6() netip.Addr {
	for _, p := range prefixes(a.link) {
		if p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() && p.Addr() != a.addr {
			return p.Addr()
		}
	}
	return netip.IPv6Unspecified()
}
