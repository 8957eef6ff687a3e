package datapath

import "fmt"

// Verdict is what became of one packet of IP protocol 112. Its values are
// those of the C enum; its String is the metric label.
type Verdict = vrrpVerdict

// The verdicts. Those up to Destination pass the packet on, except Consumed,
// which is what a good unicast advert meets; the others drop it.
const (
	Accepted       = vrrpVerdictVERDICT_ACCEPTED // multicast, for us
	Consumed       = vrrpVerdictVERDICT_CONSUMED // unicast, for us
	IPHeader       = vrrpVerdictVERDICT_IP_HEADER
	IPTotalLength  = vrrpVerdictVERDICT_IP_TOTAL_LENGTH
	PacketTooShort = vrrpVerdictVERDICT_PACKET_TOO_SHORT
	VRIDUnknown    = vrrpVerdictVERDICT_VRID_UNKNOWN
	Destination    = vrrpVerdictVERDICT_DESTINATION
	OwnSource      = vrrpVerdictVERDICT_OWN_SOURCE
	TTL            = vrrpVerdictVERDICT_TTL
	Version        = vrrpVerdictVERDICT_VERSION
	Type           = vrrpVerdictVERDICT_TYPE
	UnknownPeer    = vrrpVerdictVERDICT_UNKNOWN_PEER
	TTLRange       = vrrpVerdictVERDICT_TTL_RANGE
	LengthMismatch = vrrpVerdictVERDICT_LENGTH_MISMATCH
	Checksum       = vrrpVerdictVERDICT_CHECKSUM
	FloodSource    = vrrpVerdictVERDICT_FLOOD_SOURCE    // one sender sends too much
	FloodInterface = vrrpVerdictVERDICT_FLOOD_INTERFACE // all unknown senders together do
	RingFull       = vrrpVerdictVERDICT_RING_FULL       // user space is too slow
	Fenced         = vrrpVerdictVERDICT_FENCED          // for a silenced virtual address, not VRRP

	verdicts = vrrpVerdictVERDICT_COUNT
)

var verdictLabels = [verdicts]string{
	Accepted:       "accepted",
	Consumed:       "consumed",
	IPHeader:       "ip_header",
	IPTotalLength:  "ip_total_length",
	PacketTooShort: "packet_too_short",
	VRIDUnknown:    "vrid_unknown",
	Destination:    "destination",
	OwnSource:      "own_source",
	TTL:            "ttl",
	Version:        "version",
	Type:           "type",
	UnknownPeer:    "unknown_peer",
	TTLRange:       "ttl_range",
	LengthMismatch: "length_mismatch",
	Checksum:       "checksum",
	FloodSource:    "flood_source",
	FloodInterface: "flood_interface",
	RingFull:       "ring_full",
	Fenced:         "fenced",
}

// String returns the metric label, for instance "vrid_unknown".
func (v vrrpVerdict) String() string {
	if v >= verdicts {
		return fmt.Sprintf("verdict %d", uint32(v))
	}
	return verdictLabels[v]
}
