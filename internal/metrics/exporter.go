package metrics

// keepalived are the names of mehdy/keepalived-exporter, so that a dashboard
// goes on working when xvrrp takes keepalived's place. States are
// keepalived's numbers: 0 init, 1 backup, 2 master, 3 fault.
var keepalived = []row{
	{
		name: "keepalived_vrrp_state", kind: gauge, labels: vipIntf, extra: []string{"intf", "ip_address"},
		help: "State of the instance, for each of its addresses.",
		read: exporterState(false),
	},
	{
		name: "keepalived_vrrp_excluded_state", kind: gauge, labels: vipIntf, extra: []string{"intf", "ip_address"},
		help: "State of the instance, for each address of virtual_ipaddress_excluded.",
		read: exporterState(true),
	},
	exported("keepalived_advertisements_received_total", "Adverts received.",
		func(i *Instance) uint64 { return i.received.Load() }),
	exported("keepalived_advertisements_sent_total", "Adverts sent.",
		func(i *Instance) uint64 { return i.sent.Load() }),
	exported("keepalived_become_master_total", "Times the instance became master.",
		func(i *Instance) uint64 { return i.becameMaster.Load() }),
	exported("keepalived_release_master_total", "Times the instance stopped being master.",
		func(i *Instance) uint64 { return i.leftMaster.Load() }),
	exportedErrors("keepalived_packet_length_errors_total", "Adverts of a wrong length.",
		"ip_header", "ip_total_length", "packet_too_short", "length_mismatch"),
	exportedErrors("keepalived_advertisements_interval_errors_total", "Adverts with another interval than ours.",
		"interval_mismatch", "interval_zero"),
	exportedErrors("keepalived_ip_ttl_errors_total", "Adverts with a wrong TTL.", "ttl", "ttl_range"),
	exportedErrors("keepalived_invalid_type_received_total", "VRRP packets that are no adverts.", "type"),
	exportedErrors("keepalived_address_list_errors_total", "Adverts with other addresses than ours.",
		"address_list_mismatch", "count_zero", "first_address_not_link_local"),
	exportedErrors("keepalived_authentication_invalid_total", "Adverts with an unknown authentication type.", "auth_type_unknown"),
	exportedErrors("keepalived_authentication_mismatch_total", "Adverts with another authentication type than ours.", "auth_type_mismatch"),
	exportedErrors("keepalived_authentication_failure_total", "Adverts with a wrong password or integrity value.", "auth_failure"),
	exported("keepalived_priority_zero_received_total", "Adverts of priority 0 received.",
		func(i *Instance) uint64 { return i.zeroReceived.Load() }),
	exported("keepalived_priority_zero_sent_total", "Adverts of priority 0 sent.",
		func(i *Instance) uint64 { return i.zeroSent.Load() }),
	{
		// A setting that the exporter calls a counter; its name must stay.
		name: "keepalived_gratuitous_arp_delay_total", kind: counter, labels: exporter,
		help: "Configured garp_master_delay, in seconds.",
		read: one(func(i *Instance) float64 {
			if t := i.timing.Load(); t != nil {
				return t.GARPDelay.Seconds()
			}
			return 0
		}),
	},
}

func exported(name, help string, read func(*Instance) uint64) row {
	return row{
		name: name, help: help, kind: counter, labels: exporter,
		read: one(func(i *Instance) float64 { return float64(read(i)) }),
	}
}

func exportedErrors(name, help string, reasons ...string) row {
	return exported(name, help, func(i *Instance) uint64 {
		return i.rejected.sum(reasons...) + i.warned.sum(reasons...)
	})
}

func exporterState(excluded bool) func(*Instance, put) {
	return func(i *Instance, put put) {
		state := float64(i.state.Load())
		i.eachVIP(func(v vip) {
			if v.Excluded == excluded {
				put(state, v.Interface, v.Addr.String())
			}
		})
	}
}
