package address

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// routeMetrics are the words that set one RTAX value.
var routeMetrics = map[string]int{
	"mtu": unix.RTAX_MTU, "window": unix.RTAX_WINDOW, "rtt": unix.RTAX_RTT, "rttvar": unix.RTAX_RTTVAR,
	"ssthresh": unix.RTAX_SSTHRESH, "cwnd": unix.RTAX_CWND, "advmss": unix.RTAX_ADVMSS, "reordering": unix.RTAX_REORDERING,
	"hoplimit": unix.RTAX_HOPLIMIT, "initcwnd": unix.RTAX_INITCWND, "rto_min": unix.RTAX_RTO_MIN,
	"initrwnd": unix.RTAX_INITRWND, "quickack": unix.RTAX_QUICKACK, "fastopen_no_cookie": unix.RTAX_FASTOPEN_NO_COOKIE,
}

// Option sets what a route line of the configuration says beyond the common part: a word and its values, where "lock" may stand
// before the number. Words that xvrrp does not put into the kernel are errors.
func (r *Route) Option(word string, values []string) error {
	lock := len(values) > 1 && values[0] == "lock"
	if lock {
		values = values[1:]
	}
	value := first(values)
	var err error
	switch word {
	case "tos", "dsfield":
		r.TOS, err = byteOf(value)
	case "realms":
		r.Realms, err = realms(value)
	case "expires":
		r.Expires, err = uint32Of(value)
	case "pref":
		pref, ok := map[string]uint8{"low": 3, "medium": 0, "high": 1}[value] // RFC 4191
		if r.Pref = &pref; !ok {
			err = fmt.Errorf("%q is not low, medium or high", value)
		}
	case "congctl":
		r.Metrics.CongCtl = value
		if lock {
			r.Metrics.Lock |= 1 << unix.RTAX_CC_ALGO
		}
	case "features":
		if value != "ecn" {
			err = fmt.Errorf("%q is not ecn", value)
		}
		r.Metrics.Value[unix.RTAX_FEATURES] |= unix.RTAX_FEATURE_ECN
	case "add":
		r.Place = PlaceAlone
	case "append":
		r.Place = PlaceLast
	case "prepend":
		r.Place = PlaceFirst
	case "ttl-propagate":
		on, ok := map[string]bool{"enabled": true, "disabled": false}[value]
		if r.TTL = &on; !ok {
			err = fmt.Errorf("%q is not enabled or disabled", value)
		}
	default:
		i, ok := routeMetrics[word]
		if !ok {
			return fmt.Errorf("route option %s is not supported", word)
		}
		r.Metrics.Value[i], err = metricValue(i, value)
		if lock {
			r.Metrics.Lock |= 1 << i
		}
	}
	if err != nil {
		return fmt.Errorf("route option %s: %w", word, err)
	}
	return nil
}

// metricValue reads a number in the kernel's unit: rtt is kept in eighths, rttvar in quarters of a millisecond.
func metricValue(i int, value string) (uint32, error) {
	switch i {
	case unix.RTAX_RTT, unix.RTAX_RTTVAR, unix.RTAX_RTO_MIN:
		d, err := duration(value)
		ms := uint32(d / time.Millisecond)
		switch i {
		case unix.RTAX_RTT:
			ms *= 8
		case unix.RTAX_RTTVAR:
			ms *= 4
		}
		return ms, err
	}
	return uint32Of(value)
}

// duration reads iproute2's times: a number of milliseconds, or one with its unit, s or ms.
func duration(value string) (time.Duration, error) {
	if n, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(n) * time.Millisecond, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a time", value)
	}
	return d, nil
}

// Option sets what a rule line of the configuration says beyond the common part.
func (r *Rule) Option(word string, values []string) error {
	value := first(values)
	var err error
	switch word {
	case "tos", "dsfield":
		r.TOS, err = byteOf(value)
	case "realms":
		r.Realms, err = realms(value)
	case "suppress_prefixlength", "sup_pl":
		r.SuppressLen, err = pointer(value)
	case "suppress_ifgroup", "sup_group":
		var group uint32
		group, err = LinkGroup(value)
		r.SuppressGrp = &group
	case "tunnel-id":
		r.TunnelID, err = strconv.ParseUint(value, 0, 64)
	case "uidrange":
		var uids [2]uint32
		uids[0], uids[1], err = span(value, 32)
		r.UIDs = &uids
	case "sport", "dport":
		var from, to uint32
		from, to, err = span(value, 16)
		if ports := [2]uint16{uint16(from), uint16(to)}; word == "sport" {
			r.SPort = ports
		} else {
			r.DPort = ports
		}
	case "l3mdev":
		r.L3MDev = true
	case "ipproto":
		r.IPProto, err = ipProtocol(value)
	case "protocol":
		r.Protocol, err = Protocol(value)
	case "inet", "inet6":
		// The family is known by now.
	case "goto":
		r.Goto, err = uint32Of(value)
	default:
		return fmt.Errorf("rule option %s is not supported", word)
	}
	if err != nil {
		return fmt.Errorf("rule option %s: %w", word, err)
	}
	return nil
}

var ipProtocols = map[string]uint8{
	"icmp": unix.IPPROTO_ICMP, "tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "ipv6-icmp": unix.IPPROTO_ICMPV6,
	"icmpv6": unix.IPPROTO_ICMPV6, "sctp": unix.IPPROTO_SCTP, "gre": unix.IPPROTO_GRE, "esp": unix.IPPROTO_ESP,
	"ah": unix.IPPROTO_AH, "vrrp": 112,
}

func ipProtocol(value string) (uint8, error) {
	if p, ok := ipProtocols[value]; ok {
		return p, nil
	}
	return byteOf(value)
}

// realms reads SOURCE/DESTINATION or DESTINATION.
func realms(value string) (uint32, error) {
	from, to, two := strings.Cut(value, "/")
	if !two {
		from, to = "0", from
	}
	a, errA := strconv.ParseUint(from, 0, 16)
	b, errB := strconv.ParseUint(to, 0, 16)
	if errA != nil || errB != nil {
		return 0, fmt.Errorf("%q is not a realm", value)
	}
	return uint32(a)<<16 | uint32(b), nil
}

// span reads N or N-M of so many bits.
func span(value string, bits int) (from, to uint32, err error) {
	a, b, two := strings.Cut(value, "-")
	if !two {
		b = a
	}
	n, errN := strconv.ParseUint(a, 10, bits)
	m, errM := strconv.ParseUint(b, 10, bits)
	if errN != nil || errM != nil || m < n {
		return 0, 0, fmt.Errorf("%q is not a range", value)
	}
	return uint32(n), uint32(m), nil
}

func uint32Of(value string) (uint32, error) {
	n, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", value)
	}
	return uint32(n), nil
}

func byteOf(value string) (uint8, error) {
	n, err := strconv.ParseUint(value, 0, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number up to 255", value)
	}
	return uint8(n), nil
}

func pointer(value string) (*uint32, error) {
	n, err := uint32Of(value)
	return &n, err
}
