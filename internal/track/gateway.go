package track

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// gatewayAnswers succeeds as soon as the gateway answers ARP or an ICMP echo.
// Many gateways refuse the echo and many networks filter it, so for IPv4
// either is enough; for IPv6 it is the echo.
func gatewayAnswers(ctx context.Context, target string) error {
	hop, err := findHop(target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ways := []func(context.Context, neighbor) error{echo}
	if hop.addr.Is4() && len(hop.iface.HardwareAddr) == 6 {
		ways = append(ways, arp)
	}
	answers := make(chan error, len(ways))
	for _, way := range ways {
		go func() { answers <- way(ctx, hop) }()
	}
	answered, failed := false, []string{}
	for range ways {
		if err := <-answers; err != nil {
			failed = append(failed, err.Error())
			continue
		}
		answered = true
		cancel() // the other way need not go on
	}
	if answered {
		return nil
	}
	return fmt.Errorf("gateway %s on %s does not answer (%s)", hop.addr, hop.iface.Name, strings.Join(failed, ", "))
}

// neighbor is a neighbour on one of our links.
type neighbor struct {
	addr  netip.Addr
	iface *net.Interface
	// src is our address on that link, IPv4 only.
	src netip.Addr
}

// findHop looks up the given address, or the gateway of the default route.
func findHop(target string) (neighbor, error) {
	if target == "" {
		return defaultGateway()
	}
	addr, err := netip.ParseAddr(target)
	if err != nil {
		return neighbor{}, err
	}
	if zone := addr.Zone(); zone != "" {
		iface, err := net.InterfaceByName(zone)
		return neighbor{addr: addr.WithZone(""), iface: iface}, err
	}
	return onLink(addr, 0)
}

// onLink finds the interface whose prefix holds the address; index, if not 0,
// says which it must be.
func onLink(addr netip.Addr, index int) (neighbor, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return neighbor{}, err
	}
	for _, iface := range ifaces {
		if index != 0 && iface.Index != index {
			continue
		}
		own, err := iface.Addrs()
		if err != nil {
			continue // gone meanwhile
		}
		h := neighbor{addr: addr, iface: &iface}
		for _, a := range own {
			p, err := netip.ParsePrefix(a.String())
			if err != nil || p.Addr().Is4() != addr.Is4() {
				continue
			}
			if !h.src.IsValid() || p.Contains(addr) {
				h.src = p.Addr()
			}
			if p.Contains(addr) && index == 0 {
				return h, nil
			}
		}
		if index != 0 {
			return h, nil
		}
	}
	return neighbor{}, fmt.Errorf("%s is on none of our links", addr)
}
