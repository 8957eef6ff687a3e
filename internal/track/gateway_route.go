package track

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// defaultGateway reads the main table's default route, IPv4 before IPv6, the
// lowest metric first.
func defaultGateway() (neighbor, error) {
	for _, family := range []int{syscall.AF_INET, syscall.AF_INET6} {
		b, err := syscall.NetlinkRIB(syscall.RTM_GETROUTE, family)
		if err != nil {
			return neighbor{}, fmt.Errorf("read routes: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(b)
		if err != nil {
			return neighbor{}, fmt.Errorf("read routes: %w", err)
		}
		best := route{}
		for _, m := range messages {
			if r, ok := defaultRoute(m); ok && (!best.gateway.IsValid() || r.metric < best.metric) {
				best = r
			}
		}
		if best.gateway.IsValid() {
			return onLink(best.gateway, best.index)
		}
	}
	return neighbor{}, errors.New("no default route")
}

type route struct {
	gateway netip.Addr
	index   int
	metric  uint32
}

// defaultRoute reads a message if it is a default route through a gateway.
func defaultRoute(m syscall.NetlinkMessage) (route, bool) {
	// struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type.
	if m.Header.Type != syscall.RTM_NEWROUTE || len(m.Data) < syscall.SizeofRtMsg ||
		m.Data[1] != 0 || m.Data[4] != syscall.RT_TABLE_MAIN || m.Data[7] != syscall.RTN_UNICAST {
		return route{}, false
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return route{}, false
	}
	var r route
	for _, a := range attrs {
		switch a.Attr.Type {
		case syscall.RTA_GATEWAY:
			r.gateway, _ = netip.AddrFromSlice(a.Value) // invalid: seen below
		case syscall.RTA_OIF:
			r.index = int(binary.NativeEndian.Uint32(a.Value))
		case syscall.RTA_PRIORITY:
			r.metric = binary.NativeEndian.Uint32(a.Value)
		}
	}
	return r, r.gateway.IsValid() && r.index != 0
}
