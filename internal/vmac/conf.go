package vmac

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The settings of net.ipv4.conf that we touch, by their numbers in linux/ip.h (IPV4_DEVCONF_*).
const (
	rpFilter           = 8
	arpFilter          = 13
	arpAnnounce        = 18
	arpIgnore          = 19
	promoteSecondaries = 20
	acceptLocal        = 23

	inetConf = 1 // IFLA_INET_CONF

	typeMask = 0x3fff // NLA_TYPE_MASK
)

// errNoConf: the interface has no IPv4 settings at all.
var errNoConf = errors.New("no IPv4 settings")

// conf reads and writes settings of interfaces by netlink.
type conf struct{ socket *nl.NetlinkSocket }

func openConf() (*conf, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	return &conf{s}, nil
}

func (c *conf) fd() int { return c.socket.GetFd() }

func (c *conf) close() { c.socket.Close() }

// request is about one interface.
func (c *conf) request(typ, flags, index int) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(typ, flags)
	r.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: c.socket}}
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	r.AddData(msg)
	return r
}

// set writes a setting.
func (c *conf) set(index, number int, value uint32) error {
	r := c.request(unix.RTM_SETLINK, unix.NLM_F_ACK, index)
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC|unix.NLA_F_NESTED, nil)
	spec.AddRtAttr(unix.AF_INET|unix.NLA_F_NESTED, nil).AddRtAttr(inetConf|unix.NLA_F_NESTED, nil).
		AddRtAttr(number, nl.Uint32Attr(value))
	r.AddData(spec)
	if _, err := r.Execute(unix.NETLINK_ROUTE, 0); err != nil {
		return fmt.Errorf("setting %d of net.ipv4.conf of interface %d to %d: %w", number, index, value, err)
	}
	return nil
}

// get reads one; they come as an array of 32-bit numbers in host byte order, counted from 1.
func (c *conf) get(index, number int) (uint32, error) {
	answers, err := c.request(unix.RTM_GETLINK, 0, index).Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if err == nil {
		for _, m := range answers {
			values := find(find(find(m[min(len(m), unix.SizeofIfInfomsg):], unix.IFLA_AF_SPEC), unix.AF_INET), inetConf)
			if at := 4 * (number - 1); len(values) >= at+4 {
				return binary.NativeEndian.Uint32(values[at:]), nil
			}
		}
		err = errNoConf
	}
	return 0, fmt.Errorf("setting %d of net.ipv4.conf of interface %d: %w", number, index, err)
}

// find is the value of an attribute, nil when there is none.
func find(attrs []byte, typ uint16) []byte {
	list, err := nl.ParseRouteAttr(attrs)
	if err != nil {
		return nil
	}
	for _, a := range list {
		if a.Attr.Type&typeMask == typ {
			return a.Value
		}
	}
	return nil
}
