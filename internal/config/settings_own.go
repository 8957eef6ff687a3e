package config

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Own is the xvrrp { } block: what keepalived has no word for.
type Own struct {
	// Listen is where /metrics and the page are served, host:port; empty
	// means nowhere (`listen none`). Default 127.0.0.1:9112.
	Listen string
	// WebConfigFile is an exporter-toolkit file, empty means plain HTTP.
	WebConfigFile string
	// Realtime asks for SCHED_FIFO and locked memory. Default true.
	Realtime bool
	// FloodLimit is adverts per second and interface handed to user space,
	// 1..1000000. Default 2000. It is per interface, so the block's value and
	// the largest of the instances' on an interface hold.
	FloodLimit int
	// Defaults hold for every instance that does not override them.
	Defaults InstanceOwn
	// Checks can be named in track_script like a vrrp_script.
	Checks []Check
	// Heartbeats are the block-wide second paths.
	Heartbeats []Heartbeat
	Pos        Pos
}

// InstanceOwn is what of the xvrrp block can differ by instance.
type InstanceOwn struct {
	// Dataplane is how adverts come in on the instance's interface.
	Dataplane Dataplane
	// AdvertInterval is finer than the protocol's 10 ms, between xvrrp nodes
	// that agree: 500 µs..9.99 ms in steps of 10 µs. 0 means that
	// Instance.AdvertInterval holds. When set, Instance.AdvertInterval is 10 ms.
	AdvertInterval time.Duration
	// Guard is split_brain_guard. Default GuardAlarm.
	Guard Guard
	// GuardHoldLimit is how long GuardHold may delay a takeover, 0..3600 s.
	// Default 10 s.
	GuardHoldLimit time.Duration
	// Fence: a dead or frozen daemon's addresses fall silent. Default true.
	Fence bool
	// FloodLimit is as Own.FloodLimit.
	FloodLimit int
	// RemoveStrays is `stray_addresses remove`: a virtual address that somebody else adds
	// while the instance is not master is deleted. Default: it is reported.
	RemoveStrays bool
	// GARPReply sends every gratuitous ARP as a reply as well, for neighbours that learn
	// from nothing else. Default false: as a request.
	GARPReply bool
	// VirtualMAC is `virtual_mac bpf`: the RFC's MAC without a macvlan.
	VirtualMAC bool
	// Heartbeats are names of the second paths that count for the instance.
	Heartbeats []string
	// Witness addresses are asked before a takeover; none by default.
	Witness []netip.Addr
	// WitnessWait: stay BACKUP while no witness answers. Default DoubtAlarm:
	// say so and take over.
	WitnessWait Doubt
	// Isolated is the same for a node that has heard nothing at all on its
	// interface, not one frame, since the last advert. Default DoubtAlarm.
	Isolated Doubt
	// NotifySplitBrain is run when two masters are seen, and when it is over.
	NotifySplitBrain Command
	// NotifyFIFOSplitBrain tells that to the FIFOs as well. Default false: whoever
	// reads them may know only keepalived's words.
	NotifyFIFOSplitBrain bool
}

// Doubt is what a node does that may itself be the broken one, at the end of a
// down interval.
type Doubt uint8

// DoubtAlarm says so and takes over. DoubtHold stays BACKUP for GuardHoldLimit
// at most, DoubtAlways for as long as the doubt lasts. DoubtOff does not even
// look.
const (
	DoubtAlarm Doubt = iota
	DoubtHold
	DoubtAlways
	DoubtOff
)

// The words of isolated and of witness_wait. A witness that is named is asked.
var (
	isolatedWords    = []string{"alarm", "hold", "always", "off"}
	witnessWaitWords = []string{"off", "on", "always"}
)

// String returns the word of isolated.
func (d Doubt) String() string { return isolatedWords[d] }

// Dataplane is how adverts are received.
type Dataplane uint8

// DataplaneAuto tries the others in their order.
const (
	DataplaneAuto Dataplane = iota
	DataplaneXDP
	DataplaneXDPGeneric
	DataplaneTC
	DataplaneSocket
)

var dataplaneWords = []string{"auto", "xdp", "xdp-generic", "tc", "socket"}

// String returns the word of the file.
func (d Dataplane) String() string { return dataplaneWords[d] }

// Guard is what an expired master-down timer does while an address still
// answers ARP or ND.
type Guard uint8

// GuardOff takes over as the RFC says, GuardAlarm takes over and tells,
// GuardHold waits, bounded by GuardHoldLimit.
const (
	GuardOff Guard = iota
	GuardAlarm
	GuardHold
)

var guardWords = []string{"off", "alarm", "hold"}

// String returns the word of the file.
func (g Guard) String() string { return guardWords[g] }

// Check is `check NAME { }`: a health check that starts no process.
type Check struct {
	Name string
	Kind CheckKind
	// Target is host:port (tcp), a URL (http, https), a path (unix, pidfile),
	// a unit (systemd) or an address (gateway; empty: the default route's).
	Target string
	// StatusMin..StatusMax are the accepted HTTP statuses. Default 200..399.
	StatusMin, StatusMax int
	// Insecure: do not verify the certificate (https).
	Insecure bool
	// The rest as in Script.
	Interval, Timeout time.Duration
	Weight            int
	Reverse           bool
	Rise, Fall        int
	InitFail          bool
	Used              bool
	Pos               Pos
}

// CheckKind is what a Check asks.
type CheckKind uint8

// The kinds of built-in checks.
const (
	CheckTCP CheckKind = iota
	CheckHTTP
	CheckHTTPS
	CheckUnix
	CheckPIDFile
	CheckSystemd
	CheckGateway
)

var checkWords = []string{"tcp", "http", "https", "unix", "pidfile", "systemd", "gateway"}

// String returns the word of the file.
func (k CheckKind) String() string { return checkWords[k] }

// Heartbeat is `heartbeat NAME { }`: a second path for the adverts of the
// same virtual router, another interface or other peers.
type Heartbeat struct {
	Name string
	// Interface is where heartbeats leave; empty: the instance's own, which
	// needs Peers.
	Interface string
	// Peers are whom they go to; without any they are multicast.
	Peers []netip.Addr
	// HMAC signs them and verifies those of others, always in mode Enforce. A
	// Window of 0 means that the instance's interval decides.
	HMAC HMAC
	Pos  Pos
}

// PeersOf are the peers of a family.
func (h *Heartbeat) PeersOf(f wire.Family) []netip.Addr {
	var list []netip.Addr
	for _, p := range h.Peers {
		if p.Is4() == (f == wire.IPv4) {
			list = append(list, p)
		}
	}
	return list
}

// Heartbeat returns the second path of that name, nil when there is none.
func (o *Own) Heartbeat(name string) *Heartbeat {
	for i := range o.Heartbeats {
		if o.Heartbeats[i].Name == name {
			return &o.Heartbeats[i]
		}
	}
	return nil
}
