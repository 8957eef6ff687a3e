package metrics

import (
	"time"
)

// NewMasterReason is vrrpv3StatisticsNewMasterReason of RFC 6527.
type NewMasterReason uint8

// Why a router became master the last time.
const (
	NeverMaster NewMasterReason = iota
	ByPriority                  // the master said goodbye with priority 0
	ByPreemption
	ByNoResponse
)

// protocolError maps a reject to vrrpv3StatisticsProtoErrReason: 0 none,
// 1 TTL, 2 version, 3 checksum, 4 VRID.
var protocolError = map[string]uint32{
	"ttl":          1,
	"ttl_range":    1,
	"version":      2,
	"checksum":     3,
	"vrid_unknown": 4,
}

// mib are the counters of RFC 6527, those of RFC 2787 (version 2's
// authentication), and the ones of their kind that no MIB has. Where the MIB
// keeps a sum for the whole router, sum over the series.
var mib = []row{
	rejects("xvrrp_checksum_errors_total", "Adverts with a wrong checksum (vrrpv3RouterChecksumErrors).", "checksum"),
	rejects("xvrrp_version_errors_total", "Adverts of a version that is unknown or not the instance's (vrrpv3RouterVersionErrors).", "version"),
	rejects("xvrrp_vrid_errors_total", "Adverts for a VRID that is not configured (vrrpv3RouterVrIdErrors).", "vrid_unknown"),
	rejects("xvrrp_ip_ttl_errors_total", "Adverts with a TTL or hop limit that is not 255 or out of a peer's range.", "ttl", "ttl_range"),
	rejects("xvrrp_invalid_type_received_total", "VRRP packets that are no adverts.", "type"),
	rejects("xvrrp_packet_length_errors_total", "Adverts of a wrong length.",
		"ip_header", "ip_total_length", "packet_too_short", "length_mismatch"),
	rejects("xvrrp_advertisement_interval_errors_total", "Adverts with another interval than ours, or none.",
		"interval_mismatch", "interval_zero"),
	rejects("xvrrp_address_list_errors_total", "Adverts with other addresses than ours, none, or a first one that is not link-local.",
		"address_list_mismatch", "count_zero", "first_address_not_link_local"),
	rejects("xvrrp_auth_failures_total", "Adverts with a wrong password or integrity value (vrrpStatsAuthFailures).", "auth_failure"),
	rejects("xvrrp_invalid_auth_type_total", "Adverts with an unknown authentication type (vrrpStatsInvalidAuthType).", "auth_type_unknown"),
	rejects("xvrrp_auth_type_mismatches_total", "Adverts with a known authentication type that is not ours (vrrpStatsAuthTypeMismatch).", "auth_type_mismatch"),
	rejects("xvrrp_destination_errors_total", "Multicast adverts for a unicast instance or the reverse.", "destination"),
	rejects("xvrrp_unknown_peer_errors_total", "Unicast adverts from an address that is no peer.", "unknown_peer"),
	rejects("xvrrp_own_source_received_total", "Adverts that claim to come from our own address.", "own_source"),
	rejects("xvrrp_owner_conflicts_total", "Valid adverts that reached the owner of the addresses.", "owner_conflict"),
	{
		name: "xvrrp_hmac_errors_total", kind: counter, extra: []string{"reason"},
		help: "Adverts refused by the keyed integrity check.",
		read: func(i *Instance, put put) {
			for _, r := range []string{"missing", "malformed", "unknown_key", "invalid", "stale", "replay"} {
				put(float64(i.rejected.sum("hmac_"+r)), r)
			}
		},
	},
	{
		name: "xvrrp_checksum_form_received_total", kind: counter, extra: []string{"form"},
		help: "Version 3 IPv4 adverts by the checksum they bore.",
		read: func(i *Instance, put put) {
			i.forms.each(func(form string, n uint64) { put(float64(n), form) })
		},
	},
	{
		name: "xvrrp_become_active_total", kind: counter,
		help: "Times the instance became master (vrrpv3StatisticsMasterTransitions).",
		read: one(func(i *Instance) float64 { return float64(i.becameMaster.Load()) }),
	},
	{
		name: "xvrrp_release_active_total", kind: counter,
		help: "Times the instance stopped being master.",
		read: one(func(i *Instance) float64 { return float64(i.leftMaster.Load()) }),
	},
	{
		name: "xvrrp_new_active_reason", kind: gauge,
		help: "Why the instance last became master: 0 never, 1 priority, 2 preempted, 3 no response.",
		read: one(func(i *Instance) float64 { return float64(i.newMaster.Load()) }),
	},
	{
		name: "xvrrp_last_protocol_error", kind: gauge, unowned: true,
		help: "Last protocol error: 0 none, 1 TTL, 2 version, 3 checksum, 4 VRID.",
		read: one(func(i *Instance) float64 { return float64(i.lastError.Load()) }),
	},
	{
		name: "xvrrp_advertisements_received_total", kind: counter,
		help: "As xvrrp_adverts_received_total, by RFC 6527's name.",
		read: one(func(i *Instance) float64 { return float64(i.received.Load()) }),
	},
	{
		name: "xvrrp_advertisements_sent_total", kind: counter,
		help: "As xvrrp_adverts_sent_total, beside RFC 6527's names.",
		read: one(func(i *Instance) float64 { return float64(i.sent.Load()) }),
	},
	{
		name: "xvrrp_gratuitous_arps_sent_total", kind: counter,
		help: "Gratuitous ARP messages sent.",
		read: one(func(i *Instance) float64 { return float64(i.announced[GratuitousARP].Load()) }),
	},
	{
		name: "xvrrp_neighbor_advertisements_sent_total", kind: counter,
		help: "Unsolicited neighbour advertisements sent.",
		read: one(func(i *Instance) float64 { return float64(i.announced[NeighborAdvert].Load()) }),
	},
	{
		name: "xvrrp_state", kind: gauge,
		help: "State by RFC 6527's numbers: 1 initialize, 2 backup, 3 active.",
		read: one(func(i *Instance) float64 { return mibState(State(i.state.Load())) }),
	},
	{
		name: "xvrrp_priority", kind: gauge,
		help: "As xvrrp_instance_priority, by RFC 6527's name.",
		read: one(func(i *Instance) float64 { return float64(i.priority.Load()) }),
	},
	{
		name: "xvrrp_virtual_router_start_time_seconds", kind: gauge,
		help: "When the virtual router was made, seconds since 1970.",
		read: one(func(i *Instance) float64 { return float64(i.created.Load()) / 1e9 }),
	},
	{
		name: "xvrrp_virtual_router_up_seconds", kind: gauge,
		help: "How long the virtual router has been out of Initialize.",
		read: one(upSeconds),
	},
	{
		name: "xvrrp_active_router_info", kind: gauge, extra: []string{"address"},
		help: "Address of the Active router, our own when that is us.",
		read: func(i *Instance, put put) {
			if a := i.activeRouter.Load(); a != nil && a.IsValid() {
				put(1, a.String())
			}
		},
	},
	interval("xvrrp_advertisement_interval_seconds", "Our own interval between adverts.",
		func(t *Timing) time.Duration { return t.Advert }),
	interval("xvrrp_active_advertisement_interval_seconds", "Interval of the Active router's adverts.",
		func(t *Timing) time.Duration { return t.ActiveAdvert }),
	interval("xvrrp_skew_seconds", "Skew_Time: the extra wait of a lower priority.",
		func(t *Timing) time.Duration { return t.Skew }),
	interval("xvrrp_active_down_interval_seconds", "Silence after which the Active router counts as down.",
		func(t *Timing) time.Duration { return t.ActiveDown }),
}

// rejects is a counter that sums up rejects and warnings. It is also kept for
// adverts whose VRID is none of ours.
func rejects(name, help string, reasons ...string) row {
	return row{
		name: name, help: help, kind: counter, unowned: true,
		read: one(func(i *Instance) float64 {
			return float64(i.rejected.sum(reasons...) + i.warned.sum(reasons...))
		}),
	}
}

func interval(name, help string, of func(*Timing) time.Duration) row {
	return row{
		name: name, help: help, kind: gauge,
		read: func(i *Instance, put put) {
			if t := i.timing.Load(); t != nil {
				put(of(t).Seconds())
			}
		},
	}
}

func mibState(s State) float64 {
	switch s {
	case Backup:
		return 2
	case Master:
		return 3
	}
	return 1
}

func upSeconds(i *Instance) float64 {
	since := i.upSince.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since)).Seconds()
}
