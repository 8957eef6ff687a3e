package neighbours

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// A Table is one neighbour table as it is now.
type Table struct {
	Family  string // ipv4, ipv6
	Entries int
	Limit   int    // gc_thresh3
	Full    uint64 // how often an entry found no room since the machine started
}

// families are the kernel's names of the tables that matter.
var families = map[string]string{"arp_cache": "ipv4", "ndisc_cache": "ipv6"}

// Of linux/neighbour.h.
const (
	ndtaName, ndtaThresh3, ndtaConfig, ndtaStats = 1, 4, 5, 7

	entriesAt = 4      // in struct ndt_config
	fullsAt   = 10 * 8 // in struct ndt_stats
)

// Read asks the kernel for both tables.
func Read() ([]Table, error) {
	messages, err := dump.List(func() ([][]byte, error) {
		req := nl.NewNetlinkRequest(unix.RTM_GETNEIGHTBL, unix.NLM_F_DUMP)
		req.AddRawData([]byte{unix.AF_UNSPEC, 0, 0, 0})
		return req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGHTBL)
	})
	if err != nil {
		return nil, fmt.Errorf("list neighbour tables: %w", err)
	}
	var list []Table
	for _, m := range messages {
		t, ok, err := parse(m)
		if err != nil {
			return nil, fmt.Errorf("list neighbour tables: %w", err)
		}
		if ok {
			list = append(list, t)
		}
	}
	return list, nil
}

// parse reads one message; false says that it is about no table of ours, or about one interface's settings.
func parse(message []byte) (t Table, ok bool, err error) {
	const header = 4
	if len(message) < header {
		return t, false, fmt.Errorf("a message of %d bytes", len(message))
	}
	attrs, err := nl.ParseRouteAttr(message[header:])
	if err != nil {
		return t, false, err
	}
	counted := false
	for _, a := range attrs {
		switch v := a.Value; int(a.Attr.Type) {
		case ndtaName:
			t.Family = families[nl.BytesToString(v)]
		case ndtaThresh3:
			if len(v) >= 4 {
				t.Limit = int(binary.NativeEndian.Uint32(v))
			}
		case ndtaConfig:
			if len(v) >= entriesAt+4 {
				t.Entries, counted = int(binary.NativeEndian.Uint32(v[entriesAt:])), true
			}
		case ndtaStats:
			if len(v) >= fullsAt+8 {
				t.Full = binary.NativeEndian.Uint64(v[fullsAt:])
			}
		}
	}
	return t, t.Family != "" && t.Limit > 0 && counted, nil
}
