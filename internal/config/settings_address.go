package config

import (
	"net/netip"
	"time"
)

// Address is one line of virtual_ipaddress, virtual_ipaddress_excluded or
// static_ipaddress.
type Address struct {
	// Prefix is the address with its length, default /32 and /128.
	Prefix netip.Prefix
	// Interface is `dev`, or the instance's interface when there is none; a
	// virtual MAC interface stands between when the instance uses one.
	Interface string
	// Label is an IPv4 label such as eth0:vip, at most 15 bytes.
	Label string
	// Broadcast is `brd ADDRESS`; BroadcastMode says what `brd` was given.
	Broadcast     netip.Addr
	BroadcastMode Broadcast
	// Scope is the rtnetlink scope (0 global, 253 link, 254 host); IPv4 only.
	Scope uint8
	// Peer is the point-to-point peer, zero when absent.
	Peer netip.Addr
	// Preferred is preferred_lft. PreferredForever is the default, except for
	// an IPv6 /128, where it is 0 (deprecated at once).
	Preferred time.Duration
	// Kernel flags: home, mngtmpaddr, noprefixroute, autojoin.
	Home, MngTmpAddr, NoPrefixRoute, AutoJoin bool
	// DAD is -nodad: run duplicate address detection (IPv6).
	DAD bool
	// NoTrack: do not react when somebody deletes the address.
	NoTrack bool
	// VMAC is a virtual MAC for this address alone.
	VMAC VMAC
	// TrackGroup is for static addresses only.
	TrackGroup string
	Pos        Pos
}

// PreferredForever is an address that never becomes deprecated.
const PreferredForever time.Duration = -1

// Broadcast says which broadcast address an IPv4 address gets.
type Broadcast uint8

// BroadcastNone is keepalived's default; BroadcastGiven is Address.Broadcast;
// the other two are `brd +` and `brd -`.
const (
	BroadcastNone Broadcast = iota
	BroadcastGiven
	BroadcastHostOnes
	BroadcastHostZeros
)

// Route is one line of virtual_routes or static_routes. The common part is
// typed; what remains is in Options, in the order of the file.
type Route struct {
	// Type is unicast (the default), blackhole, unreachable, prohibit, throw
	// and so on, as iproute2 names them.
	Type string
	// Dst is the destination; 0.0.0.0/0 or ::/0 for default.
	Dst netip.Prefix
	// Source, Via: zero when absent. Via may be of the other family.
	Source, Via netip.Addr
	// From is the source prefix selector (IPv6), zero when absent.
	From netip.Prefix
	// Interface is `dev`; empty when absent.
	Interface string
	// Table is a number or a name of rt_tables; empty means main.
	Table string
	// Metric is 0 when absent.
	Metric uint32
	// Scope and Protocol are numbers or names; empty when absent.
	Scope, Protocol string
	OnLink          bool
	// MTU is 0 when absent; MTULock forbids path MTU discovery.
	MTU     uint32
	MTULock bool
	// Encap is the tunnel of `encap`, nil when absent.
	Encap *Encap
	// NextHops are the `nexthop` parts of a multipath route.
	NextHops []NextHop
	// Options are the remaining `word value…` settings.
	Options []Option
	// NoTrack: do not react when somebody deletes the route.
	NoTrack    bool
	TrackGroup string
	Pos        Pos
}

// NextHop is one path of a multipath route.
type NextHop struct {
	Via       netip.Addr
	Interface string
	// Weight is 1..256. Default 1.
	Weight int
	OnLink bool
	Encap  *Encap
}

// Encap is a tunnel that a route's packets go through. What is zero is absent.
type Encap struct {
	// Type is ip, ip6 or seg6.
	Type string
	ID   uint64
	// Dst and Src are the tunnel's ends.
	Dst, Src netip.Addr
	// TOS is also `tc`, TTL also `hoplimit`.
	TOS, TTL uint8
	// Flags are keepalived's: the number that stands in the kernel's memory.
	Flags uint16
	// Key, Checksum and Sequence are the kernel's flags by iproute2's words.
	Key, Checksum, Sequence bool
	// Mode and Segments are of seg6, HMAC the number of a key.
	Mode     string
	Segments []netip.Addr
	HMAC     uint32
}

// Rule is one line of virtual_rules or static_rules.
type Rule struct {
	Family uint8 // 4 or 6
	Not    bool
	// From and To are zero when absent ("all").
	From, To netip.Prefix
	// Table is a number or a name; empty when Action is not a lookup.
	Table string
	// Preference is the rule's order; HasPreference false means that it was
	// not written but chosen, as keepalived chooses it.
	Preference    uint32
	HasPreference bool
	IIF, OIF      string
	// FwMark and FwMask; HasFwMark false means no mark.
	FwMark, FwMask uint32
	HasFwMark      bool
	// Action is lookup, nop, blackhole, prohibit, unreachable or goto.
	Action string
	// Options are the remaining `word value…` settings.
	Options    []Option
	NoTrack    bool
	TrackGroup string
	Pos        Pos
}

// Option is a setting that is kept as words.
type Option struct {
	Name   string
	Values []string
}
