package config

import (
	"net/netip"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// adviseAddresses looks at the addresses of all instances together, and at
// the host when it may.
func (r *reader) adviseAddresses(s *Settings, d *document) {
	owner := map[netip.Addr]*id{}
	for _, i := range d.instances {
		r.firstLinkLocal(i)
		r.outsidePrefix(i)
		for _, list := range [][]addressDraft{i.addresses, i.excluded} {
			for _, a := range list {
				addr := a.Prefix.Addr()
				if first := owner[addr]; first != nil && first != i {
					r.warn(codeAddressTwice, at(a.st), "keep it in one instance",
						"%s is also an address of instance %s: two elections would fight over it", addr, quote(first.Name))
				}
				owner[addr] = i
				r.hostLength(i, a)
			}
		}
	}
}

// firstLinkLocal: RFC 9568 section 5.2.9 wants the first IPv6 address to be
// link-local (field case 4).
func (r *reader) firstLinkLocal(i *id) {
	if i.Family != wire.IPv6 || len(i.Addresses) == 0 {
		return
	}
	if first := i.Addresses[0]; !first.Prefix.Addr().IsLinkLocalUnicast() {
		where := spot{pos: first.Pos}
		for _, a := range i.addresses {
			if a.Pos == first.Pos {
				where = at(a.st)
			}
		}
		r.warn(codeNotLinkLocal, where, "put an address of fe80::/10 first, such as fe80::1/64", "the first IPv6 address, %s, is not link-local", first.Prefix.Addr())
	}
}

// hostLength notes an address whose /32 or /128 nobody wrote.
func (r *reader) hostLength(i *id, a addressDraft) {
	if a.hasLength || a.Peer.IsValid() || !r.once("length/"+i.Name) {
		return
	}
	r.note(codeHostLength, at(a.st), "write the length of the network, such as /24, if the address is to have a connected route",
		"%s has no length: /%d is used, which makes no connected route", a.Prefix.Addr(), a.Prefix.Bits())
}

// outsidePrefix compares source and addresses with the interface's own.
func (r *reader) outsidePrefix(i *id) {
	h := r.hostInterface(i.Interface)
	if h == nil {
		return
	}
	var nets []netip.Prefix
	holds := map[netip.Addr]bool{}
	for _, p := range h.Prefixes {
		holds[p.Addr()] = true
		if p.Addr().Is6() == (i.Family == wire.IPv6) && p.Bits() < p.Addr().BitLen() {
			nets = append(nets, p.Masked())
		}
	}
	r.sourcePresent(i, holds)
	if len(nets) == 0 {
		return
	}
	for _, a := range i.addresses {
		addr := a.Prefix.Addr()
		if a.hasDev && a.Interface != i.Interface || addr.Is6() != (i.Family == wire.IPv6) || within(nets, addr) || addr.IsMulticast() {
			continue
		}
		r.warn(codeOffLink, at(a.st), "correct the address, or name its interface with dev",
			"%s is in no network of %s (%s): neighbours will not ask for it there", addr, i.Interface, nets[0])
	}
}

func (r *reader) sourcePresent(i *id, holds map[netip.Addr]bool) {
	source, word := i.McastSource, "mcast_src_ip"
	if i.Unicast.Enabled() {
		source, word = i.Unicast.Source, "unicast_src_ip"
	}
	st := i.have[word]
	if st == nil {
		st = i.have["unicast_src_ip"]
	}
	if st == nil {
		st = i.have["mcast_src_ip"]
	}
	if !source.IsValid() || holds[source] || st == nil {
		return
	}
	r.warn(codeSourceMissing, arg(st, 0), "write an address that `ip address show "+i.Interface+"` lists",
		"%s is not an address of %s: no advert can leave with it", source, i.Interface)
}

func within(nets []netip.Prefix, a netip.Addr) bool {
	for _, n := range nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
