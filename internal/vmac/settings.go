package vmac

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// A setting is one of net.ipv4.conf of an interface.
type setting struct{ index, number int }

// all and fresh stand for the settings that count for every interface and those that new interfaces get.
const (
	all   = 0
	fresh = -1
)

// saved are settings of others that we changed, and what they were.
type saved map[setting]uint32

// adjust sets what the interface needs on itself and around it, and raises it.
func (h *Holder) adjust(l *held) error {
	link := &netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Index: l.Index, Name: l.Name}}
	// ARP that asks for an address of the parent reaches it as well: even an interface for IPv6 must not answer.
	errs := []error{h.conf.set(l.Index, arpIgnore, 1)}
	if l.Fresh {
		errs = append(errs, h.noGeneratedLinkLocal(link))
	}
	if l.want.IPv6 {
		errs = append(errs, h.router(l))
	} else {
		// Only the interface itself answers for its addresses, packets come back by the parent, and they may be from
		// another address of this host.
		for _, c := range []struct {
			number int
			value  uint32
		}{{acceptLocal, 1}, {rpFilter, 0}, {promoteSecondaries, 1}} {
			errs = append(errs, h.conf.set(l.Index, c.number, c.value))
		}
		// The parent answers for its own addresses alone, and asks in the name of one of them: when it asked for a client in
		// order to answer it, the question would bear the virtual address and the parent's MAC, and the client believe it.
		// (keepalived leaves arp_announce alone, and its clients do.)
		errs = append(errs, ipv6(l.Name, "disable_ipv6", "1"), h.raise(setting{l.Parent, arpIgnore}, 1),
			h.raise(setting{l.Parent, arpFilter}, 1), h.raise(setting{l.Parent, arpAnnounce}, 2), h.moveRPFilter())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := h.nl.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s up: %w", l.Name, err)
	}
	if l.want.IPv6 {
		return h.copyLinkLocal(l, link)
	}
	return nil
}

// router has the kernel answer solicitations with the router flag set, as the announcements have it: a host forgets a
// default router that denies being one (RFC 4861 §7.2.5). And no router is asked, nor believed.
func (h *Holder) router(l *held) error {
	var errs []error
	for _, c := range [][2]string{{"accept_ra", "0"}, {"accept_dad", "0"}, {"forwarding", "1"}} {
		errs = append(errs, ipv6(l.Name, c[0], c[1]))
	}
	return errors.Join(errs...)
}

// ipv6 writes a setting of net.ipv6.conf, for which netlink has no message. A kernel without IPv6 has none, and where
// /proc/sys is not ours to write, the interface does its work with the defaults.
func ipv6(name, setting, value string) error {
	err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/"+setting, []byte(value), 0o644)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EROFS) {
		return nil
	}
	return err
}

// noGeneratedLinkLocal sets addrgenmode none: an interface identifier must not come from the virtual MAC (RFC 9568 §7.4).
func (h *Holder) noGeneratedLinkLocal(link netlink.Link) error {
	const none = 1 // IN6_ADDR_GEN_MODE_NONE
	err := h.nl.LinkSetIP6AddrGenMode(link, none)
	if err != nil && !errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		return fmt.Errorf("addrgenmode of %s: %w", link.Attrs().Name, err)
	}
	return nil
}

// raise sets a setting of another interface to at least value, and remembers what it was before it changes it.
func (h *Holder) raise(s setting, value uint32) error {
	old, err := h.read(s)
	if err != nil || old >= value {
		return err
	}
	return h.change(s, old, value)
}

func (h *Holder) change(s setting, old, value uint32) error {
	if _, known := h.saved[s]; !known {
		h.saved[s] = old
		if err := h.writeJournal(); err != nil {
			return err
		}
	}
	return h.write(s, value)
}

// moveRPFilter moves all.rp_filter to the single interfaces, where it has the same effect: the stricter of it and the
// interface's own counts, and ours need none.
func (h *Holder) moveRPFilter() error {
	strict, err := h.read(setting{all, rpFilter})
	if err != nil || strict == 0 {
		return err
	}
	links, err := dump.List(h.nl.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	for _, l := range links {
		if index := l.Attrs().Index; !h.isHeld(index) {
			err := h.raise(setting{index, rpFilter}, strict)
			if err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, errNoConf) {
				return err
			}
		}
	}
	if err := h.raise(setting{fresh, rpFilter}, strict); err != nil {
		return err
	}
	return h.change(setting{all, rpFilter}, strict, 0)
}

// restore puts settings back that no interface needs any more.
func (h *Holder) restore() error {
	needed, some := map[int]bool{}, false
	for _, l := range h.held {
		if !l.want.IPv6 {
			needed[l.Parent], some = true, true
		}
	}
	var errs []error
	for s, old := range h.saved {
		if needed[s.index] || some && s.number == rpFilter {
			continue
		}
		err := h.write(s, old)
		if errors.Is(err, unix.ENODEV) {
			err = nil
		}
		if err == nil {
			delete(h.saved, s)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// read and write go by netlink where it has a message, so that a read-only /proc/sys does not matter for most.
func (h *Holder) read(s setting) (uint32, error) {
	path, ok := s.path()
	if !ok {
		return h.conf.get(s.index, s.number)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	return uint32(v), err
}

func (h *Holder) write(s setting, value uint32) error {
	path, ok := s.path()
	if !ok {
		return h.conf.set(s.index, s.number, value)
	}
	return os.WriteFile(path, strconv.AppendUint(nil, uint64(value), 10), 0o644)
}

// path is where rp_filter of all interfaces and of new ones is.
func (s setting) path() (string, bool) {
	switch s.index {
	case all:
		return "/proc/sys/net/ipv4/conf/all/rp_filter", true
	case fresh:
		return "/proc/sys/net/ipv4/conf/default/rp_filter", true
	}
	return "", false
}
