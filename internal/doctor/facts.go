package doctor

import "net/netip"

// Facts is what Gather found. A value that could not be read is absent.
type Facts struct {
	// Sysctl are values by their path below /proc/sys.
	Sysctl map[string]string
	Links  []Link
	// Filters are the multicast filters of the links by name; nil: not to be read.
	Filters map[string]Filter
	// Neighbours are the entries of the neighbour tables.
	Neighbours4, Neighbours6 int
	// SELinux is enforcing or permissive; empty without SELinux.
	SELinux string
	// Rules is the firewall, as nftables keeps it.
	Rules Ruleset
	// LegacyTables are those of iptables-legacy, which is not in Rules.
	LegacyTables []string
	Kernel       Kernel
	Clocksource  string
	CPU          CPU
	// Vendor is who made the machine, by DMI.
	Vendor string
	// Keepalived are the pids of keepalived in this network namespace.
	Keepalived []int
	// LAN is who answered for the virtual addresses; filled by the caller.
	LAN []Answers
	// Unread is what could not be read, one line each.
	Unread []string
}

// Link is one network interface.
type Link struct {
	Name                    string
	Index                   int
	Up, Multicast, Loopback bool
	Ethernet                bool
	// XDP is the name of the XDP program that is attached; empty without.
	XDP string
	// Bridge is set for a bridge: does it snoop? Master is the bridge (or
	// bond, or VRF) that the interface belongs to.
	Bridge, Snooping bool
	Master           string
	// Kind is the kernel's word for what it is, "device" for a NIC. Lower is
	// what a macvlan, ipvlan or VLAN stands on; empty when that is elsewhere.
	Kind, Lower string
	Addresses   []Address
	// Groups are the multicast groups that it is a member of.
	Groups []netip.Addr
}

// Address is one address of an interface.
type Address struct {
	Prefix netip.Prefix
	// Dynamic: its lifetime ends; DHCP or router advertisements gave it.
	Dynamic, Tentative bool
}

// Kernel is what the kernel lets us do. An empty text is yes, any other says
// why not.
type Kernel struct {
	Release    string
	XDP        string // load an XDP program
	Ring       string // BPF ring buffers, Linux 5.8
	BPFFS      string // /sys/fs/bpf is mounted and is ours to write
	PacketSend string // packet sockets, CAP_NET_RAW
}

// CPU is how the daemon (or, without one, this command) is held back.
type CPU struct {
	Periods, Throttled uint64 // of its cgroup
	SlackNS            uint64 // timer slack
}

// Answers is who answers for a virtual address on the LAN.
type Answers struct {
	Address   netip.Addr
	Interface string
	MACs      []string
}

// link finds an interface by name.
func (f Facts) link(name string) (Link, bool) {
	for _, l := range f.Links {
		if l.Name == name {
			return l, true
		}
	}
	return Link{}, false
}
