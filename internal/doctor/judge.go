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

// Codes lists every code that Judge can give, in the order of docs/doctor.md.
func Codes() []string {
	return []string{
		"config", "lan_conflict", "interface_missing", "interface_down", "no_address", "ipv6_disabled", "multicast_off", "not_joined", "nic_filter", "dhcp_address",
		"vip_two_macs", "vip_unreachable", "vip_elsewhere", "vip_silent", "vip_left", "keepalived_running",
		"neighbour_table", "arp_ignore", "arp_announce", "arp_flux", "rp_filter", "ip_forward", "ip_nonlocal_bind",
		"no_packet_socket", "no_bpf", "no_ring_buffer", "no_bpffs", "xdp_in_use",
		"firewall_egress", "firewall_out", "firewall_in", "iptables_legacy", "selinux",
		"clocksource", "cpu_throttled", "timer_slack", "bridge_snooping", "cloud_multicast", "cloud_address", "unread",
	}
}
