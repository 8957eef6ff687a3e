package address

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// conf reads a setting of net.ipv4.conf.<interface>. By netlink, so that a read-only or missing /proc does not matter.
func (s *socket) conf(index, setting int) (value uint32, err error) {
	found := false
	err = s.link(index, func(attrs []byte) {
		eachAttr(attrs, func(typ uint16, data []byte) {
			if typ != unix.IFLA_AF_SPEC {
				return
			}
			eachAttr(data, func(family uint16, data []byte) {
				if family != unix.AF_INET {
					return
				}
				eachAttr(data, func(typ uint16, conf []byte) {
					if at := 4 * (setting - 1); typ == inetConf && len(conf) >= at+4 {
						value, found = native.Uint32(conf[at:]), true
					}
				})
			})
		})
	})
	if err == nil && !found {
		err = unix.ENODATA
	}
	if err != nil {
		return 0, fmt.Errorf("setting %d of net.ipv4.conf of interface %d: %w", setting, index, err)
	}
	return value, nil
}

// setConf writes it.
func (s *socket) setConf(index, setting int, value uint32) error {
	conf := appendAttr32(nil, uint16(setting), value)
	conf = appendAttr(nil, inetConf|unix.NLA_F_NESTED, conf...)
	conf = appendAttr(nil, unix.AF_INET|unix.NLA_F_NESTED, conf...)
	answers, err := s.batch(1, func(int) request {
		return request{typ: unix.RTM_SETLINK, body: func(b []byte) []byte {
			b = append(b, unix.AF_UNSPEC, 0, 0, 0)
			b = native.AppendUint32(b, uint32(index))
			b = append(b, make([]byte, 8)...) // flags and their mask
			return appendAttr(b, unix.IFLA_AF_SPEC|unix.NLA_F_NESTED, conf...)
		}}
	})
	if err == nil {
		err = answers[0]
	}
	if err != nil {
		return fmt.Errorf("setting %d of net.ipv4.conf of interface %d to %d: %w", setting, index, value, err)
	}
	return nil
}
