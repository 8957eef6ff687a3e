package config

import (
	"net/netip"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// resolveAddresses sorts the addresses into advertised and excluded, with
// interface and lifetime filled in.
func (r *reader) resolveAddresses(i *id, g *globalDraft) {
	seenAt := map[netip.Addr]bool{}
	take := func(list []addressDraft, excluded bool) []Address {
		var out []Address
		for n := range list {
			a := &list[n]
			if !r.acceptAddress(i, a, excluded, seenAt) {
				continue
			}
			seenAt[a.Prefix.Addr()] = true
			if !a.hasDev {
				a.Interface = i.Interface
			}
			if a.Interface == "" {
				a.Interface = g.DefaultInterface
			}
			a.resolveLifetime()
			out = append(out, a.Address)
		}
		return out
	}
	i.Addresses = take(i.addresses, false)
	i.Excluded = take(i.excluded, true)
	r.fitAddresses(i)
	r.noAddresses(i)
}

// acceptAddress refuses what cannot be a virtual address.
func (r *reader) acceptAddress(i *id, a *addressDraft, excluded bool, seenAt map[netip.Addr]bool) bool {
	addr := a.Prefix.Addr()
	switch {
	case addr.IsMulticast() && !a.AutoJoin:
		r.err(codeBadAddress, at(a.st), "write the address that clients use, or autojoin behind a group that the kernel shall join", "%s cannot be a virtual address", addr)
		return false
	case addr.IsUnspecified() || addr.IsLoopback():
		r.err(codeBadAddress, at(a.st), "write the address that clients use", "%s cannot be a virtual address", addr)
		return false
	case !excluded && addr.Is6() != (i.Family == wire.IPv6):
		r.warn(codeWrongFamily, at(a.st), "move it into virtual_ipaddress_excluded, or into an instance of its own",
			"%s is ignored: the instance is %s, by its first address", addr, i.Family)
		return false
	case seenAt[addr]:
		r.warn(codeDuplicateAddress, at(a.st), "remove one", "%s is listed twice: the second is ignored", addr)
		return false
	}
	if a.Peer.IsValid() && a.BroadcastMode != BroadcastNone {
		r.warn(codeIgnoredHere, at(a.st), "remove brd", "brd is ignored beside peer")
		a.Broadcast, a.BroadcastMode = netip.Addr{}, BroadcastNone
	}
	return true
}

// fitAddresses moves what does not fit one advert to the excluded addresses.
func (r *reader) fitAddresses(i *id) {
	most := mostAddresses(i, r.hostMTU(i.Interface))
	if len(i.Addresses) <= most {
		return
	}
	r.warn(codeTooManyAddresses, at(i.have["virtual_ipaddress"]), "move the surplus into virtual_ipaddress_excluded yourself, on every node",
		"%d addresses do not fit one advert: the last %d are held but not advertised", len(i.Addresses), len(i.Addresses)-most)
	i.Excluded = append(append([]Address(nil), i.Addresses[most:]...), i.Excluded...)
	i.Addresses = i.Addresses[:most:most]
}

// mostAddresses is how many addresses one advert carries: the count is one
// byte, and the datagram must fit the MTU.
func mostAddresses(i *id, mtu int) int {
	header, each := 20+8, 4
	if i.Family == wire.IPv6 {
		header, each = 40+8, 16
	}
	if i.Version == 2 {
		header += 8 // authentication data
	}
	switch i.Auth.Kind {
	case AuthAH:
		header += 24
	case AuthHMAC:
		header += 28
	}
	return min(255, max(0, mtu-header)/each)
}

// noAddresses: version 3 needs at least one.
func (r *reader) noAddresses(i *id) {
	if len(i.Addresses) > 0 || i.NoAddresses {
		return
	}
	if st := i.have["virtual_ipaddress"]; st != nil && r.failedInside(st) {
		return
	}
	const remedy = "add virtual_ipaddress { ADDRESS/LENGTH }, or no_virtual_ipaddress if none is meant"
	if i.Version == 3 || i.Strict {
		r.err(codeNoAddresses, at(i.st), remedy, "instance %s has no virtual_ipaddress", quote(i.Name))
		return
	}
	r.warn(codeNoAddresses, at(i.st), remedy, "instance %s has no virtual_ipaddress: it elects a master of nothing", quote(i.Name))
}

// failedInside reports whether an Error points into a block.
func (r *reader) failedInside(st *statement) bool {
	for _, f := range r.findings {
		if f.Severity == Error && f.Pos.File == st.Pos.File && f.Pos.Line >= st.Pos.Line && f.Pos.Line <= st.BlockEnd.Line {
			return true
		}
	}
	return false
}
