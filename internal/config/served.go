package config

// unservedWords names what is read and checked but has no effect at this
// stage of xvrrp, as "block/word", with what an operator should know. The
// word is accepted with one warning that says so. Serving a word means
// deleting its line here.
var unservedWords = map[string]string{
	// Not planned: another tool does it.
	"global_defs/notification_email":     "xvrrp sends no mail: alert on /metrics with Alertmanager, or use notify",
	"global_defs/smtp_alert":             "xvrrp sends no mail: alert on /metrics with Alertmanager, or use notify",
	"global_defs/smtp_alert_vrrp":        "xvrrp sends no mail: alert on /metrics with Alertmanager, or use notify",
	"vrrp_instance/smtp_alert":           "xvrrp sends no mail: alert on /metrics with Alertmanager, or use notify",
	"vrrp_sync_group/smtp_alert":         "xvrrp sends no mail: alert on /metrics with Alertmanager, or use notify",
	"global_defs/enable_traps":           "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/enable_snmp_vrrp":       "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/enable_snmp_rfc":        "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/enable_snmp_rfcv2":      "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/enable_snmp_rfcv3":      "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/snmp_socket":            "xvrrp has no SNMP agent: scrape /metrics",
	"global_defs/enable_dbus":            "xvrrp is not on D-Bus: use its control socket",
	"global_defs/dbus_service_name":      "xvrrp is not on D-Bus: use its control socket",
	"global_defs/dbus_no_interface_name": "xvrrp is not on D-Bus: use its control socket",
	"global_defs/process_names":          "xvrrp is one process under its own name",
	"global_defs/process_name":           "xvrrp is one process under its own name",
	"global_defs/vrrp_process_name":      "xvrrp is one process under its own name",
	"/linkbeat_use_polling":              "link state comes from netlink",
	"/linkbeat_interfaces":               "link state comes from netlink",
	"vrrp_instance/linkbeat_use_polling": "link state comes from netlink",
	"/bfd_instance":                      "xvrrp runs no BFD: an instance that tracks a session is refused",
	"/child_wait_time":                   "xvrrp has no child processes",
	"/use_pid_dir":                       "the runtime directory holds the pid file",

	// The kernel program needs no such sizes, names or rules.
	"global_defs/vrrp_rx_bufs_policy":                 "adverts come through a BPF ring, not a socket buffer",
	"global_defs/vrrp_rx_bufs_multiplier":             "adverts come through a BPF ring, not a socket buffer",
	"vrrp_instance/kernel_rx_buf_size":                "adverts come through a BPF ring, not a socket buffer",
	"global_defs/vrrp_netlink_cmd_rcv_bufs":           "xvrrp sizes its netlink buffers itself",
	"global_defs/vrrp_netlink_cmd_rcv_bufs_force":     "xvrrp sizes its netlink buffers itself",
	"global_defs/vrrp_netlink_monitor_rcv_bufs":       "xvrrp sizes its netlink buffers itself",
	"global_defs/vrrp_netlink_monitor_rcv_bufs_force": "xvrrp sizes its netlink buffers itself",
	"global_defs/process_monitor_rcv_bufs":            "xvrrp sizes its netlink buffers itself",
	"global_defs/process_monitor_rcv_bufs_force":      "xvrrp sizes its netlink buffers itself",
	"global_defs/vrrp_iptables":                       "xvrrp filters without iptables",
	"global_defs/vrrp_ipsets":                         "xvrrp filters without iptables",
	"global_defs/nftables":                            "xvrrp chooses its own filter",
	"global_defs/nftables_priority":                   "xvrrp chooses its own filter",
	"global_defs/nftables_ifindex":                    "xvrrp chooses its own filter",
	"global_defs/nftables_counters":                   "xvrrp chooses its own filter",
	"global_defs/iproute_usr_dir":                     "table names come from /etc/iproute2 and /usr/share/iproute2",
	"global_defs/iproute_etc_dir":                     "table names come from /etc/iproute2 and /usr/share/iproute2",
	"global_defs/config_save_dir":                     "`xvrrp config` prints the settings in force",
	"global_defs/tmp_config_directory":                "`xvrrp config` prints the settings in force",
	"global_defs/min_auto_priority_delay":             "real-time scheduling is `realtime on` in the xvrrp block",
	"global_defs/max_auto_priority":                   "real-time scheduling is `realtime on` in the xvrrp block",
	"global_defs/vrrp_rlimit_rttime":                  "real-time scheduling is `realtime on` in the xvrrp block",

	// To come.
	"global_defs/vrrp_priority":     later,
	"global_defs/vrrp_rt_priority":  "real-time scheduling is `realtime on` in the xvrrp block",
	"global_defs/vrrp_no_swap":      "real-time scheduling is `realtime on` in the xvrrp block",
	"global_defs/use_symlink_paths": later,
	"/net_namespace":                later,
	"/instance":                     later,
	"global_defs/vrrp_cpu_affinity": later,
	"global_defs/reload_time_file":  later,
	"global_defs/reload_repeat":     later,
	"global_defs/reload_file":       later,
	"global_defs/state_dump_file":   later,
	"global_defs/stats_dump_file":   later,
	"global_defs/json_dump_file":    later,
	"global_defs/json_version":      later,
	"global_defs/data_use_instance": later,
	"vrrp_instance/use_ipvlan":      "the addresses are held on the interface itself: an ipvlan would have the same MAC",
	"vrrp_instance/vrf":             "an instance is on an interface: name the one that leads to the peers",
}

const later = "a later version of xvrrp will serve it"

// unserved names a word without effect, once.
func (r *reader) unserved(block, name string, st *statement) {
	why, found := unservedWords[block+"/"+name]
	if !found || !r.once(block+"/"+name) {
		return
	}
	r.warn(codeNotServed, at(st), why, "%s has no effect yet", name)
}

// outOfScope are keepalived's words outside VRRP, as "block/word", with the
// kind under which they are named. A word ending in * stands for a family.
var outOfScope = map[string]string{
	"/virtual_server":                                "load balancing (LVS)",
	"/virtual_server_group":                          "load balancing (LVS)",
	"/local_address_group":                           "load balancing (LVS)",
	"/SSL":                                           "health checkers",
	"/net_namespace_ipvs":                            "load balancing (LVS)",
	"/namespace_with_ipsets":                         "load balancing (LVS)",
	"global_defs/lvs_timeouts":                       "load balancing (LVS)",
	"global_defs/lvs_flush":                          "load balancing (LVS)",
	"global_defs/lvs_flush_on_stop":                  "load balancing (LVS)",
	"global_defs/lvs_sync_daemon":                    "load balancing (LVS)",
	"global_defs/lvs_notify_fifo":                    "load balancing (LVS)",
	"global_defs/lvs_notify_fifo_script":             "load balancing (LVS)",
	"global_defs/lvs_netlink_cmd_rcv_bufs":           "load balancing (LVS)",
	"global_defs/lvs_netlink_monitor_rcv_bufs":       "load balancing (LVS)",
	"global_defs/lvs_netlink_cmd_rcv_bufs_force":     "load balancing (LVS)",
	"global_defs/lvs_netlink_monitor_rcv_bufs_force": "load balancing (LVS)",
	"global_defs/lvs_process_name":                   "load balancing (LVS)",
	"global_defs/nftables_ipvs":                      "load balancing (LVS)",
	"global_defs/nftables_ipvs_priority":             "load balancing (LVS)",
	"global_defs/nftables_ipvs_start_fwmark":         "load balancing (LVS)",
	"global_defs/rs_init_notifies":                   "health checkers",
	"global_defs/no_checker_emails":                  "health checkers",
	"global_defs/smtp_alert_checker":                 "health checkers",
	"global_defs/checker_*":                          "health checkers",
	"global_defs/bfd_*":                              "the BFD process",
	"global_defs/snmp_vs_*":                          "SNMP of the load balancer",
	"global_defs/snmp_rs_*":                          "SNMP of the load balancer",
	"global_defs/enable_snmp_checker":                "SNMP of the load balancer",
	"vrrp_instance/lvs_sync_daemon_interface":        "load balancing (LVS)",
}

// outside reports whether a word is out of xvrrp's scope, and names it once.
// Its block is skipped whole.
func (r *reader) outside(block string, st *statement) bool {
	name := st.Keyword()
	kind := outOfScope[block+"/"+name]
	for _, family := range []string{"checker_", "bfd_", "snmp_vs_", "snmp_rs_"} {
		if kind == "" && len(name) > len(family) && name[:len(family)] == family {
			kind = outOfScope[block+"/"+family+"*"]
		}
	}
	if kind == "" {
		return false
	}
	if r.once("outside/" + block + "/" + name) {
		what := "is"
		if st.HasBlock {
			what = "and its block are"
		}
		r.warn(codeOutOfScope, at(st), "run this part with keepalived beside xvrrp (`keepalived -C`: health checkers only), or remove it",
			"%s %s skipped: %s is outside xvrrp's scope", name, what, kind)
	}
	return true
}
