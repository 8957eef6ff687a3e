package config

import (
	"fmt"
	"net/netip"
)

func (p *printer) addresses(block string, list []Address, dev string) {
	if len(list) == 0 {
		return
	}
	p.block(block, func() {
		for _, a := range list {
			p.line(addressWords(a, dev)...)
		}
	})
}

// addressWords writes an address; dev is the interface it gets unsaid.
func addressWords(a Address, dev string) []string {
	words := []string{a.Prefix.String()}
	add := func(w ...string) { words = append(words, w...) }
	switch a.BroadcastMode {
	case BroadcastGiven:
		add("brd", a.Broadcast.String())
	case BroadcastHostOnes:
		add("brd", "+")
	case BroadcastHostZeros:
		add("brd", "-")
	}
	if a.Peer.IsValid() {
		add("peer", a.Peer.String())
	}
	if a.Interface != dev {
		add("dev", quoted(a.Interface))
	}
	if a.Scope != 0 {
		add("scope", fmt.Sprint(a.Scope))
	}
	if a.Label != "" {
		add("label", quoted(a.Label))
	}
	switch hostRoute := a.Prefix.Addr().Is6() && a.Prefix.Bits() == 128; {
	case a.Preferred == PreferredForever && hostRoute:
		add("preferred_lft", "forever")
	case a.Preferred != PreferredForever && !(hostRoute && a.Preferred == 0):
		add("preferred_lft", secondsText(a.Preferred))
	}
	for _, f := range []struct {
		on   bool
		word string
	}{{a.Home, "home"}, {a.MngTmpAddr, "mngtmpaddr"}, {a.NoPrefixRoute, "noprefixroute"},
		{a.AutoJoin, "autojoin"}, {a.DAD, "-nodad"}, {a.NoTrack, "no_track"}} {
		if f.on {
			add(f.word)
		}
	}
	if a.VMAC.Mode != VMACOff {
		add(vmacWords(a.VMAC)...)
	}
	if a.TrackGroup != "" {
		add("track_group", quoted(a.TrackGroup))
	}
	return words
}

func (p *printer) routes(block string, list []Route) {
	if len(list) == 0 {
		return
	}
	p.block(block, func() {
		for _, r := range list {
			p.line(routeWords(r)...)
		}
	})
}

func routeWords(r Route) []string {
	var words []string
	add := func(ok bool, w ...string) {
		if ok {
			words = append(words, w...)
		}
	}
	add(r.Type != "unicast", r.Type)
	add(r.Source.IsValid(), "src", r.Source.String())
	add(true, "to", r.Dst.String())
	add(r.Via.IsValid(), "via", r.Via.String())
	add(r.From.IsValid(), "from", r.From.String())
	add(r.Interface != "", "dev", quoted(r.Interface))
	add(r.Table != "", "table", quoted(r.Table))
	add(r.Metric != 0, "metric", fmt.Sprint(r.Metric))
	add(r.Scope != "", "scope", quoted(r.Scope))
	add(r.Protocol != "", "protocol", quoted(r.Protocol))
	add(r.OnLink, "onlink")
	add(true, r.Encap.words()...)
	add(r.MTU != 0 && r.MTULock, "mtu", "lock", fmt.Sprint(r.MTU))
	add(r.MTU != 0 && !r.MTULock, "mtu", fmt.Sprint(r.MTU))
	for _, o := range r.Options {
		add(true, append([]string{o.Name}, quotedAll(o.Values)...)...)
	}
	add(r.NoTrack, "no_track")
	add(r.TrackGroup != "", "track_group", quoted(r.TrackGroup))
	for _, h := range r.NextHops {
		add(true, "nexthop")
		add(h.Via.IsValid(), "via", h.Via.String())
		add(h.Interface != "", "dev", quoted(h.Interface))
		add(h.Weight != 1, "weight", fmt.Sprint(h.Weight))
		add(h.OnLink, "onlink")
		add(true, h.Encap.words()...)
	}
	return words
}

func (p *printer) rules(block string, list []Rule) {
	if len(list) == 0 {
		return
	}
	p.block(block, func() {
		for _, r := range list {
			p.line(ruleWords(r)...)
		}
	})
}

func ruleWords(r Rule) []string {
	var words []string
	add := func(ok bool, w ...string) {
		if ok {
			words = append(words, w...)
		}
	}
	prefix := func(name string, x netip.Prefix) {
		if x.IsValid() {
			words = append(words, name, x.String())
		}
	}
	add(r.Family == 6, "inet6")
	add(r.Not, "not")
	prefix("from", r.From)
	prefix("to", r.To)
	add(r.HasPreference, "preference", fmt.Sprint(r.Preference))
	add(r.HasFwMark && r.FwMask == 0xffffffff, "fwmark", fmt.Sprintf("0x%x", r.FwMark))
	add(r.HasFwMark && r.FwMask != 0xffffffff, "fwmark", fmt.Sprintf("0x%x/0x%x", r.FwMark, r.FwMask))
	add(r.IIF != "", "iif", quoted(r.IIF))
	add(r.OIF != "", "oif", quoted(r.OIF))
	add(r.Table != "", "table", quoted(r.Table))
	add(r.Action != "lookup" && r.Action != "goto", r.Action)
	for _, o := range r.Options {
		add(true, append([]string{o.Name}, quotedAll(o.Values)...)...)
	}
	add(r.NoTrack, "no_track")
	add(r.TrackGroup != "", "track_group", quoted(r.TrackGroup))
	return words
}
