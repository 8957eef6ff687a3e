package doctor

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// MAC is a link-layer address.
type MAC [6]byte

// Filter is what an interface lets in besides its own address and broadcast.
type Filter struct {
	// Groups is the device's multicast list, from which a driver programs the NIC.
	Groups []MAC
	// Everything says that it takes all multicast whatever the list holds: it is
	// promiscuous or in allmulticast mode.
	Everything bool
}

// filters reads the multicast lists and the modes of the interfaces. The modes
// come from counters, not from the flags, which hide what a bridge, tcpdump or
// a packet socket has set.
func (f *Facts) filters() {
	list, err := os.ReadFile("/proc/thread-self/net/dev_mcast")
	if err != nil {
		f.cannot("the NICs' multicast filters", err)
		return
	}
	groups := parseDevMcast(string(list))
	everything, err := takeEverything()
	if err != nil {
		f.cannot("the NICs' modes", err)
		return
	}
	f.Filters = map[string]Filter{}
	for _, l := range f.Links {
		f.Filters[l.Name] = Filter{Groups: groups[l.Name], Everything: everything[l.Index]}
	}
}

// parseDevMcast reads "index device references users address", the address in
// hex without colons.
func parseDevMcast(text string) map[string][]MAC {
	groups := map[string][]MAC{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 5 {
			continue
		}
		if b, err := hex.DecodeString(fields[4]); err == nil && len(b) == len(MAC{}) {
			groups[fields[1]] = append(groups[fields[1]], MAC(b))
		}
	}
	return groups
}

// takeEverything tells which interfaces, by index, are promiscuous or in
// allmulticast mode.
func takeEverything() (map[int]bool, error) {
	for {
		request := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
		request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
		messages, err := request.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
		if errors.Is(err, netlink.ErrDumpInterrupted) {
			continue
		}
		if err != nil {
			return nil, err
		}
		modes := map[int]bool{}
		for _, m := range messages {
			info := nl.DeserializeIfInfomsg(m)
			on := info.Flags&(unix.IFF_PROMISC|unix.IFF_ALLMULTI) != 0
			attributes, err := nl.ParseRouteAttr(m[info.Len():])
			if err != nil {
				return nil, err
			}
			for _, a := range attributes {
				counter := a.Attr.Type == unix.IFLA_PROMISCUITY || a.Attr.Type == unix.IFLA_ALLMULTI
				on = on || counter && len(a.Value) >= 4 && nl.NativeEndian().Uint32(a.Value) > 0
			}
			modes[int(info.Index)] = on
		}
		return modes, nil
	}
}
