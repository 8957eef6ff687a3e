package wire

// Reject says why a datagram was refused. It is an error and, by String, the
// label under which it is counted. None means that it was not refused.
type Reject uint8

// The reasons, in the order of the checks.
const (
	None Reject = iota

	// Not for a VRRP receiver at all: to be passed on untouched and not counted.
	EthernetHeader
	EtherType
	VLAN
	Protocol
	Fragment
	ExtensionHeader

	// Refused. Open finds these by itself ...
	IPHeader
	IPTotalLength
	Destination // (found by Find and Check)
	OwnSource   // (found by Find and Check)
	TTL
	PacketTooShort
	Version
	Type
	// ... and Find and Check these.
	VRIDUnknown
	UnknownPeer
	TTLRange
	LengthMismatch
	Checksum
	AuthTypeUnknown
	AuthTypeMismatch
	AuthFailure
	HMACMissing
	HMACMalformed
	HMACStale
	HMACUnknownKey
	HMACInvalid
	HMACReplay
	CountZero
	IntervalMismatch         // v2; in v3 a warning
	IntervalZero             // v3
	FirstAddressNotLinkLocal // a warning unless Settings.StrictFirstLinkLocal
	OwnerConflict            // always a warning
	AddressListMismatch      // a warning unless v2 and Settings.StrictAddressList

	rejects // how many there are
)

// reason is what there is to say about a Reject.
type reason struct {
	name    string // metric label
	counter string // counter family of RFC 6527 and RFC 2787, or one of ours
	text    string // for people
}

const lengthErrors = "xvrrp_packet_length_errors_total"

var reasons = [rejects]reason{
	None:            {"none", "", "not refused"},
	EthernetHeader:  {"ethernet_header", "", "shorter than an Ethernet header"},
	EtherType:       {"ethertype", "", "neither IPv4 nor IPv6"},
	VLAN:            {"vlan", "", "belongs to a VLAN sub-interface"},
	Protocol:        {"protocol", "", "not VRRP, or AH where no virtual router uses it"},
	Fragment:        {"fragment", "", "IP fragment"},
	ExtensionHeader: {"extension_header", "", "IPv6 extension header before VRRP"},

	IPHeader:         {"ip_header", lengthErrors, "IP header truncated or malformed"},
	IPTotalLength:    {"ip_total_length", lengthErrors, "IP length smaller than the header or larger than the datagram"},
	Destination:      {"destination", "xvrrp_destination_errors_total", "sent to a group or address that the virtual router does not use"},
	OwnSource:        {"own_source", "xvrrp_own_source_received_total", "comes from an address of our own"},
	TTL:              {"ttl", ttlErrors, "TTL or hop limit is not 255"},
	PacketTooShort:   {"packet_too_short", lengthErrors, "shorter than a VRRP header"},
	Version:          {"version", "xvrrp_version_errors_total", "VRRP version unknown or not the one of the virtual router"},
	Type:             {"type", "xvrrp_invalid_type_received_total", "packet type is not ADVERTISEMENT"},
	VRIDUnknown:      {"vrid_unknown", "xvrrp_vrid_errors_total", "no virtual router with this VRID on the interface"},
	UnknownPeer:      {"unknown_peer", "xvrrp_unknown_peer_errors_total", "source is not a configured unicast peer"},
	TTLRange:         {"ttl_range", ttlErrors, "TTL or hop limit outside the range of the unicast peer"},
	LengthMismatch:   {"length_mismatch", lengthErrors, "length does not fit the address count"},
	Checksum:         {"checksum", "xvrrp_checksum_errors_total", "VRRP checksum wrong"},
	AuthTypeUnknown:  {"auth_type_unknown", "xvrrp_invalid_auth_type_total", "authentication type unknown"},
	AuthTypeMismatch: {"auth_type_mismatch", "xvrrp_auth_type_mismatches_total", "authentication type is not the one of the virtual router"},
	AuthFailure:      {"auth_failure", "xvrrp_auth_failures_total", "password, ICV or AH sequence wrong"},

	HMACMissing:    {"hmac_missing", hmacErrors, "authentication trailer missing"},
	HMACMalformed:  {"hmac_malformed", hmacErrors, "authentication trailer malformed"},
	HMACStale:      {"hmac_stale", hmacErrors, "authentication trailer outside the time window"},
	HMACUnknownKey: {"hmac_unknown_key", hmacErrors, "authentication key id unknown"},
	HMACInvalid:    {"hmac_invalid", hmacErrors, "authentication HMAC wrong"},
	HMACReplay:     {"hmac_replay", hmacErrors, "authentication trailer replayed"},

	CountZero:                {"count_zero", addressErrors, "advert without an address"},
	IntervalMismatch:         {"interval_mismatch", intervalErrors, "advertisement interval differs"},
	IntervalZero:             {"interval_zero", intervalErrors, "advertisement interval is zero"},
	FirstAddressNotLinkLocal: {"first_address_not_link_local", addressErrors, "first IPv6 address is not link-local"},
	OwnerConflict:            {"owner_conflict", "xvrrp_owner_conflicts_total", "advert from another router while we own the addresses"},
	AddressListMismatch:      {"address_list_mismatch", addressErrors, "address list differs"},
}

const (
	ttlErrors      = "xvrrp_ip_ttl_errors_total"
	hmacErrors     = "xvrrp_hmac_errors_total"
	addressErrors  = "xvrrp_address_list_errors_total"
	intervalErrors = "xvrrp_advertisement_interval_errors_total"
)

func (r Reject) reason() reason {
	if r >= rejects {
		return reason{name: "unknown", text: "unknown reason"}
	}
	return reasons[r]
}

// String returns the metric label, for instance "length_mismatch".
func (r Reject) String() string { return r.reason().name }

// Error returns a sentence for people. Use Err to get an error that is nil for None.
func (r Reject) Error() string { return r.reason().text }

// Err returns r as an error, nil when r is None.
func (r Reject) Err() error {
	if r == None {
		return nil
	}
	return r
}

// Ignored reports whether the datagram is not for a VRRP receiver at all: it
// is passed on and counted nowhere.
func (r Reject) Ignored() bool { return r >= EthernetHeader && r <= ExtensionHeader }

// Counter names the counter that goes up by one, in the families of RFC 6527
// and RFC 2787. It is empty for None and for what is ignored.
func (r Reject) Counter() string { return r.reason().counter }

// Label is the value of the label "reason" of the counters that have one, the
// HMAC errors: "missing", "malformed", "stale", "unknown_key", "invalid" or
// "replay". It is empty for all others.
func (r Reject) Label() string {
	if r < HMACMissing || r > HMACReplay {
		return ""
	}
	return r.String()[len("hmac_"):]
}

// ProtocolError is the value of vrrpv3StatisticsProtoErrReason (RFC 6527) that
// r sets: 1 TTL, 2 version, 3 checksum, 4 VRID. Zero: r does not set it.
func (r Reject) ProtocolError() int {
	switch r {
	case TTL, TTLRange:
		return 1
	case Version:
		return 2
	case Checksum:
		return 3
	case VRIDUnknown:
		return 4
	}
	return 0
}

// Rejects returns every Reject but None, for whoever has to know each.
func Rejects() []Reject {
	all := make([]Reject, 0, rejects-1)
	for r := None + 1; r < rejects; r++ {
		all = append(all, r)
	}
	return all
}
