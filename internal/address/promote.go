package address

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	inetConf           = 1  // IFLA_INET_CONF
	promoteSecondaries = 20 // IPV4_DEVCONF_PROMOTE_SECONDARIES of linux/ip.h
)

// promoteSecondaries has the kernel keep secondary addresses on the interfaces from which IPv4 addresses are about to be
// deleted, and returns what puts the setting back. By netlink, so that a read-only /proc does not matter.
func (h *Holder) promoteSecondaries(list []place) (restore func() error, err error) {
	var changed []int
	var errs []error
	seen := map[int]bool{}
	for _, p := range list {
		if seen[p.index] || p.prefix.Addr().Is6() || p.prefix.IsSingleIP() {
			continue // nothing is secondary to such an address
		}
		seen[p.index] = true
		on, err := h.req.promotes(p.index)
		if err == nil && !on {
			if err = h.req.setPromotes(p.index, 1); err == nil {
				changed = append(changed, p.index)
			}
		}
		if err != nil && !errors.Is(err, unix.ENODEV) {
			errs = append(errs, err)
		}
	}
	return func() error {
		var errs []error
		for _, index := range changed {
			if err := h.req.setPromotes(index, 0); err != nil && !errors.Is(err, unix.ENODEV) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}, errors.Join(errs...)
}

// promotes reads net.ipv4.conf.<interface>.promote_secondaries.
func (s *socket) promotes(index int) (bool, error) {
	on := false
	err := s.link(index, func(attrs []byte) {
		eachAttr(attrs, func(typ uint16, data []byte) {
			if typ != unix.IFLA_AF_SPEC {
				return
			}
			eachAttr(data, func(family uint16, data []byte) {
				if family != unix.AF_INET {
					return
				}
				eachAttr(data, func(typ uint16, conf []byte) {
					if at := 4 * (promoteSecondaries - 1); typ == inetConf && len(conf) >= at+4 {
						on = native.Uint32(conf[at:]) != 0
					}
				})
			})
		})
	})
	if err != nil {
		return false, fmt.Errorf("promote_secondaries of interface %d: %w", index, err)
	}
	return on, nil
}

// setPromotes writes it.
func (s *socket) setPromotes(index int, value uint32) error {
	conf := appendAttr32(nil, promoteSecondaries, value)
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
		return fmt.Errorf("promote_secondaries of interface %d to %d: %w", index, value, err)
	}
	return nil
}
