package address

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// allRPFilter is the strictest of it and the interface's own that counts, so a virtual MAC interface, whose packets come back
// by its parent, needs it at zero.
const allRPFilter = "/proc/sys/net/ipv4/conf/all/rp_filter"

// A setting of the host that we changed, and what it was. Index 0 is "all".
type setting struct{ index, number int }

type settings map[setting]uint32

func (s settings) append(b []byte) []byte {
	for k, old := range s {
		b = fmt.Appendf(b, "conf %d %d %d\n", k.index, k.number, old)
	}
	return b
}

func (s settings) parse(line string) error {
	var k setting
	var old uint32
	if n, err := fmt.Sscanf(line, "conf %d %d %d", &k.index, &k.number, &old); err != nil || n != 3 {
		return fmt.Errorf("%q is neither an interface nor a setting", line)
	}
	s[k] = old
	return nil
}

// adjust sets what a virtual MAC interface needs on itself and around it, and raises it.
func (v *VMACs) adjust(l vmacLink) error {
	var errs []error
	if l.IPv6 {
		errs = append(errs, v.noGeneratedLinkLocal(l.index), v.copyLinkLocal(l))
	} else {
		// Only the interface itself answers for its addresses, and hears what its host's other interface sends.
		for _, c := range []struct {
			number int
			value  uint32
		}{{arpIgnore, 1}, {acceptLocal, 1}, {rpFilter, 0}, {promoteSecondaries, 1}} {
			errs = append(errs, v.req.setConf(l.index, c.number, c.value))
		}
		errs = append(errs, v.noIPv6(l), v.change(setting{l.parent, arpIgnore}, 1), v.change(setting{l.parent, arpFilter}, 1),
			v.looseRPFilter())
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Index = l.index
	if err := v.nl.LinkSetUp(&netlink.Macvlan{LinkAttrs: attrs}); err != nil {
		errs = append(errs, fmt.Errorf("%s up: %w", l.name, err))
	}
	if l.IPv6 {
		errs = append(errs, v.copyLinkLocal(l)) // again, since raising an interface may drop what it had
	}
	return errors.Join(errs...)
}

// change raises a setting of another interface to at least value and remembers what it was.
func (v *VMACs) change(k setting, value uint32) error {
	old, err := v.req.conf(k.index, k.number)
	if err != nil || old >= value {
		return err
	}
	if _, known := v.saved[k]; !known {
		v.saved[k] = old
		if err := v.writeJournal(); err != nil {
			return err
		}
	}
	return v.req.setConf(k.index, k.number, value)
}

// looseRPFilter moves all.rp_filter to the single interfaces, where it has the same effect, and sets it to zero.
func (v *VMACs) looseRPFilter() error {
	text, err := os.ReadFile(allRPFilter)
	if err != nil {
		return err
	}
	all, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || all == 0 {
		return err
	}
	links, err := v.nl.LinkList()
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	mine := map[int]bool{}
	for _, l := range v.held {
		mine[l.index] = true
	}
	for _, l := range links {
		index := l.Attrs().Index
		if mine[index] {
			continue
		}
		own, err := v.req.conf(index, rpFilter)
		if err == nil && own < uint32(all) {
			err = v.req.setConf(index, rpFilter, uint32(all))
		}
		if err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.ENODATA) {
			return err
		}
	}
	v.saved[setting{0, rpFilter}] = uint32(all)
	if err := v.writeJournal(); err != nil {
		return err
	}
	return os.WriteFile(allRPFilter, []byte("0"), 0o644)
}

// restore puts settings back when the last interface that needs them is gone.
func (v *VMACs) restore() error {
	needed := map[int]bool{}
	for _, l := range v.held {
		if !l.IPv6 {
			needed[l.parent], needed[0] = true, true
		}
	}
	var errs []error
	for k, old := range v.saved {
		if needed[k.index] {
			continue
		}
		var err error
		if k.index == 0 {
			err = os.WriteFile(allRPFilter, strconv.AppendUint(nil, uint64(old), 10), 0o644)
		} else if err = v.req.setConf(k.index, k.number, old); errors.Is(err, unix.ENODEV) {
			err = nil
		}
		if err == nil {
			delete(v.saved, k)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// noIPv6 keeps IPv6 off an IPv4 interface: no link-local address by netlink, nothing at all by /proc where it can be written.
func (v *VMACs) noIPv6(l vmacLink) error {
	if err := v.noGeneratedLinkLocal(l.index); err != nil {
		return err
	}
	err := os.WriteFile("/proc/sys/net/ipv6/conf/"+l.name+"/disable_ipv6", []byte("1"), 0o644)
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.EROFS) {
		return err
	}
	return nil
}

// noGeneratedLinkLocal sets addrgenmode none (IFLA_INET6_ADDR_GEN_MODE).
func (v *VMACs) noGeneratedLinkLocal(index int) error {
	const mode, none = 8, 1
	spec := appendAttr(nil, mode, none)
	spec = appendAttr(nil, unix.AF_INET6|unix.NLA_F_NESTED, spec...)
	answers, err := v.req.batch(1, func(int) request {
		return request{typ: unix.RTM_SETLINK, body: func(b []byte) []byte {
			b = append(b, unix.AF_UNSPEC, 0, 0, 0)
			b = native.AppendUint32(b, uint32(index))
			b = append(b, make([]byte, 8)...)
			return appendAttr(b, unix.IFLA_AF_SPEC|unix.NLA_F_NESTED, spec...)
		}}
	})
	if err == nil {
		err = answers[0]
	}
	if err != nil && !errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		return fmt.Errorf("addrgenmode of interface %d: %w", index, err)
	}
	return nil
}

// copyLinkLocal gives the interface its parent's link-local address, from which adverts are sent, deprecated so that nothing
// else chooses it. A parent without one yet is asked again at the next Ensure.
func (v *VMACs) copyLinkLocal(l vmacLink) error {
	facts, err := v.req.facts(l.parent)
	if err != nil {
		return err
	}
	for _, f := range facts {
		ip := f.prefix.Addr()
		if !ip.Is6() || !ip.IsLinkLocalUnicast() || f.flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) != 0 {
			continue
		}
		a := Address{Prefix: netip.PrefixFrom(ip, f.prefix.Bits()), Interface: l.name, Deprecated: true}
		answers, err := v.req.batch(1, func(int) request {
			return request{typ: unix.RTM_NEWADDR, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL,
				body: func(b []byte) []byte { return a.appendAdd(b, l.index) }}
		})
		if err == nil {
			err = answers[0]
		}
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("add %s: %w", a, err)
		}
		return nil
	}
	return nil
}
