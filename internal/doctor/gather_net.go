package doctor

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// network reads links, addresses, groups and the sizes of the neighbour
// tables.
func (f *Facts) network() {
	links, err := dump.List(netlink.LinkList)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		f.cannot("interfaces", err)
	}
	addresses, err := dump.List(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		f.cannot("addresses", err)
	}
	groups := joined()
	names := map[int]string{}
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	for _, l := range links {
		to := linkOf(l)
		to.Master = names[l.Attrs().MasterIndex]
		if slices.Contains(stacked, to.Kind) && l.Attrs().NetNsID < 0 {
			to.Lower = names[l.Attrs().ParentIndex]
		}
		to.Groups = groups[to.Name]
		for _, a := range addresses {
			if a.LinkIndex == to.Index {
				if one, ok := addressOf(a); ok {
					to.Addresses = append(to.Addresses, one)
				}
			}
		}
		f.Links = append(f.Links, to)
	}
	f.filters()
	f.Neighbours4 = f.neighbours(netlink.FAMILY_V4)
	f.Neighbours6 = f.neighbours(netlink.FAMILY_V6)
}

// stacked are the kinds that stand on one other interface of the host.
var stacked = []string{"macvlan", "macvtap", "ipvlan", "vlan"}

func linkOf(l netlink.Link) Link {
	a := l.Attrs()
	to := Link{
		Name: a.Name, Index: a.Index,
		Up:       a.Flags&net.FlagUp != 0 && a.RawFlags&unix.IFF_RUNNING != 0,
		Loopback: a.Flags&net.FlagLoopback != 0, Multicast: a.Flags&net.FlagMulticast != 0, Ethernet: a.EncapType == "ether",
		Kind: l.Type(),
	}
	if a.Xdp != nil && a.Xdp.Attached {
		to.XDP = programName(ebpf.ProgramID(a.Xdp.ProgId))
	}
	if b, ok := l.(*netlink.Bridge); ok {
		to.Bridge = true
		to.Snooping = b.MulticastSnooping != nil && *b.MulticastSnooping
	}
	return to
}

// programName is never empty: a program that may not be looked at is unknown.
func programName(id ebpf.ProgramID) string {
	p, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return "unknown"
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil || info.Name == "" {
		return "unnamed"
	}
	return info.Name
}

func addressOf(a netlink.Addr) (Address, bool) {
	ip, ok := netip.AddrFromSlice(a.IP)
	if !ok {
		return Address{}, false
	}
	bits, _ := a.Mask.Size()
	return Address{
		Prefix:    netip.PrefixFrom(ip.Unmap(), bits),
		Dynamic:   a.Flags&unix.IFA_F_PERMANENT == 0,
		Tentative: a.Flags&unix.IFA_F_TENTATIVE != 0,
	}, true
}

// neighbours counts the entries that the limit counts.
func (f *Facts) neighbours(family int) int {
	list, err := dump.List(func() ([]netlink.Neigh, error) { return netlink.NeighList(0, family) })
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		f.cannot("neighbours", err)
	}
	n := 0
	for _, e := range list {
		if e.State&(netlink.NUD_PERMANENT|netlink.NUD_NOARP) == 0 {
			n++
		}
	}
	return n
}

// joined are the multicast groups of each interface.
func joined() map[string][]netip.Addr {
	groups := map[string][]netip.Addr{}
	if b, err := os.ReadFile("/proc/thread-self/net/igmp"); err == nil {
		parseIGMP(string(b), groups)
	}
	if b, err := os.ReadFile("/proc/thread-self/net/igmp6"); err == nil {
		parseIGMP6(string(b), groups)
	}
	return groups
}

// parseIGMP reads a line for each interface and, indented, one for each group:
// the address as the kernel's 32-bit number in hex.
func parseIGMP(text string, groups map[string][]netip.Addr) {
	device := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "Idx":
		case line[0] != '\t' && len(fields) > 1:
			device = fields[1]
		default:
			b, err := hex.DecodeString(fields[0])
			if err != nil || len(b) != 4 {
				continue
			}
			var ip [4]byte
			binary.NativeEndian.PutUint32(ip[:], binary.BigEndian.Uint32(b))
			groups[device] = append(groups[device], netip.AddrFrom4(ip))
		}
	}
}

// parseIGMP6 reads "index device group users ...", the group in hex.
func parseIGMP6(text string, groups map[string][]netip.Addr) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		b, err := hex.DecodeString(fields[2])
		if err != nil || len(b) != 16 {
			continue
		}
		groups[fields[1]] = append(groups[fields[1]], netip.AddrFrom16([16]byte(b)))
	}
}
