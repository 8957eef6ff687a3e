package config

import "slices"

// pairHeartbeats compares second paths, which are known by their names. What
// differs makes a path silent: that is told at run time, but by then nobody is
// protected. Keys are compared and never shown.
func (c *comparer) pairHeartbeats(a, b *member) {
	for _, name := range a.Own.Heartbeats {
		if !slices.Contains(b.Own.Heartbeats, name) {
			c.add(Warning, codePeerHeartbeat, b.Pos, "give every node the same heartbeat blocks",
				"%s has the second path %s, and this instance does not: it stays silent", a.name, quote(name))
			continue
		}
		here, there := b.at.Own.Heartbeat(name), a.at.Own.Heartbeat(name)
		c.pairPathKeys(there, here, a, b)
		if unicast := len(here.PeersOf(b.Family)) > 0; unicast != (len(there.PeersOf(a.Family)) > 0) {
			words := map[bool]string{true: "unicast", false: "multicast"}
			c.add(Warning, codePeerHeartbeat, here.Pos, "use unicast on every node, or on none",
				"heartbeat %s is %s here and %s in %s: it stays silent", quote(name), words[unicast], words[!unicast], a.name)
		}
	}
	for _, name := range b.Own.Heartbeats {
		if !slices.Contains(a.Own.Heartbeats, name) {
			c.add(Warning, codePeerHeartbeat, b.at.Own.Heartbeat(name).Pos, "give every node the same heartbeat blocks",
				"heartbeat %s is not in %s: it stays silent", quote(name), a.name)
		}
	}
}

// pairPathKeys: what either signs with, the other must know.
func (c *comparer) pairPathKeys(there, here *Heartbeat, a, b *member) {
	for _, from := range []struct {
		signs, knows *Heartbeat
		who          string
	}{{there, here, a.name}, {here, there, b.name}} {
		id := from.signs.HMAC.ActiveKey
		mine, theirs := keyOf(from.signs.HMAC, id), keyOf(from.knows.HMAC, id)
		switch {
		case mine == nil || mine.Key.IsZero() || theirs != nil && theirs.Key.IsZero(): // an error of its own, or a file that was not opened
		case theirs == nil:
			c.add(Warning, codePeerHeartbeat, here.Pos, "define the same keys on every node",
				"%s signs heartbeat %s with key %d, which the other node does not know: its heartbeats are refused", from.who, quote(here.Name), id)
		case mine.Key != theirs.Key:
			c.add(Warning, codePeerHeartbeat, here.Pos, "give key the same value on every node",
				"key %d of heartbeat %s differs from the one in %s: heartbeats are refused", id, quote(here.Name), a.name)
			return // once is enough
		}
	}
}
