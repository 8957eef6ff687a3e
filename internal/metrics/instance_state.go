package metrics

import (
	"net/netip"
	"time"
)

// Transition tells that the instance went to a state, when and why.
func (i *Instance) Transition(to State, reason string, at time.Time) {
	from := State(i.state.Swap(uint32(to)))
	i.since.Store(at.UnixNano())
	i.transitions.add(transition{to, reason}, 1)
	switch {
	case to == Master && from != Master:
		i.becameMaster.Add(1)
	case from == Master && to != Master:
		i.leftMaster.Add(1)
	}
	if to == Init || to == Fault {
		i.upSince.Store(0)
	} else {
		i.upSince.CompareAndSwap(0, at.UnixNano())
	}
}

// Restore sets a state that a predecessor handed over, without counting.
func (i *Instance) Restore(state State, since time.Time) {
	i.state.Store(uint32(state))
	i.since.Store(since.UnixNano())
	if state == Backup || state == Master {
		i.upSince.Store(since.UnixNano())
	}
}

// SetNewMasterReason tells why the last transition to master happened.
func (i *Instance) SetNewMasterReason(r NewMasterReason) { i.newMaster.Store(uint32(r)) }

// SetPriority sets the effective priority, trackers included.
func (i *Instance) SetPriority(p int) { i.priority.Store(int64(p)) }

// SetConfiguredPriority sets the priority of the file.
func (i *Instance) SetConfiguredPriority(p int) { i.configured.Store(int64(p)) }

// SetTiming sets the intervals that the instance uses now.
func (i *Instance) SetTiming(t Timing) { i.timing.Store(&t) }

// SetActiveRouter sets the address of the Active router, our own when that is
// us. An invalid address means that none is known.
func (i *Instance) SetActiveRouter(addr netip.Addr) { i.activeRouter.Store(&addr) }

// SetSplitBrain tells whether another node claims our addresses while we are
// master.
func (i *Instance) SetSplitBrain(on bool) { i.splitBrain.Store(on) }

// SetFence tells whether the kernel would silence the instance's addresses if
// this daemon died or froze.
func (i *Instance) SetFence(on bool) { i.fence.Store(on) }

// VIP is a virtual address and where it belongs.
type VIP struct {
	Addr      netip.Addr
	Interface string
	// Excluded: not in our adverts (virtual_ipaddress_excluded).
	Excluded bool
}

type vip struct {
	VIP
	held bool
}

// SetVIPs names the instance's addresses. Those that were known keep their
// state, new ones are not held.
func (i *Instance) SetVIPs(list []VIP) {
	i.mu.Lock()
	defer i.mu.Unlock()
	held := map[netip.Addr]bool{}
	for _, v := range i.vips {
		held[v.Addr] = v.held
	}
	next := make([]vip, 0, len(list))
	seen := map[netip.Addr]bool{}
	for _, v := range list {
		if seen[v.Addr] {
			continue // one series for an address, however often it is configured
		}
		seen[v.Addr] = true
		next = append(next, vip{v, held[v.Addr]})
	}
	i.vips = next
}

// SetVIPHeld tells whether the address is on its interface now. An address
// that SetVIPs did not name is ignored.
func (i *Instance) SetVIPHeld(addr netip.Addr, held bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := range i.vips {
		if i.vips[n].Addr == addr {
			i.vips[n].held = held
		}
	}
}

// eachVIP calls f for every address under a copy of the list.
func (i *Instance) eachVIP(f func(vip)) {
	i.mu.Lock()
	list := i.vips[:len(i.vips):len(i.vips)]
	copied := append([]vip(nil), list...)
	i.mu.Unlock()
	for _, v := range copied {
		f(v)
	}
}
