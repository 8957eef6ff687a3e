package config

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// resolveUnicast settles source, peers and group. mcast_src_ip and
// unicast_src_ip are one variable in keepalived: the last one holds.
func (r *reader) resolveUnicast(i *id, g *globalDraft) {
	source, sourceAt := i.Unicast.Source, i.have["unicast_src_ip"]
	if m := i.have["mcast_src_ip"]; m != nil && (sourceAt == nil || before(sourceAt, m)) {
		source, sourceAt = i.mcastSource, m
	}
	source = r.checkSource(i, source, sourceAt)
	r.resolvePeers(i, source)
	i.Unicast.CheckSource = i.Unicast.CheckSource || i.ttlRange
	i.McastGroup = g.McastGroup4
	if i.Family == wire.IPv6 {
		i.McastGroup = g.McastGroup6
	}
	if i.Unicast.Enabled() {
		i.Unicast.Source, i.McastSource = source, netip.Addr{}
		if st := i.have["mcast_dst_ip"]; st != nil {
			r.warn(codeIgnoredHere, at(st), "remove it", "mcast_dst_ip is ignored: adverts are unicast")
		}
		return
	}
	i.Unicast.Source, i.McastSource = netip.Addr{}, source
	r.resolveGroupAddress(i)
	r.unicastWithoutPeers(i)
}

func before(a, b *statement) bool {
	return a.Pos.Line < b.Pos.Line || a.Pos.Line == b.Pos.Line && a.Pos.Column < b.Pos.Column
}

func (r *reader) resolveGroupAddress(i *id) {
	if !i.group.IsValid() {
		return
	}
	if i.group.Is6() != (i.Family == wire.IPv6) {
		r.err(codeWrongFamily, arg(i.have["mcast_dst_ip"], 0), "write a group of the instance's family", "mcast_dst_ip %s is not %s like the instance", i.group, i.Family)
		return
	}
	i.McastGroup = i.group
}

// unicastWithoutPeers: keepalived then uses multicast, to the surprise of
// people whose network carries none.
func (r *reader) unicastWithoutPeers(i *id) {
	for _, word := range []string{"unicast_src_ip", "check_unicast_src", "unicast_ttl", "unicast_fault_no_peer", "unicast_peer"} {
		st := i.have[word]
		if st == nil || r.failedAt(st) {
			continue
		}
		what := "adverts go to the multicast group " + i.McastGroup.String()
		if i.Unicast.FaultNoPeer {
			what = "the instance stays in FAULT"
		}
		r.warn(codeUnicastNoPeer, at(st), "add unicast_peer { ADDRESS }, or use mcast_src_ip if multicast is meant",
			"%s without unicast_peer: %s", word, what)
		return
	}
}

// checkSource drops a source of the wrong family, with an error.
func (r *reader) checkSource(i *id, source netip.Addr, st *statement) netip.Addr {
	if !source.IsValid() {
		return source
	}
	six := i.Family == wire.IPv6
	if source.Is6() != six {
		r.err(codeWrongFamily, arg(st, 0), "write an address of the instance's family", "%s %s is not %s like the instance", st.Keyword(), source, i.Family)
		return netip.Addr{}
	}
	if six && len(i.Unicast.Peers) == 0 && !source.IsLinkLocalUnicast() {
		r.warn(codeSourceNotLinkLocal, arg(st, 0), "write the interface's fe80:: address", "%s %s is not link-local: other routers will drop the adverts", st.Keyword(), source)
	}
	return source
}

// resolvePeers drops duplicates and ourselves, and refuses mixed families.
func (r *reader) resolvePeers(i *id, source netip.Addr) {
	var kept []Peer
	ours := r.hostAddresses(i.Interface)
	seenAt := map[netip.Addr]int{}
	for _, p := range i.Unicast.Peers {
		where := placeOf(i.have["unicast_peer"], p.Addr.String())
		where.pos = p.Pos
		switch {
		case p.Addr.Is6() != (i.Family == wire.IPv6):
			r.err(codeWrongFamily, where, "write the peer's "+i.Family.String()+" address", "peer %s is not %s like the instance", p.Addr, i.Family)
		case seenAt[p.Addr] != 0:
			r.warn(codeDuplicateAddress, where, "remove one", "peer %s is listed twice", p.Addr)
		case p.Addr == source || ours[p.Addr]:
			r.warn(codePeerIsSelf, where, "list the other nodes only", "peer %s is this node itself: it is left out", p.Addr)
		case p.Addr.IsMulticast() || p.Addr.IsUnspecified():
			r.err(codeBadAddress, where, "write a node's own address", "peer %s is no host's address", p.Addr)
		default:
			kept = append(kept, p)
		}
		seenAt[p.Addr]++
	}
	i.Unicast.Peers = kept
}

// resolveAuth keeps one kind of authentication, or none where the version
// carries none, with keepalived's rules and a message for each.
func (r *reader) resolveAuth(i *id) {
	if i.hmac != nil {
		r.resolveHMAC(i)
		if i.auth.st != nil {
			r.warn(codeAuthBoth, at(i.auth.st), "remove authentication { }", "authentication is ignored beside auth_hmac")
		}
		return
	}
	a := &i.auth
	if a.st == nil || a.badType {
		return
	}
	why := ""
	switch {
	case a.kind == AuthNone && a.password == "":
		why = "it names neither type nor password"
	case a.kind == AuthNone:
		why = "it has no auth_type"
	case a.password == "":
		if st := a.have["auth_pass"]; st != nil && r.failedAt(st) {
			return
		}
		why = "it has no auth_pass"
	case i.Version == 3:
		r.warn(codeAuthV3, at(a.st), "remove it, or use auth_hmac with nodes that know it", "authentication is ignored: version 3 has none")
		return
	case i.Strict:
		why = "strict mode has none"
	case a.kind == AuthAH && i.Family == wire.IPv6:
		why = "AH is for IPv4 only"
	}
	if why != "" {
		r.warn(codeAuthIgnored, at(a.st), "complete it the same way on every node, or remove it", "authentication is ignored: %s", why)
		return
	}
	i.Auth = Auth{Kind: a.kind, Password: NewSecret(a.password)}
	if a.kind == AuthAH && i.State == StateMaster && i.Priority != 255 {
		r.warn(codeIgnoredHere, at(i.have["state"]), "write state BACKUP", "state MASTER means BACKUP with auth_type AH")
		i.State = StateBackup
	}
}

func (r *reader) resolveHMAC(i *id) {
	h := i.hmac
	known := false
	for _, k := range h.Keys {
		known = known || int(k.ID) == h.active
	}
	switch {
	case len(h.Keys) == 0 && h.have["key"] == nil:
		r.err(codeBadKey, at(h.st), "add key 1 hex:… with 64 digits", "auth_hmac has no key")
	case len(h.Keys) == 0: // what was wrong with the keys is said
	case h.have["active_key"] == nil:
		r.err(codeBadKey, at(h.st), "add active_key 1", "auth_hmac has no active_key: keepalived would switch it off")
	case !known && h.active != 0:
		r.err(codeBadKey, at(h.have["active_key"]), "define that key, or name another", "active_key %d is not defined: keepalived would switch auth_hmac off", h.active)
	}
	if i.Strict && h.Mode != Enforce {
		r.warn(codeStrict, at(h.have["mode"]), "write mode enforce", "strict mode allows auth_hmac in mode enforce only: that is used")
		h.Mode = Enforce
	}
	h.ActiveKey = uint8(h.active)
	i.Auth = Auth{Kind: AuthHMAC, HMAC: h.HMAC}
}

// resolveWindow sets the default of time_window, which depends on the
// interval as it is used.
func (r *reader) resolveWindow(i *id) {
	if i.Auth.Kind != AuthHMAC || i.Auth.HMAC.Window != 0 {
		return
	}
	whole := i.AdvertInterval.Truncate(time.Second)
	i.Auth.HMAC.Window = min(max(3*whole, 5*time.Second), 300*time.Second)
}

// resolveStrict applies what strict mode changes; each change of something
// that was written is one message.
func (r *reader) resolveStrict(i *id, g *globalDraft) {
	if i.Unicast.Enabled() && i.VMAC.Mode != VMACOff {
		i.VMAC.XmitBase = true
	}
	if !i.Strict {
		return
	}
	if i.Unicast.Enabled() {
		r.warn(codeStrictUnicast, at(i.have["unicast_peer"]), "remove vrrp_strict", "strict mode knows no unicast: unicast is used all the same, as with keepalived 2.2.7")
	}
	change := func(word, what string, differs bool) {
		if differs && i.have[word] != nil {
			r.warn(codeStrict, at(i.have[word]), "remove the line, or vrrp_strict", "strict mode: %s", what)
		}
	}
	if i.State == StateMaster && i.Priority != 255 {
		change("state", "state MASTER means BACKUP below priority 255", true)
		i.State = StateBackup
	}
	change("down_timer_adverts", "down_timer_adverts is 3", i.DownTimerAdverts != 3)
	i.DownTimerAdverts = 3
	change("lower_prio_no_advert", "lower_prio_no_advert is on", !i.LowerPrioNoAdvert)
	i.LowerPrioNoAdvert = true
	change("higher_prio_send_advert", "higher_prio_send_advert is off", i.HigherPrioSendAdvert)
	i.HigherPrioSendAdvert = false
	change("vmac_xmit_base", "vmac_xmit_base is off", i.VMAC.XmitBase)
	i.VMAC.XmitBase = false
	change("use_vmac", "a MAC of one's own is not allowed", i.VMAC.MAC != "")
	i.VMAC.MAC = ""
	change("garp_lower_prio_delay", "garp_lower_prio_delay is 0", i.GARP.LowerPrioDelay != 0)
	change("garp_lower_prio_repeat", "garp_lower_prio_repeat is 0", i.GARP.LowerPrioRepeat != 0)
	i.OwnerIgnoreAdverts = i.Priority == 255
}
