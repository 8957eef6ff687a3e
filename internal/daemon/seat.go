package daemon

import (
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// seat is what an interface offers to the routers of one family: the address to
// send from, and all that are its own. With a thousand routers on it the answer
// is worked out once for each change, not once for each router.
type seat struct {
	source    netip.Addr
	tentative netip.Addr // what source will be when duplicate address detection is over
	local     []netip.Addr
}

// seats are those of one interface, as of some settings.
type seats struct {
	of       *config.Settings
	byFamily map[wire.Family]*seat
}

// binding is what the engine has been told about a router and its interface.
type binding struct {
	index  int
	out    *egress.Interface
	source netip.Addr
	local  []netip.Addr

	tentative bool    // the source is not to be used yet
	way       *outlet // made of the above
}

func (b binding) equal(o binding) bool {
	return b.index == o.index && b.out == o.out && b.source == o.source && b.tentative == o.tentative && slices.Equal(b.local, o.local)
}

// seat works out, or remembers, what the interface offers.
func (n *nics) seat(c *nic, f wire.Family) *seat {
	if s := n.d.settings(); c.seats.of != s {
		c.seats = seats{s, map[wire.Family]*seat{}}
	}
	if s := c.seats.byFamily[f]; s != nil {
		return s
	}
	is := n.moving.as(n.d.settings())
	s := &seat{}
	if f == wire.IPv4 {
		s.source = ifstate.Primary(c.addrs, is)
	} else {
		s.source, s.tentative = ifstate.LinkLocal(c.addrs, is)
	}
	for _, a := range c.addrs {
		if addr := a.Prefix.Addr(); !is(addr) && addr.Is4() == (f == wire.IPv4) {
			s.local = append(s.local, addr)
		}
	}
	c.seats.byFamily[f] = s
	return s
}

// moving are all addresses that some instance moves about. An owner's are its
// real addresses as well, so they count as real.
type moving struct {
	of  *config.Settings
	all map[netip.Addr]bool
}

// as tells of the addresses in these settings whether they are virtual.
func (m *moving) as(s *config.Settings) func(netip.Addr) bool {
	if m.of != s {
		m.of, m.all = s, map[netip.Addr]bool{}
		for i := range s.Instances {
			if in := &s.Instances[i]; in.Priority != vrrp.PriorityOwner {
				m.add(in.Addresses)
				m.add(in.Excluded)
			}
		}
	}
	return func(a netip.Addr) bool { return m.all[a] }
}

func (m *moving) add(list []config.Address) {
	for _, a := range list {
		m.all[a.Prefix.Addr()] = true
	}
}
