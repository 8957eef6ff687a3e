package metrics

import (
	"net/netip"
	"strings"
	"time"
)

// Legacy is what an instance has counted, for a successor in another process to
// go on from. Histograms are not in it: they begin anew.
type Legacy struct {
	Created                  time.Time
	Received, Sent           uint64
	ZeroReceived, ZeroSent   uint64
	BecameMaster, LeftMaster uint64
	Absorbed, GuardHolds     uint64
	GARPs, NAs               uint64
	LastError, NewMaster     uint32
	Transitions              map[string]uint64 // by "state reason"
	Rejected, Warned, Forms  map[string]uint64
	Conflicts                map[netip.Addr]uint64
}

// Legacy returns what has been counted so far.
func (i *Instance) Legacy() Legacy {
	l := Legacy{
		Created:  time.Unix(0, i.created.Load()),
		Received: i.received.Load(), Sent: i.sent.Load(), ZeroReceived: i.zeroReceived.Load(), ZeroSent: i.zeroSent.Load(),
		BecameMaster: i.becameMaster.Load(), LeftMaster: i.leftMaster.Load(), Absorbed: i.absorbed.Load(), GuardHolds: i.guardHolds.Load(),
		GARPs: i.announced[GratuitousARP].Load(), NAs: i.announced[NeighborAdvert].Load(),
		LastError: i.lastError.Load(), NewMaster: i.newMaster.Load(),
		Transitions: map[string]uint64{}, Rejected: i.rejected.all(), Warned: i.warned.all(), Forms: i.forms.all(), Conflicts: i.conflicts.all(),
	}
	i.transitions.each(func(t transition, n uint64) { l.Transitions[t.to.String()+" "+t.reason] = n })
	return l
}

// Inherit goes on counting where a predecessor stopped.
func (i *Instance) Inherit(l Legacy) {
	if !l.Created.IsZero() {
		i.created.Store(l.Created.UnixNano())
	}
	i.received.Add(l.Received)
	i.sent.Add(l.Sent)
	i.zeroReceived.Add(l.ZeroReceived)
	i.zeroSent.Add(l.ZeroSent)
	i.becameMaster.Add(l.BecameMaster)
	i.leftMaster.Add(l.LeftMaster)
	i.absorbed.Add(l.Absorbed)
	i.guardHolds.Add(l.GuardHolds)
	i.announced[GratuitousARP].Add(l.GARPs)
	i.announced[NeighborAdvert].Add(l.NAs)
	i.lastError.CompareAndSwap(0, l.LastError)
	i.newMaster.CompareAndSwap(0, l.NewMaster)
	i.rejected.addAll(l.Rejected)
	i.warned.addAll(l.Warned)
	i.forms.addAll(l.Forms)
	i.conflicts.addAll(l.Conflicts)
	for key, n := range l.Transitions {
		name, reason, _ := strings.Cut(key, " ")
		for _, s := range states {
			if s.String() == name {
				i.transitions.add(transition{s, reason}, n)
			}
		}
	}
}

func (c *counts[K]) all() map[K]uint64 {
	all := map[K]uint64{}
	c.each(func(k K, n uint64) { all[k] = n })
	return all
}

func (c *counts[K]) addAll(all map[K]uint64) {
	for k, n := range all {
		c.add(k, n)
	}
}

// Started is when counting began.
func (m *Metrics) Started() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.started
}

// Since makes counting have begun with a predecessor.
func (m *Metrics) Since(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started = at
}
