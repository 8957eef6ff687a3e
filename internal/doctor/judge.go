package doctor

// rule is one kind of thing to look for.
type rule func(Facts, Needs) []Finding

var rules = []rule{
	interfaces, sources, ipv6, multicast, membership, nicFilter, dhcp, answers, leftovers, otherDaemon,
	neighbourTables, arpReplies, arpFlux, reversePath, forwarding,
	permissions, abilities, xdpInUse, firewallOut, firewallIn, legacyTables, selinux,
	clock, throttled, slack, bridges, cloud, unread,
}

// Judge says what the facts mean for the needs, the worst first.
func Judge(f Facts, n Needs) []Finding {
	n = n.orAny(f)
	list := []Finding{}
	for _, look := range rules {
		list = append(list, look(f, n)...)
	}
	Sort(list)
	return list
}
