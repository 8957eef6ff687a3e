package config

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// globalDraft is global_defs while it is read: Global, and the defaults that
// instances inherit. have says which words were written.
type globalDraft struct {
	Global
	inherit inherited
	have    seen
}

// inherited are the global words that have a counterpart in every instance.
type inherited struct {
	version                  int
	garp                     GARP
	minGARP                  bool
	downTimerAdverts         int
	lowerPrioNoAdvert        bool
	higherPrioSendAdvert     bool
	checkUnicastSource       bool
	skipCheckAdvAddr, strict bool
	checksumAsV2             bool
	ownerIgnoreAdverts       bool
	notifyPriorityChanges    bool
}

// newGlobal holds the defaults of every word.
func newGlobal() *globalDraft {
	g := &globalDraft{have: seen{}}
	g.StartupTimeout, g.ShutdownTimeout = 10*time.Second, 10*time.Second
	g.DefaultInterface = "eth0"
	g.MinAutoPriorityDelay = time.Second
	g.RTTimeLimit = 10 * time.Millisecond
	g.Umask = DefaultUmask
	g.McastGroup4 = netip.MustParseAddr("224.0.0.18")
	g.McastGroup6 = netip.MustParseAddr("ff02::12")
	g.VMACPrefix = "vrrp"
	g.DataFile = "/tmp/keepalived.data"
	g.StatsFile = "/tmp/keepalived.stats"
	g.JSONFile = "/tmp/keepalived.json"
	g.JSONVersion = 1
	g.ChildWait = 5 * time.Second
	g.Mail.Port = 25
	g.Mail.ConnectTimeout = 30 * time.Second
	g.inherit.downTimerAdverts = 3
	g.inherit.garp = GARP{Delay: 5 * time.Second, Repeat: 5, RefreshRepeat: 1}
	return g
}

type gd = globalDraft

// The longest time that a delay may name: a day.
const day = 24 * time.Hour

var globalTable = table[gd]{"global_defs", joinWords(globalIdentity, globalProcess, globalProtocol, globalFiles)}

var globalIdentity = map[string]word[gd]{
	"router_id": textWord(func(g *gd) *string { return &g.RouterID }),
	"lvs_id": {min: 1, max: 1, read: func(r *reader, st *statement, g *gd) {
		r.warn(codeDeprecated, at(st), "write router_id", "lvs_id is a very old name of router_id")
		g.RouterID = st.Args()[0].Text
	}},
	"notification_email":      {block: needBlock, repeat: adds, read: readMailTo},
	"notification_email_from": textWord(func(g *gd) *string { return &g.Mail.From }),
	"smtp_server":             {min: 1, max: 2, read: readMailServer},
	"smtp_helo_name":          textWord(func(g *gd) *string { return &g.Mail.Helo }),
	"smtp_connect_timeout":    wholeWord(time.Second, 1, 86400, func(g *gd) *time.Duration { return &g.Mail.ConnectTimeout }),
	"smtp_alert":              flagWord(func(g *gd) *bool { return &g.Mail.Alert }),
	"smtp_alert_vrrp":         flagWord(func(g *gd) *bool { return &g.Mail.AlertVRRP }),
	"no_email_faults":         bareWord(func(g *gd) *bool { return &g.Mail.NoFaults }),
	"script_user": {min: 1, max: 2, read: func(_ *reader, st *statement, g *gd) {
		g.ScriptUser, g.ScriptGroup = account(texts(st.Args()))
	}},
	"enable_script_security":   bareWord(func(g *gd) *bool { return &g.ScriptSecurity }),
	"use_symlink_paths":        flagWord(func(g *gd) *bool { return &g.Symlinks }),
	"set_supplementary_groups": bareWord(func(g *gd) *bool { return &g.SupplementaryGroups }),
	"startup_script":           commandWord(func(g *gd) *Command { return &g.Startup }),
	"shutdown_script":          commandWord(func(g *gd) *Command { return &g.Shutdown }),
	"startup_script_timeout":   wholeWord(time.Second, 1, 1000, func(g *gd) *time.Duration { return &g.StartupTimeout }),
	"shutdown_script_timeout":  wholeWord(time.Second, 1, 1000, func(g *gd) *time.Duration { return &g.ShutdownTimeout }),
	"default_interface":        ifWord(func(g *gd) *string { return &g.DefaultInterface }),
	"dynamic_interfaces": {max: 1, read: func(r *reader, st *statement, g *gd) {
		g.DynamicInterfaces = true
		if len(st.Args()) == 1 {
			_, ok := r.choice(st, 0, []string{"allow_if_changes"})
			g.InterfacesMayChange = ok
		}
	}},
	"notify_fifo":                      fifoWord(func(g *gd) *FIFO { return &g.NotifyFIFO }),
	"vrrp_notify_fifo":                 fifoWord(func(g *gd) *FIFO { return &g.VRRPNotifyFIFO }),
	"notify_fifo_script":               commandWord(func(g *gd) *Command { return &g.NotifyFIFO.Script }),
	"vrrp_notify_fifo_script":          commandWord(func(g *gd) *Command { return &g.VRRPNotifyFIFO.Script }),
	"fifo_write_vrrp_states_on_reload": bareWord(func(g *gd) *bool { return &g.FIFOStatesOnReload }),
}

var globalProcess = map[string]word[gd]{
	"vrrp_priority": {min: 1, max: 1, read: func(r *reader, st *statement, g *gd) {
		g.Nice, g.HasNice = r.integer(st, 0, -20, 19)
	}},
	"vrrp_rt_priority": intWord(1, 99, func(g *gd) *int { return &g.RTPriority }),
	"max_auto_priority": {max: 1, read: func(r *reader, st *statement, g *gd) {
		g.MaxAutoPriority = 99
		if len(st.Args()) == 1 {
			if n, ok := r.integer(st, 0, -1, 99); ok {
				g.MaxAutoPriority = n
			}
		}
	}},
	"min_auto_priority_delay": wholeWord(time.Microsecond, 1, 10000000, func(g *gd) *time.Duration { return &g.MinAutoPriorityDelay }),
	"vrrp_no_swap":            bareWord(func(g *gd) *bool { return &g.NoSwap }),
	"vrrp_cpu_affinity": {min: 1, max: -1, read: func(r *reader, st *statement, g *gd) {
		g.CPUAffinity = nil
		for i := range st.Args() {
			if n, ok := r.integer(st, i, 0, 8191); ok {
				g.CPUAffinity = append(g.CPUAffinity, n)
			}
		}
	}},
	"vrrp_rlimit_rttime":     wholeWord(time.Microsecond, 1, 1<<30, func(g *gd) *time.Duration { return &g.RTTimeLimit }),
	"vrrp_rlimit_rtime":      aliasWord[gd]("vrrp_rlimit_rttime"),
	"umask":                  {min: 1, max: 1, read: readUmask},
	"random_seed":            kept(1, 1),
	"process_names":          kept(0, 0),
	"process_name":           kept(0, 1),
	"vrrp_process_name":      kept(0, 1),
	"snmp_socket":            kept(1, 1),
	"enable_traps":           kept(0, 0),
	"enable_snmp_vrrp":       kept(0, 0),
	"enable_snmp_rfc":        kept(0, 0),
	"enable_snmp_rfcv2":      kept(0, 0),
	"enable_snmp_rfcv3":      kept(0, 0),
	"enable_snmp_keepalived": aliasWord[gd]("enable_snmp_vrrp"),
	"enable_dbus":            kept(0, 0),
	"dbus_service_name":      kept(1, 1),
	"dbus_no_interface_name": kept(0, 0),
}

var globalProtocol = map[string]word[gd]{
	"vrrp_version": intWord(2, 3, func(g *gd) *int { return &g.inherit.version }),
	"vrrp_mcast_group4": {min: 1, max: 1, read: func(r *reader, st *statement, g *gd) {
		r.group(st, true, &g.McastGroup4)
	}},
	"vrrp_mcast_group6": {min: 1, max: 1, read: func(r *reader, st *statement, g *gd) {
		r.group(st, false, &g.McastGroup6)
	}},
	"vrrp_garp_master_delay":          wholeWord(time.Second, 0, 86400, func(g *gd) *time.Duration { return &g.inherit.garp.Delay }),
	"vrrp_garp_master_repeat":         countWord(func(g *gd) *int { return &g.inherit.garp.Repeat }),
	"vrrp_garp_master_refresh":        wholeWord(time.Second, 0, 86400, func(g *gd) *time.Duration { return &g.inherit.garp.Refresh }),
	"vrrp_garp_master_refresh_repeat": countWord(func(g *gd) *int { return &g.inherit.garp.RefreshRepeat }),
	"vrrp_garp_lower_prio_delay":      wholeWord(time.Second, 0, 86400, func(g *gd) *time.Duration { return &g.inherit.garp.LowerPrioDelay }),
	"vrrp_garp_lower_prio_repeat":     intWord(0, 1<<30, func(g *gd) *int { return &g.inherit.garp.LowerPrioRepeat }),
	"vrrp_garp_interval":              paceWord(func(g *gd) *time.Duration { return &g.GARPInterval }),
	"vrrp_gna_interval":               paceWord(func(g *gd) *time.Duration { return &g.GNAInterval }),
	"vrrp_min_garp":                   flagWord(func(g *gd) *bool { return &g.inherit.minGARP }),
	"vrrp_garp_extra_if":              {min: 1, max: 2, read: func(r *reader, st *statement, g *gd) { r.extraIf(st, 1, &g.inherit.garp) }},
	"vrrp_vmac_garp_intvl":            aliasWord[gd]("vrrp_garp_extra_if"),
	"vrrp_down_timer_adverts":         intWord(1, 100, func(g *gd) *int { return &g.inherit.downTimerAdverts }),
	"vrrp_lower_prio_no_advert":       flagWord(func(g *gd) *bool { return &g.inherit.lowerPrioNoAdvert }),
	"vrrp_higher_prio_send_advert":    flagWord(func(g *gd) *bool { return &g.inherit.higherPrioSendAdvert }),
	"vrrp_check_unicast_src":          flagWord(func(g *gd) *bool { return &g.inherit.checkUnicastSource }),
	"vrrp_skip_check_adv_addr":        flagWord(func(g *gd) *bool { return &g.inherit.skipCheckAdvAddr }),
	"vrrp_strict":                     flagWord(func(g *gd) *bool { return &g.inherit.strict }),
	"v3_checksum_as_v2":               flagWord(func(g *gd) *bool { return &g.inherit.checksumAsV2 }),
	"vrrp_owner_ignore_adverts":       flagWord(func(g *gd) *bool { return &g.inherit.ownerIgnoreAdverts }),
	"vrrp_notify_priority_changes":    flagWord(func(g *gd) *bool { return &g.inherit.notifyPriorityChanges }),
	"vrrp_startup_delay":              decWord(time.Millisecond, day, func(g *gd) *time.Duration { return &g.StartupDelay }),
	"vrrp_delay_after_boot":           decWord(0, day, func(g *gd) *time.Duration { return &g.DelayAfterBoot }),
	"log_unknown_vrids":               bareWord(func(g *gd) *bool { return &g.LogUnknownVRIDs }),
	"vmac_prefix":                     textWord(func(g *gd) *string { return &g.VMACPrefix }),
	"vmac_addr_prefix":                textWord(func(g *gd) *string { return &g.VMACAddrPrefix }),
	"disable_local_igmp":              bareWord(func(g *gd) *bool { return &g.NoIGMP }),
}

var globalFiles = map[string]word[gd]{
	"vrrp_rx_bufs_policy":                 kept(1, 1),
	"vrrp_rx_bufs_multiplier":             kept(1, 1),
	"vrrp_netlink_cmd_rcv_bufs":           kept(1, 1),
	"vrrp_netlink_cmd_rcv_bufs_force":     kept(0, 1),
	"vrrp_netlink_monitor_rcv_bufs":       kept(1, 1),
	"vrrp_netlink_monitor_rcv_bufs_force": kept(0, 1),
	"process_monitor_rcv_bufs":            kept(1, 1),
	"process_monitor_rcv_bufs_force":      kept(0, 1),
	"vrrp_iptables":                       firewallWord(0, 2),
	"vrrp_ipsets":                         firewallWord(0, 6),
	"nftables":                            firewallWord(0, 1),
	"nftables_priority":                   firewallWord(1, 1),
	"nftables_ifindex":                    firewallWord(0, 0),
	"nftables_counters":                   firewallWord(0, 0),
	"state_dump_file":                     textWord(func(g *gd) *string { return &g.DataFile }),
	"stats_dump_file":                     textWord(func(g *gd) *string { return &g.StatsFile }),
	"json_dump_file":                      textWord(func(g *gd) *string { return &g.JSONFile }),
	"json_version":                        intWord(1, 2, func(g *gd) *int { return &g.JSONVersion }),
	"data_use_instance":                   bareWord(func(g *gd) *bool { return &g.DataUseInstance }),
	"reload_check_config":                 {max: 1, read: func(_ *reader, st *statement, g *gd) { g.ReloadCheck = true }},
	"reload_time_file":                    textWord(func(g *gd) *string { return &g.ReloadTimeFile }),
	"reload_repeat":                       bareWord(func(g *gd) *bool { return &g.ReloadRepeat }),
	"reload_file": {max: 1, read: func(_ *reader, st *statement, g *gd) {
		g.ReloadFile = "/run/keepalived.reload"
		if len(st.Args()) == 1 {
			g.ReloadFile = st.Args()[0].Text
		}
	}},
	"include_check":        kept(0, -1), // its effect is the text reader's
	"config_save_dir":      kept(1, 1),
	"tmp_config_directory": kept(1, 1),
	"iproute_usr_dir":      kept(1, 1),
	"iproute_etc_dir":      kept(1, 1),
}

func kept(min, max int) word[gd] {
	return keptWord(min, max, func(g *gd) *[]Option { return &g.Unserved })
}

func firewallWord(min, max int) word[gd] {
	return keptWord(min, max, func(g *gd) *[]Option { return &g.Firewall })
}

func readMailTo(r *reader, st *statement, g *gd) {
	for _, line := range st.Block {
		to := append([]string{line.Keyword()}, texts(line.Args())...)
		g.Mail.To = append(g.Mail.To, to...)
		for i, a := range to {
			if strings.HasSuffix(a, "@firewall.loc") && r.once("firewall.loc") {
				r.warn(codeSampleMail, arg(line, i-1), "name a real mailbox or remove notification_email",
					"%s is the address of keepalived's sample file", quote(a))
			}
		}
	}
}

// readMailServer: a host name is an error for keepalived, which then has no
// mail server; xvrrp sends no mail anyway.
func readMailServer(r *reader, st *statement, g *gd) {
	text := st.Args()[0].Text
	a, err := netip.ParseAddr(text)
	if err != nil {
		r.warn(codeMailServer, arg(st, 0), "write the server's address, or let Alertmanager send the mail",
			"smtp_server %s is no address: keepalived looks no names up", quote(text))
		return
	}
	g.Mail.Server = a
	if len(st.Args()) > 1 {
		if n, ok := r.integer(st, 1, 1, 65535); ok {
			g.Mail.Port = uint16(n)
		}
	}
}

// readUmask takes an octal number or words such as IRWXG|IRWXO.
func readUmask(r *reader, st *statement, g *gd) {
	text := st.Args()[0].Text
	if n, err := strconv.ParseUint(text, 8, 32); err == nil && n <= 0o777 {
		g.Umask, g.UmaskNamed = uint32(n), true
		return
	}
	var mask uint32
	for _, w := range strings.Split(text, "|") {
		bits, ok := umaskWords[strings.TrimSpace(w)]
		if !ok {
			r.err(codeBadWord, arg(st, 0), "write an octal number such as 0077",
				"umask %s is neither octal nor words such as IRWXG|IRWXO", quote(text))
			return
		}
		mask |= bits
	}
	g.Umask, g.UmaskNamed = mask, true
}

var umaskWords = map[string]uint32{
	"IRUSR": 0o400, "IWUSR": 0o200, "IXUSR": 0o100, "IRWXU": 0o700,
	"IRGRP": 0o040, "IWGRP": 0o020, "IXGRP": 0o010, "IRWXG": 0o070,
	"IROTH": 0o004, "IWOTH": 0o002, "IXOTH": 0o001, "IRWXO": 0o007,
}

// group reads a multicast group of one family.
func (r *reader) group(st *statement, v4 bool, to *netip.Addr) {
	a, ok := r.address(st, 0)
	if !ok {
		return
	}
	if !a.IsMulticast() || a.Is4() != v4 {
		want := "an IPv6 multicast address such as ff02::12"
		if v4 {
			want = "an IPv4 multicast address such as 224.0.0.18"
		}
		r.err(codeBadAddress, arg(st, 0), "write "+want, "%s is not %s", a, want)
		return
	}
	*to = a
}

// paceWord is a gap between announcements: 0, or at least a microsecond. One
// second or more stretches a takeover.
func paceWord[T any](to func(*T) *time.Duration) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		d, ok := r.seconds(st, 0, 0, day)
		if !ok {
			return
		}
		if d >= time.Second {
			r.warn(codeSlowAnnounce, arg(st, 0), "write a fraction of a second such as 0.001",
				"%s %s puts %s between two announcements", st.Keyword(), st.Args()[0].Text, d)
		}
		*to(into) = d
	}}
}

// extraIf reads garp_extra_if [all] N.
func (r *reader) extraIf(st *statement, lo int, to *GARP) {
	i := 0
	if st.Args()[0].Text == "all" {
		to.ExtraAll = true
		i = 1
	}
	if i >= len(st.Args()) {
		r.err(codeMissingValue, at(st), "write seconds behind all", "%s all has no interval", st.Keyword())
		return
	}
	if n, ok := r.integer(st, i, lo, 86400); ok {
		to.ExtraInterval = time.Duration(n) * time.Second
	}
}

// joinWords makes one vocabulary of several.
func joinWords[T any](parts ...map[string]word[T]) map[string]word[T] {
	all := map[string]word[T]{}
	for _, p := range parts {
		for k, v := range p {
			all[k] = v
		}
	}
	return all
}
