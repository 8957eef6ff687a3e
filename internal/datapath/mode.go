package datapath

// Mode is how adverts are picked up on one interface. The values are the words
// of the `dataplane` setting and of the metric label.
type Mode string

// The modes, best first. Auto stands for the first one that the interface and
// the kernel allow.
const (
	Auto       Mode = "auto"
	XDP        Mode = "xdp"         // in the driver
	XDPGeneric Mode = "xdp-generic" // at the entry of the network stack
	TC         Mode = "tc"          // tcx, or a clsact filter before kernel 6.6
	Socket     Mode = "socket"      // a packet socket, no BPF program needed
)
