package prober

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"

	"github.com/xvrrp/xvrrp/internal/solicit"
)

// Question asks who has Addr on an interface.
type Question struct {
	IfIndex int
	Addr    netip.Addr
	// Source is an address of ours to ask from, of Addr's family; for IPv6 a
	// link-local one. Without one it is asked by nobody.
	Source netip.Addr
	// MAC is the station to ask, beside everybody; zero: nobody is known.
	MAC [6]byte
}

var broadcast = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// frame is the payload of one frame and where it goes.
type frame struct {
	to      [6]byte
	payload []byte
}

// frames are what asks the question from an interface's MAC.
func (q *Question) frames(mac net.HardwareAddr) ([]frame, error) {
	build := q.requests
	if q.Addr.Is6() {
		build = q.solicitations
	}
	list, err := build(mac)
	if err != nil {
		return nil, fmt.Errorf("question for %v: %w", q.Addr, err)
	}
	return list, nil
}

// requests are those of ARP.
func (q *Question) requests(mac net.HardwareAddr) ([]frame, error) {
	nobody, err := request(mac, netip.IPv4Unspecified(), q.Addr)
	if err != nil {
		return nil, err
	}
	list := []frame{{broadcast, nobody}}
	if q.Source.Is4() && q.Source != q.Addr {
		named, err := request(mac, q.Source, q.Addr)
		if err != nil {
			return nil, err
		}
		list = append(list, frame{broadcast, named})
	}
	if q.MAC != [6]byte{} {
		list = append(list, frame{q.MAC, list[len(list)-1].payload})
	}
	return list, nil
}

func request(mac net.HardwareAddr, source, target netip.Addr) ([]byte, error) {
	p, err := arp.NewPacket(arp.OperationRequest, mac, source, make(net.HardwareAddr, 6), target)
	if err != nil {
		return nil, err
	}
	return p.MarshalBinary()
}

// solicitations are those of neighbour discovery: to everybody, and to the station
// alone.
func (q *Question) solicitations(mac net.HardwareAddr) ([]frame, error) {
	var source netip.Addr
	if q.Source.Is6() && q.Source != q.Addr {
		source = q.Source
	}
	all, group, err := solicit.All(q.Addr, source, mac)
	if err != nil {
		return nil, err
	}
	list := []frame{{[6]byte(group), all}}
	if q.MAC != [6]byte{} && source.IsValid() { // from nobody it goes to the group only
		one, err := solicit.One(q.Addr, source, mac)
		if err != nil {
			return nil, err
		}
		list = append(list, frame{q.MAC, one})
	}
	return list, nil
}
