package announce

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
)

const (
	etherTypeARP  = 0x0806
	etherTypeIPv6 = 0x86dd
	icmpv6        = 58
)

var (
	broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	allNodes  = netip.MustParseAddr("ff02::1")
	// allNodesMAC is the Ethernet address of ff02::1 (RFC 2464 §7).
	allNodesMAC = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}
)

// garp builds a gratuitous ARP frame: sender and target address are the
// announced one, and the target hardware address is all ones, as keepalived and
// FRR send it.
func garp(op arp.Operation, mac net.HardwareAddr, addr netip.Addr) ([]byte, error) {
	p, err := arp.NewPacket(op, mac, addr, broadcast, addr)
	if err != nil {
		return nil, fmt.Errorf("gratuitous ARP for %v: %w", addr, err)
	}
	payload, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("gratuitous ARP for %v: %w", addr, err)
	}
	return append(header(broadcast, mac, etherTypeARP), payload...), nil
}

// advertisement builds an unsolicited neighbour advertisement (RFC 4861 §7.2.6)
// from the announced address to all nodes, with the flags R and O: R, because a
// host that hears it cleared drops its default router.
func advertisement(mac net.HardwareAddr, addr netip.Addr) ([]byte, error) {
	icmp, err := ndp.MarshalMessageChecksum(&ndp.NeighborAdvertisement{
		Router:        true,
		Override:      true,
		TargetAddress: addr,
		Options:       []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac}},
	}, addr, allNodes)
	if err != nil {
		return nil, fmt.Errorf("neighbour advertisement for %v: %w", addr, err)
	}
	f := header(allNodesMAC, mac, etherTypeIPv6)
	f = append(f, 6<<4, 0, 0, 0) // version 6, no traffic class, no flow label
	f = binary.BigEndian.AppendUint16(f, uint16(len(icmp)))
	f = append(f, icmpv6, ndp.HopLimit)
	f = append(f, addr.AsSlice()...)
	f = append(f, allNodes.AsSlice()...)
	return append(f, icmp...), nil
}

func header(dst, src net.HardwareAddr, etherType uint16) []byte {
	b := make([]byte, 0, 96)
	b = append(b, dst...)
	b = append(b, src...)
	return binary.BigEndian.AppendUint16(b, etherType)
}

// frame is one ready announcement.
type frame struct {
	ifindex int
	data    []byte
}

// framesFor builds what one round sends for a target.
func framesFor(t Target, replies bool) (k Kind, frames []frame, err error) {
	mac := net.HardwareAddr(t.MAC[:])
	addr := t.Addr.WithZone("").Unmap()
	if !addr.IsValid() {
		return k, nil, fmt.Errorf("announce on interface %d: no address", t.IfIndex)
	}
	if addr.Is6() {
		data, err := advertisement(mac, addr)
		return NA, []frame{{t.IfIndex, data}}, err
	}
	operations := []arp.Operation{arp.OperationRequest}
	if replies {
		operations = append(operations, arp.OperationReply)
	}
	for _, op := range operations {
		data, err := garp(op, mac, addr)
		if err != nil {
			return GARP, nil, err
		}
		frames = append(frames, frame{t.IfIndex, data})
	}
	return GARP, frames, nil
}
