package config

import (
	"fmt"
	"time"
)

// global writes what differs from keepalived's defaults, and router_id.
func (p *printer) global(g *Global) {
	d := newGlobal().Global
	p.block("global_defs", func() {
		p.text("router_id", g.RouterID)
		p.mail(g, &d)
		p.scripts(g, &d)
		p.process(g, &d)
		p.protocol(g, &d)
		p.files(g, &d)
		p.options(g.Firewall)
		p.options(g.Unserved)
	})
}

func (p *printer) mail(g, d *Global) {
	m := g.Mail
	if len(m.To) > 0 {
		p.block("notification_email", func() {
			for _, to := range m.To {
				p.line(quoted(to))
			}
		})
	}
	p.text("notification_email_from", m.From)
	if m.Server.IsValid() {
		p.line("smtp_server", m.Server.String(), fmt.Sprint(m.Port))
	}
	p.text("smtp_helo_name", m.Helo)
	if m.ConnectTimeout != d.Mail.ConnectTimeout {
		p.seconds("smtp_connect_timeout", m.ConnectTimeout)
	}
	// Instances say themselves what smtp_alert gave them, so that only what is
	// left of it is written here.
	p.when(m.Alert, "smtp_alert on")
	p.when(m.AlertVRRP != m.Alert, "smtp_alert_vrrp", onOff(m.AlertVRRP))
	p.when(m.NoFaults, "no_email_faults")
}

func (p *printer) scripts(g, d *Global) {
	if g.ScriptUser != "" {
		words := []string{"script_user", quoted(g.ScriptUser)}
		if g.ScriptGroup != "" {
			words = append(words, quoted(g.ScriptGroup))
		}
		p.line(words...)
	}
	p.when(g.ScriptSecurity, "enable_script_security")
	p.when(g.Symlinks, "use_symlink_paths on")
	p.when(g.SupplementaryGroups, "set_supplementary_groups")
	p.command("startup_script", g.Startup)
	p.command("shutdown_script", g.Shutdown)
	p.duration("startup_script_timeout", g.StartupTimeout, d.StartupTimeout)
	p.duration("shutdown_script_timeout", g.ShutdownTimeout, d.ShutdownTimeout)
	p.fifo("notify_fifo", g.NotifyFIFO)
	p.fifo("vrrp_notify_fifo", g.VRRPNotifyFIFO)
	p.when(g.FIFOStatesOnReload, "fifo_write_vrrp_states_on_reload")
}

// duration writes seconds when they differ from the default.
func (p *printer) duration(name string, v, def time.Duration) {
	if v != def {
		p.seconds(name, v)
	}
}

// micros writes microseconds when they differ from the default.
func (p *printer) micros(name string, v, def time.Duration) {
	p.when(v != def, name, fmt.Sprint(v.Microseconds()))
}

func (p *printer) fifo(name string, f FIFO) {
	if f.Path != "" {
		words := []string{name, quoted(f.Path)}
		if f.User != "" {
			words = append(words, quoted(f.User))
			if f.Group != "" {
				words = append(words, quoted(f.Group))
			}
		}
		p.line(words...)
	}
	p.command(name+"_script", f.Script)
}

func (p *printer) process(g, d *Global) {
	if g.DefaultInterface != d.DefaultInterface {
		p.text("default_interface", g.DefaultInterface)
	}
	p.when(g.DynamicInterfaces && !g.InterfacesMayChange, "dynamic_interfaces")
	p.when(g.InterfacesMayChange, "dynamic_interfaces allow_if_changes")
	p.when(g.HasNice, "vrrp_priority", fmt.Sprint(g.Nice))
	p.when(g.RTPriority != 0, "vrrp_rt_priority", fmt.Sprint(g.RTPriority))
	p.when(g.MaxAutoPriority != 0, "max_auto_priority", fmt.Sprint(g.MaxAutoPriority))
	p.micros("min_auto_priority_delay", g.MinAutoPriorityDelay, d.MinAutoPriorityDelay)
	p.when(g.NoSwap, "vrrp_no_swap")
	if len(g.CPUAffinity) > 0 {
		words := []string{"vrrp_cpu_affinity"}
		for _, c := range g.CPUAffinity {
			words = append(words, fmt.Sprint(c))
		}
		p.line(words...)
	}
	p.micros("vrrp_rlimit_rttime", g.RTTimeLimit, d.RTTimeLimit)
	p.when(g.UmaskNamed, "umask", fmt.Sprintf("%04o", g.Umask))
}

func (p *printer) protocol(g, d *Global) {
	p.when(g.McastGroup4 != d.McastGroup4, "vrrp_mcast_group4", g.McastGroup4.String())
	p.when(g.McastGroup6 != d.McastGroup6, "vrrp_mcast_group6", g.McastGroup6.String())
	p.duration("vrrp_garp_interval", g.GARPInterval, 0)
	p.duration("vrrp_gna_interval", g.GNAInterval, 0)
	p.duration("vrrp_startup_delay", g.StartupDelay, 0)
	p.duration("vrrp_delay_after_boot", g.DelayAfterBoot, 0)
	p.when(g.LogUnknownVRIDs, "log_unknown_vrids")
	p.when(g.VMACPrefix != d.VMACPrefix, "vmac_prefix", quoted(g.VMACPrefix))
	p.text("vmac_addr_prefix", g.VMACAddrPrefix)
	p.when(g.NoIGMP, "disable_local_igmp")
}

func (p *printer) files(g, d *Global) {
	path := func(name, v, def string) { p.when(v != def, name, quoted(v)) }
	path("state_dump_file", g.DataFile, d.DataFile)
	path("stats_dump_file", g.StatsFile, d.StatsFile)
	path("json_dump_file", g.JSONFile, d.JSONFile)
	p.when(g.JSONVersion != d.JSONVersion, "json_version", fmt.Sprint(g.JSONVersion))
	p.when(g.DataUseInstance, "data_use_instance")
	p.when(g.ReloadCheck, "reload_check_config")
	path("reload_time_file", g.ReloadTimeFile, "")
	path("reload_file", g.ReloadFile, "")
	p.when(g.ReloadRepeat, "reload_repeat")
}

// top writes what stands outside any block, and the static entries.
func (p *printer) top(s *Settings) {
	g, d := &s.Global, newGlobal().Global
	p.text("net_namespace", g.NetNamespace)
	p.text("instance", g.InstanceName)
	p.when(g.UsePIDDir, "use_pid_dir")
	p.duration("child_wait_time", g.ChildWait, d.ChildWait)
	if len(g.LinkPolling) > 0 {
		p.block("linkbeat_interfaces", func() {
			for _, i := range g.LinkPolling {
				p.line(quoted(i))
			}
		})
	}
	if len(s.LinkDelays) > 0 {
		p.block("interface_up_down_delays", func() {
			for _, l := range s.LinkDelays {
				p.line(quoted(l.Interface), secondsText(l.Down), secondsText(l.Up))
			}
		})
	}
	for _, g := range s.GARPGroups {
		p.block("garp_group", func() {
			p.seconds("garp_interval", g.GARPInterval)
			p.seconds("gna_interval", g.GNAInterval)
			p.block("interfaces", func() {
				for _, i := range g.Interfaces {
					p.line(quoted(i))
				}
			})
		})
	}
	for _, t := range s.TrackGroups {
		p.block("track_group "+quoted(t.Name), func() {
			p.block("group", func() {
				for _, m := range t.Members {
					p.line(quoted(m))
				}
			})
		})
	}
	p.addresses("static_ipaddress", s.StaticAddresses, g.DefaultInterface)
	p.routes("static_routes", s.StaticRoutes)
	p.rules("static_rules", s.StaticRules)
}
