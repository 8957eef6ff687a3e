package address

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// The settings of net.ipv4.conf that we touch, by their numbers in linux/ip.h (IPV4_DEVCONF_*).
const (
	rpFilter           = 8
	arpFilter          = 13
	arpIgnore          = 19
	promoteSecondaries = 20
	acceptLocal        = 23

	inetConf = 1 // IFLA_INET_CONF
)

// PromoteSecondaries sets or clears promote_secondaries on an interface for good, and reports whether that was news: with it,
// secondary addresses survive their primary, whoever deletes it.
func (h *Holder) PromoteSecondaries(iface string, on bool) (changed bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, errClosed
	}
	index, err := h.req.index(iface)
	if err != nil {
		return false, fmt.Errorf("promote_secondaries: %w", err)
	}
	is, err := h.req.conf(index, promoteSecondaries)
	if err != nil || (is != 0) == on {
		return false, err
	}
	value := uint32(0)
	if on {
		value = 1
	}
	err = h.req.setConf(index, promoteSecondaries, value)
	return err == nil, err
}

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
		on, err := h.req.conf(p.index, promoteSecondaries)
		if err == nil && on == 0 {
			if err = h.req.setConf(p.index, promoteSecondaries, 1); err == nil {
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
			if err := h.req.setConf(index, promoteSecondaries, 0); err != nil && !errors.Is(err, unix.ENODEV) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}, errors.Join(errs...)
}
