package survey

import (
	"fmt"
	"net"
)

// MAC is an Ethernet address.
type MAC [6]byte

func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// MarshalText is String, for JSON.
func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *MAC) UnmarshalText(text []byte) error {
	mac, err := net.ParseMAC(string(text))
	if err != nil {
		return err
	}
	if len(mac) != len(m) {
		return fmt.Errorf("%s: not an Ethernet address", text)
	}
	*m = MAC(mac)
	return nil
}

// Owner says what the address tells of its owner: a virtual router of one
// of the redundancy protocols, a virtual machine, or nothing (empty).
func (m MAC) Owner() string {
	switch {
	case m.starts(0x00, 0x00, 0x5e, 0x00, 0x01):
		return fmt.Sprintf("VRRP virtual router %d, IPv4", m[5])
	case m.starts(0x00, 0x00, 0x5e, 0x00, 0x02):
		return fmt.Sprintf("VRRP virtual router %d, IPv6", m[5])
	case m.starts(0x00, 0x00, 0x0c, 0x07, 0xac):
		return fmt.Sprintf("HSRP group %d", m[5])
	case m.starts(0x00, 0x00, 0x0c, 0x9f) && m[4]>>4 == 0xf:
		return fmt.Sprintf("HSRP version 2 group %d", int(m[4]&0x0f)<<8|int(m[5]))
	case m.starts(0x00, 0x05, 0x73, 0xa0) && m[4]>>4 == 0:
		return fmt.Sprintf("HSRP group %d, IPv6", int(m[4]&0x0f)<<8|int(m[5]))
	case m.starts(0x00, 0x07, 0xb4, 0x00):
		return fmt.Sprintf("GLBP group %d forwarder %d", m[4], m[5])
	}
	for _, v := range makers {
		if m.starts(v.prefix...) {
			return v.name
		}
	}
	if m[0]&0x02 != 0 {
		return "locally administered"
	}
	return ""
}

func (m MAC) starts(prefix ...byte) bool { return string(m[:len(prefix)]) == string(prefix) }

// makers are the prefixes that virtual machines and containers are given.
var makers = []struct {
	prefix []byte
	name   string
}{
	{[]byte{0x52, 0x54, 0x00}, "QEMU or KVM virtual machine"},
	{[]byte{0xfa, 0x16, 0x3e}, "OpenStack virtual machine"},
	{[]byte{0x00, 0x50, 0x56}, "VMware virtual machine"},
	{[]byte{0x00, 0x0c, 0x29}, "VMware virtual machine"},
	{[]byte{0x00, 0x05, 0x69}, "VMware virtual machine"},
	{[]byte{0x08, 0x00, 0x27}, "VirtualBox virtual machine"},
	{[]byte{0x00, 0x15, 0x5d}, "Hyper-V virtual machine"},
	{[]byte{0x00, 0x16, 0x3e}, "Xen virtual machine"},
	{[]byte{0x00, 0x1c, 0x42}, "Parallels virtual machine"},
	{[]byte{0x02, 0x42}, "Docker container"},
}
