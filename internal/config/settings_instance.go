package config

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// InitialState is what `state` asks for. It matters only to an address owner
// (priority 255) and inside sync groups: see keepalived.md.
type InitialState uint8

// The two words that `state` knows.
const (
	StateBackup InitialState = iota
	StateMaster
)

// String returns keepalived's word.
func (s InitialState) String() string {
	if s == StateMaster {
		return "MASTER"
	}
	return "BACKUP"
}

// Instance is one vrrp_instance: one virtual router of one address family.
type Instance struct {
	Name string
	Pos  Pos
	// Interface carries the adverts. It is empty only for a unicast instance
	// that names its source address instead.
	Interface string
	// VRID is virtual_router_id, 1..255.
	VRID   uint8
	Family wire.Family
	// Version is 2 or 3. IPv6 is 3 unless the file insists on 2.
	Version uint8
	// Priority is 1..255, 255 being the address owner. Default 100.
	Priority uint8
	State    InitialState
	// AdvertInterval is whole seconds 1..255 in version 2 and 10 ms..40.95 s
	// in steps of 10 ms in version 3. Default 1 s. A finer interval between
	// xvrrp nodes is Own.AdvertInterval.
	AdvertInterval time.Duration
	// DownTimerAdverts is how many adverts may be missed, 1..100. Default 3.
	DownTimerAdverts int
	// Preempt is false under nopreempt. Default true.
	Preempt bool
	// PreemptDelay is 0..1000 s. Default 0. Zero when Preempt is false.
	PreemptDelay time.Duration
	// TimerExpiredBackup is the priority of the peer that would have taken
	// over from a late master, 1..254; 0 means off. Needs Preempt false.
	TimerExpiredBackup uint8
	// LowerPrioNoAdvert: do not answer a lower-priority advert with one of ours.
	LowerPrioNoAdvert bool
	// HigherPrioSendAdvert: send one more advert before yielding.
	HigherPrioSendAdvert bool
	// YieldSilently: higher_prio_send_advert is off because somebody said so, not by default.
	YieldSilently bool
	// OwnerIgnoreAdverts: an owner does not look at adverts at all.
	OwnerIgnoreAdverts bool
	// SkipCheckAdvAddr: compare address lists only on the first advert of a
	// new master.
	SkipCheckAdvAddr bool
	// Strict is strict_mode or vrrp_strict. What it implies is already
	// applied to the other fields.
	Strict bool
	// VRF is bound to when there is no Interface; empty means none.
	VRF string

	// Addresses are carried in adverts, in this order; never more than 255.
	Addresses []Address
	// Excluded are held like Addresses but not advertised.
	Excluded []Address
	// NoAddresses is no_virtual_ipaddress: an empty list is intended.
	NoAddresses bool
	Routes      []Route
	Rules       []Rule
	// PromoteSecondaries sets the sysctl of that name on Interface.
	PromoteSecondaries bool
	// Accept: a master that is not the owner answers on its addresses.
	// Default true, false in strict mode.
	Accept bool

	// McastSource is mcast_src_ip, or unicast_src_ip without peers. The zero
	// Addr means the interface's primary (IPv6: link-local) address.
	McastSource netip.Addr
	// McastGroup is where adverts go without unicast peers. Default
	// 224.0.0.18 or ff02::12.
	McastGroup netip.Addr
	// Unicast is used when it has peers, see Unicast.Enabled.
	Unicast Unicast
	// TrackSource is track_src_ip: FAULT while the source address is absent.
	TrackSource bool
	// ChecksumAsV2 is v3_checksum_as_v2: no pseudo header in v3 over IPv4.
	ChecksumAsV2 bool
	Auth         Auth
	VMAC         VMAC
	GARP         GARP

	// TrackPrimary is false under dont_track_primary: the own interface
	// being down is then no fault.
	TrackPrimary bool
	// Tracks are the instance's own trackers. Weights are resolved. Those of
	// its sync group are in SyncGroup.Tracks.
	Tracks []Track
	Notify Notify
	// KernelRxBuf is kernel_rx_buf_size in bytes; 0 means the kernel's own.
	KernelRxBuf int

	// Own are the settings of the xvrrp block as they hold for this
	// instance: block-wide values with the instance's own over them.
	Own InstanceOwn

	// Places are for those who compare nodes.
	Places Places
}

// Places are where the words stand that have to match those of other nodes,
// each the head of the instance where the word is not written.
type Places struct {
	VRID, Version, Priority, Preempt, AdvertInterval, FineInterval Pos
	Auth, Transport, Group, Addresses, Checksum                    Pos
}

// Unicast is where adverts go instead of the multicast group.
type Unicast struct {
	// Source is unicast_src_ip. The zero Addr means the interface's primary.
	Source netip.Addr
	// Peers never contain Source, have Instance.Family and are unique.
	Peers []Peer
	// TTL is unicast_ttl, 0..255. Default 255 for both families.
	TTL int
	// CheckSource: accept adverts only from Peers.
	CheckSource bool
	// FaultNoPeer is unicast_fault_no_peer: no peers means FAULT.
	FaultNoPeer bool
	// Checksum says which unicast v3 checksum is tried.
	Checksum UnicastChecksum
}

// Enabled reports whether adverts are unicast.
func (u Unicast) Enabled() bool { return len(u.Peers) > 0 }

// Peer is one line of unicast_peer.
type Peer struct {
	Addr netip.Addr
	// MinTTL and MaxTTL bound the TTL or hop limit of the peer's adverts.
	// Defaults 0 and 255.
	MinTTL, MaxTTL int
	Pos            Pos
}

// UnicastChecksum is old_unicast_checksum.
type UnicastChecksum uint8

// ChecksumDetect follows the peer, ChecksumOld insists on the form that
// keepalived sent before 1.3.7, ChecksumNew never falls back to it.
const (
	ChecksumDetect UnicastChecksum = iota
	ChecksumOld
	ChecksumNew
)

// GARP is the schedule of gratuitous ARP and neighbour advertisements.
type GARP struct {
	// Delay is the time from becoming master to the second burst; 0 means no
	// second burst. Default 5 s.
	Delay time.Duration
	// Repeat is packets per burst and address, at least 1. Default 5.
	Repeat int
	// Refresh is the period of further announcements; 0 means none. Default 0.
	Refresh time.Duration
	// RefreshRepeat is packets per refresh and address. Default 1.
	RefreshRepeat int
	// LowerPrioDelay and LowerPrioRepeat are the bursts after a lower-priority
	// advert was heard while master. Default: Delay and Repeat.
	LowerPrioDelay  time.Duration
	LowerPrioRepeat int
	// ExtraInterval is garp_extra_if: the period of announcements, one an
	// interface, with virtual MACs that no advert leaves with; 0 means none.
	ExtraInterval time.Duration
	// ExtraAll makes ExtraInterval count for ordinary interfaces, too.
	ExtraAll bool
}

// VMAC is use_vmac and its kin.
type VMAC struct {
	Mode VMACMode
	// Name is the interface to create; empty means vrrp.VRID.
	Name string
	// Parent is the interface below, empty means Instance.Interface (IPVLAN only).
	Parent string
	// MAC is empty for 00:00:5e:00:01:VRID (IPv6: 00:00:5e:00:02:VRID).
	MAC string
	// Addr is use_vmac_addr: addresses on other interfaces get one too.
	Addr bool
	// XmitBase is vmac_xmit_base: adverts leave by the parent with its MAC.
	XmitBase bool
	// NetlinkNotify is netlink_notify_msg.
	NetlinkNotify bool
	// Group is the interface group (a name or number), empty means none.
	Group string
	// IPVLANFlag is bridge, private or vepa; empty means the kernel's default.
	IPVLANFlag string
	// IPVLANAddr is the address of the ipvlan interface, zero when absent.
	IPVLANAddr netip.Prefix
}

// VMACMode says on what kind of interface the addresses live.
type VMACMode uint8

// VMACOff is the instance's own interface; VMACMacvlan is use_vmac;
// VMACIPVLAN is use_ipvlan.
const (
	VMACOff VMACMode = iota
	VMACMacvlan
	VMACIPVLAN
)
