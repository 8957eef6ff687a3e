package lab

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"github.com/vishvananda/netlink"
)

// Learned are the MACs that the switch has seen as a source behind a port: where it sends frames for them.
func (p *Port) Learned() (list []net.HardwareAddr, err error) {
	nl := p.sw.ns.nl
	end, err := nl.LinkByName(p.name)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", p, err)
	}
	entries, err := nl.NeighList(end.Attrs().Index, unix.AF_BRIDGE)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", p, err)
	}
	for _, e := range entries {
		if e.MasterIndex != 0 && e.State&(netlink.NUD_PERMANENT|netlink.NUD_NOARP) == 0 {
			list = append(list, e.HardwareAddr)
		}
	}
	return list, nil
}
