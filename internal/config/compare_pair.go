package config

import (
	"net/netip"
	"slices"
	"time"
)

// pair compares two nodes' instances of one virtual router.
func (c *comparer) pair(v *virtualRouter, a, b *member) {
	const both = "write the same on every node"
	if a.Version != b.Version {
		c.add(Error, codePeerVersion, b.Places.Version, both, "version %d here, %d in %s: each drops the other's adverts and both will be MASTER", b.Version, a.Version, a.name)
	}
	c.pairInterval(a, b)
	c.pairAuth(a, b)
	c.pairTransport(a, b)
	c.pairAddresses(a, b)
	c.pairPriority(a, b)
	c.pairHeartbeats(a, b)
	if a.Version == 3 && b.Version == 3 && a.ChecksumAsV2 != b.ChecksumAsV2 {
		c.add(Warning, codePeerChecksum, b.Places.Checksum, both, "v3_checksum_as_v2 is %s here and %s in %s: keepalived drops the other form", onOff(b.ChecksumAsV2), onOff(a.ChecksumAsV2), a.name)
	}
	if a.Own.AdvertInterval != b.Own.AdvertInterval {
		c.add(Warning, codePeerInterval, b.Places.FineInterval, both, "the finer advert_int is %s here and %s in %s: 10 ms holds", b.Own.AdvertInterval, a.Own.AdvertInterval, a.name)
	}
}

func (c *comparer) pairInterval(a, b *member) {
	switch {
	case a.AdvertInterval == b.AdvertInterval:
	case a.Version == 2 && b.Version == 2:
		c.add(Error, codePeerInterval, b.Places.AdvertInterval, "write the same advert_int on every node",
			"advert_int %s here, %s in %s: version 2 drops adverts of another interval and both will be MASTER",
			secondsText(b.AdvertInterval), secondsText(a.AdvertInterval), a.name)
	case slowerThanDown(a, b) || slowerThanDown(b, a):
		c.add(Error, codePeerInterval, b.Places.AdvertInterval, "write the same advert_int on every node",
			"advert_int %s here, %s in %s: a node that starts waits by its own, hears nothing of the slower one in that time, and both are MASTER for a while",
			secondsText(b.AdvertInterval), secondsText(a.AdvertInterval), a.name)
	default:
		c.add(Warning, codePeerInterval, b.Places.AdvertInterval, "write the same advert_int on every node",
			"advert_int %s here, %s in %s: how fast a takeover is depends on who was MASTER",
			secondsText(b.AdvertInterval), secondsText(a.AdvertInterval), a.name)
	}
}

// slowerThanDown: a's adverts are further apart than b waits as long as it has
// heard none, which is by its own interval.
func slowerThanDown(a, b *member) bool {
	return a.AdvertInterval >= time.Duration(b.DownTimerAdverts)*b.AdvertInterval
}

// pairAuth never shows what differs, only that it does.
func (c *comparer) pairAuth(a, b *member) {
	x, y := a.Auth, b.Auth
	switch {
	case x.Kind != y.Kind && (x.Kind != AuthHMAC || x.HMAC.Mode == Enforce) && (y.Kind != AuthHMAC || y.HMAC.Mode == Enforce):
		c.add(Error, codePeerAuth, b.Places.Auth, "write the same authentication on every node",
			"authentication is %s here and %s in %s: adverts are dropped and both will be MASTER", y.Kind, x.Kind, a.name)
	case x.Kind != y.Kind:
		c.add(Warning, codePeerAuth, b.Places.Auth, "give every node the keys before one of them signs",
			"authentication is %s here and %s in %s: a keepalived before 2.4 drops signed adverts", y.Kind, x.Kind, a.name)
	case x.Kind != AuthHMAC && x.Password != y.Password:
		c.add(Error, codePeerAuth, b.Places.Auth, "write the same auth_pass on every node", "auth_pass differs from the one in %s: adverts are dropped and both will be MASTER", a.name)
	case x.Kind == AuthHMAC:
		c.pairKeys(a, b)
		c.pairKeys(b, a)
	}
}

// pairKeys: what from signs with, to must know.
func (c *comparer) pairKeys(from, to *member) {
	h := from.Auth.HMAC
	if h.Mode == ReceiveOnly {
		if to.Auth.HMAC.Mode == Enforce {
			c.add(Error, codePeerAuth, to.Places.Auth, "write mode permissive until every node signs", "mode enforce here drops the unsigned adverts of %s (receive-only)", from.name)
		}
		return
	}
	mine := keyOf(h, h.ActiveKey)
	theirs := keyOf(to.Auth.HMAC, h.ActiveKey)
	switch {
	case theirs == nil:
		c.add(Error, codePeerAuth, to.Places.Auth, "add that key here", "%s signs with key %d, which is not defined here: its adverts are dropped", from.name, h.ActiveKey)
	case mine == nil || mine.Key.IsZero() || theirs.Key.IsZero(): // a file that was not opened
	case mine.Key != theirs.Key:
		c.add(Error, codePeerAuth, to.Places.Auth, "give key the same value on every node", "key %d differs from the one in %s: adverts are dropped and both will be MASTER", h.ActiveKey, from.name)
	}
}

func keyOf(h HMAC, id uint8) *HMACKey {
	for i := range h.Keys {
		if h.Keys[i].ID == id {
			return &h.Keys[i]
		}
	}
	return nil
}

func (c *comparer) pairTransport(a, b *member) {
	switch {
	case a.Unicast.Enabled() != b.Unicast.Enabled():
		words := map[bool]string{true: "unicast", false: "multicast"}
		c.add(Error, codePeerTransport, b.Places.Transport, "use unicast on every node, or on none", "adverts are %s here and %s in %s: both will be MASTER",
			words[b.Unicast.Enabled()], words[a.Unicast.Enabled()], a.name)
	case a.Unicast.Enabled():
		c.lists(a, b)
		c.lists(b, a)
	case a.McastGroup != b.McastGroup:
		c.add(Error, codePeerGroup, b.Places.Group, "write the same group on every node", "adverts go to %s here and to %s in %s: both will be MASTER", b.McastGroup, a.McastGroup, a.name)
	}
}

// lists: a unicast node must list the other, by the address it sends from.
func (c *comparer) lists(from, to *member) {
	source := to.Unicast.Source
	if !source.IsValid() || listsPeer(from.Instance, source) {
		return
	}
	c.add(Error, codePeerUnlisted, from.Places.Transport, "add "+source.String()+" to unicast_peer", "unicast_peer does not name %s, the source of %s: it hears nothing from here", source, to.name)
}

func listsPeer(i *Instance, a netip.Addr) bool {
	return slices.ContainsFunc(i.Unicast.Peers, func(p Peer) bool { return p.Addr == a })
}

func (c *comparer) pairAddresses(a, b *member) {
	x, y := plain(a.Addresses), plain(b.Addresses)
	if slices.Equal(x, y) {
		return
	}
	only := func(p, q []netip.Prefix) (out []string) {
		for _, e := range p {
			if !slices.Contains(q, e) {
				out = append(out, e.String())
			}
		}
		return out
	}
	here, there := only(y, x), only(x, y)
	if len(here)+len(there) == 0 {
		c.add(Warning, codePeerOrder, b.Places.Addresses, "list them in one order", "the addresses stand in another order than in %s", a.name)
		return
	}
	c.add(Warning, codePeerAddresses, b.Places.Addresses, "list the same addresses on every node",
		"virtual_ipaddress differs from %s: only here %s; only there %s. A keepalived before 2.3.3 drops such adverts, and both are MASTER", a.name, listed(here), listed(there))
}

func plain(list []Address) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, a := range list {
		out[i] = a.Prefix
	}
	return out
}

func (c *comparer) pairPriority(a, b *member) {
	switch {
	case a.Priority == 255 && b.Priority == 255:
		c.add(Error, codePeerOwners, b.Places.Priority, "leave 255 to one node", "priority 255 here and in %s: an address has one owner", a.name)
	case a.Priority == b.Priority:
		c.add(Warning, codePeerEqual, b.Places.Priority, "set the priorities apart on purpose, for example 150 and 100",
			"priority %d here and in %s: the node that is first stays MASTER, at a tie the higher address wins", b.Priority, a.name)
	}
	high, low := a, b
	if b.Priority > a.Priority {
		high, low = b, a
	}
	if high.Preempt && !low.Preempt {
		c.add(Note, codePeerPreempt, low.Places.Preempt, "write nopreempt into the file with the higher priority", "nopreempt stands here, but %s has the higher priority and will preempt", high.name)
	}
}
