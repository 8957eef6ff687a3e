package main

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// advert is one advert as it reached the judge.
type advert struct {
	at             time.Time
	from           netip.Addr
	vrid, priority byte
}

// The offsets are those of IPv4 without options behind an Ethernet header.
const (
	etherLen               = 14
	payload                = etherLen + 20
	protoICMP              = 1
	protoVRRP              = 112
	etherIPv4              = 0x0800
	etherARP               = 0x0806
	etherIPv6              = 0x86dd
	echoReply              = 0
	protoICMPv6            = 58
	neighbourAdvertisement = 136
	arpLen                 = etherLen + 28
	arpSender              = etherLen + 8
	arpSendsIP             = etherLen + 14
)

// readAdvert reads a received frame as a VRRP advert over IPv4.
func readAdvert(f lab.Frame) (a advert, ok bool) {
	if f.Out || !isIPv4(f, protoVRRP) || len(f.Data) < payload+8 {
		return a, false
	}
	from, _ := netip.AddrFromSlice(f.Data[etherLen+12 : etherLen+16])
	return advert{f.At, from, f.Data[payload+1], f.Data[payload+2]}, true
}

func isIPv4(f lab.Frame, protocol byte) bool {
	return len(f.Data) >= payload && binary.BigEndian.Uint16(f.Data[12:]) == etherIPv4 && f.Data[etherLen+9] == protocol
}

// isAnswer tells an echo reply from the address, sent by the MAC.
func isAnswer(f lab.Frame, from netip.Addr, mac [6]byte) bool {
	ip := from.As4()
	return !f.Out && isIPv4(f, protoICMP) && len(f.Data) > payload && f.Data[payload] == echoReply &&
		[4]byte(f.Data[etherLen+12:]) == ip && [6]byte(f.Data[6:]) == mac
}

// isAnnouncement tells a gratuitous ARP for the address from the MAC.
func isAnnouncement(f lab.Frame, of netip.Addr, mac [6]byte) bool {
	return !f.Out && len(f.Data) >= arpLen && binary.BigEndian.Uint16(f.Data[12:]) == etherARP &&
		[6]byte(f.Data[arpSender:]) == mac && [4]byte(f.Data[arpSendsIP:]) == of.As4() &&
		[4]byte(f.Data[arpSendsIP+10:]) == of.As4()
}

// advertisedBy is the IPv6 address that an unsolicited neighbour advertisement tells from a MAC.
func advertisedBy(f lab.Frame, mac [6]byte) (ip netip.Addr, ok bool) {
	const header, target, end = etherLen + 40, etherLen + 48, etherLen + 64
	if f.Out || len(f.Data) < end || binary.BigEndian.Uint16(f.Data[12:]) != etherIPv6 || [6]byte(f.Data[6:]) != mac ||
		f.Data[etherLen+6] != protoICMPv6 || f.Data[header] != neighbourAdvertisement {
		return ip, false
	}
	return netip.AddrFrom16([16]byte(f.Data[target:end])), true
}

func adverts(frames []lab.Frame) []advert {
	var list []advert
	for _, f := range frames {
		if a, ok := readAdvert(f); ok {
			list = append(list, a)
		}
	}
	return list
}

// first is the first received frame since a time that is of the kind asked for.
func first(frames []lab.Frame, since time.Time, is func(lab.Frame) bool) (time.Time, bool) {
	for _, f := range frames {
		if !f.At.Before(since) && is(f) {
			return f.At, true
		}
	}
	return time.Time{}, false
}
