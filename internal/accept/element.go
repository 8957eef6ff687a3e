package accept

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
)

// A kind is one of the table's sets.
type kind int

const (
	refused4 kind = iota // IPv4 addresses
	refused6             // IPv6 addresses
	quiet                // interface indices
	copies               // interface index and IPv6 address
	kinds                // how many there are
)

var setNames = [kinds]string{"refused4", "refused6", "silent", "copies"}

var setTypes = [kinds]nftables.SetDatatype{
	nftables.TypeIPAddr, nftables.TypeIP6Addr, nftables.TypeIFIndex,
	nftables.MustConcatSetType(nftables.TypeIFIndex, nftables.TypeIP6Addr),
}

// An element is one entry of one set, its key as the kernel wants it.
type element struct {
	kind kind
	key  string
}

func refused(a netip.Addr) element {
	a = a.Unmap()
	if a.Is4() {
		return element{refused4, string(a.AsSlice())}
	}
	return element{refused6, string(a.AsSlice())}
}

// index is an interface index in host byte order, as the kernel compares it.
func index(ifindex int) []byte { return binaryutil.NativeEndian.PutUint32(uint32(ifindex)) }

func silent(ifindex int) element { return element{quiet, string(index(ifindex))} }

func borrowed(ifindex int, a netip.Addr) element {
	return element{copies, string(index(ifindex)) + string(a.WithZone("").AsSlice())}
}
