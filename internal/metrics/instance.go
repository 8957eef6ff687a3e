package metrics

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Instance is what is counted for one virtual router. All methods may be
// called from any goroutine; those that run in steady state (Received, Sent,
// Rejected, Warned and the durations) take no lock and allocate nothing.
type Instance struct {
	// What every advert adds to, in one line of the processor's cache.
	received, sent         atomic.Uint64
	zeroReceived, zeroSent atomic.Uint64
	forms                  formCounts
	timings                *timings // nil for the record that belongs to no instance

	name, iface, vrid, family string

	state      atomic.Uint32
	since      atomic.Int64 // Unix nanoseconds of the last transition
	upSince    atomic.Int64 // Unix nanoseconds of leaving Initialize, 0 in it
	created    atomic.Int64 // Unix nanoseconds of when counting began
	priority   atomic.Int64
	configured atomic.Int64
	newMaster  atomic.Uint32 // NewMasterReason
	lastError  atomic.Uint32 // protocolError
	splitBrain atomic.Bool
	fence      atomic.Bool

	becameMaster, leftMaster atomic.Uint64
	absorbed, guardHolds     atomic.Uint64
	announced                [2]atomic.Uint64 // by Announcement

	transitions counts[transition]
	rejected    counts[string]
	warned      counts[string]
	conflicts   counts[netip.Addr]

	timing       atomic.Pointer[Timing]
	activeRouter atomic.Pointer[netip.Addr]

	mu    sync.Mutex // guards vips and paths
	vips  []vip
	paths []*Path
}

type transition struct {
	to     State
	reason string
}

// Timing is what a virtual router waits for. All zero in Initialize.
type Timing struct {
	Advert       time.Duration // our Advertisement_Interval
	ActiveAdvert time.Duration // that of the Active router
	Skew         time.Duration // Skew_Time
	ActiveDown   time.Duration // Active_Down_Interval
	GARPDelay    time.Duration // garp_master_delay, as configured
}

func newInstance(name, iface string, vrid uint8, family wire.Family) *Instance {
	id := ""
	if name != "" {
		id = strconv.Itoa(int(vrid))
	}
	i := &Instance{
		name:   strings.ToValidUTF8(name, "\uFFFD"),
		iface:  strings.ToValidUTF8(iface, "\uFFFD"),
		vrid:   id,
		family: family.String(),
	}
	i.created.Store(time.Now().UnixNano())
	return i
}

// Received counts an accepted advert of the given priority.
func (i *Instance) Received(priority uint8) {
	i.received.Add(1)
	if priority == 0 {
		i.zeroReceived.Add(1)
	}
}

// Sent counts an advert of ours, once however many peers it went to.
func (i *Instance) Sent(priority uint8) {
	i.sent.Add(1)
	if priority == 0 {
		i.zeroSent.Add(1)
	}
}

// Rejected counts an advert that was dropped for the given reason, a
// wire.Reject's word.
func (i *Instance) Rejected(reason string) {
	i.rejected.add(reason, 1)
	if code, ok := protocolError[reason]; ok {
		i.lastError.Store(code)
	}
}

// Warned counts an advert that was accepted although something is wrong with
// it: interval_mismatch, address_list_mismatch, first_address_not_link_local,
// owner_conflict.
func (i *Instance) Warned(reason string) { i.warned.add(reason, 1) }

// Interarrival is the kernel's time between two accepted adverts of a sender.
func (i *Instance) Interarrival(d time.Duration) {
	if i.timings != nil {
		i.timings.interarrival.observe(d)
	}
}

// Delivery is from the kernel's stamp to the state machine.
func (i *Instance) Delivery(d time.Duration) {
	if i.timings != nil {
		i.timings.delivery.observe(d)
	}
}

// Lateness is from a deadline to its handling.
func (i *Instance) Lateness(d time.Duration) {
	if i.timings != nil {
		i.timings.lateness.observe(d)
	}
}

// Takeover is from the deadline to the last announcement sent.
func (i *Instance) Takeover(d time.Duration) {
	if i.timings != nil {
		i.timings.takeover.observe(d)
	}
}

// LateWakeupAbsorbed counts a timer expiry that the kernel's time disproved.
func (i *Instance) LateWakeupAbsorbed() { i.absorbed.Add(1) }

// GuardHold counts a takeover that waited because the address still answered.
func (i *Instance) GuardHold() { i.guardHolds.Add(1) }

// Announced counts n gratuitous ARPs or neighbour advertisements.
func (i *Instance) Announced(kind Announcement, n int) { i.announced[kind].Add(uint64(n)) }

// VIPConflict counts a foreign claim of one of our addresses.
func (i *Instance) VIPConflict(addr netip.Addr) { i.conflicts.add(addr, 1) }
