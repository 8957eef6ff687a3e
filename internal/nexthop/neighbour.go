package nexthop

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// neighbour is one entry of the kernel's neighbour table.
type neighbour struct {
	way
	state uint16 // NUD_*; NUD_NONE when there is no entry
	mac   [6]byte
	ether bool // mac is an Ethernet address of 6 bytes
}

// NUD_VALID of the kernel: states in which the address may be used.
const valid = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY |
	netlink.NUD_PROBE | netlink.NUD_PERMANENT | netlink.NUD_NOARP

func (n *neighbour) usable() bool { return n.state&valid != 0 && n.ether }

// pinned entries were set by a person and are never probed.
func (n *neighbour) pinned() bool {
	return n.state&(netlink.NUD_PERMANENT|netlink.NUD_NOARP) != 0
}

// table reads single entries of the kernel's neighbour table, the one request
// that netlink.Handle lacks.
type table struct{ sockets map[int]*nl.SocketHandle }

func openTable() (*table, error) {
	socket, err := nl.Subscribe(unix.NETLINK_ROUTE) // to no group
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return &table{map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}}, nil
}

func (t *table) close() {
	for _, s := range t.sockets {
		s.Close()
	}
}

// entry reads one entry.
func (t *table) entry(w way) (neighbour, error) {
	none := neighbour{way: w, state: netlink.NUD_NONE}
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, 0)
	req.Sockets = t.sockets
	req.AddData(&netlink.Ndmsg{Family: family(w.via), Index: uint32(w.ifindex)})
	req.AddData(nl.NewRtAttr(netlink.NDA_DST, w.via.AsSlice()))
	answers, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGH)
	if errors.Is(err, unix.ENOENT) {
		return none, nil
	}
	if err != nil {
		return none, fmt.Errorf("neighbour %v on interface %d: %w", w.via, w.ifindex, err)
	}
	if len(answers) > 0 {
		if n, ok := parseNeighbour(answers[0]); ok {
			return n, nil
		}
	}
	return none, nil
}

// use makes the kernel behave as if a packet were sent to the neighbour: a
// missing entry is resolved, a stale one is probed. It is never asked of a pinned
// entry, which would lose its state by it.
func use(handle *netlink.Handle, w way) {
	// A refusal is no news: the neighbour stays unresolved, which is told, and
	// our own question goes on. The usual one is an interface that is gone or down.
	_ = handle.NeighSet(&netlink.Neigh{
		LinkIndex: w.ifindex,
		Family:    int(family(w.via)),
		IP:        w.via.AsSlice(),
		State:     netlink.NUD_NONE,
		Flags:     netlink.NTF_USE,
	})
}

func family(a netip.Addr) uint8 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
