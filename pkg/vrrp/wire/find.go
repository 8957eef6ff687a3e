package wire

// Find picks the virtual router that p is for. rules is those of every virtual
// router on the interface where p arrived, both families in any order.
//
// It returns the index in rules and None; the caller goes on with Check. Or -1
// and the Reject: Protocol for AH where nobody uses AH, Destination, OwnSource,
// what Open said, or VRIDUnknown.
//
// Several unicast virtual routers may share a VRID when their addresses or
// peers differ, as keepalived allows.
func Find(p *Packet, rules []*Rules) (int, Reject) {
	return -1, VRIDUnknown
}
