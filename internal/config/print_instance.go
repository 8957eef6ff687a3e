package config

import (
	"encoding/hex"
	"fmt"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func (p *printer) instance(i *Instance, g *Global) {
	p.block("vrrp_instance "+quoted(i.Name), func() {
		p.line("state", i.State.String())
		p.text("interface", i.Interface)
		p.num("virtual_router_id", int(i.VRID))
		p.num("priority", int(i.Priority))
		if i.Family == wire.IPv6 {
			p.line("native_ipv6")
		}
		p.num("version", int(i.Version))
		p.seconds("advert_int", i.AdvertInterval)
		p.num("down_timer_adverts", i.DownTimerAdverts)
		p.flags(i)
		p.transport(i, g)
		p.auth(i)
		p.vmac(i.VMAC)
		p.garp(i.GARP)
		p.addresses("virtual_ipaddress", i.Addresses, i.Interface)
		p.addresses("virtual_ipaddress_excluded", i.Excluded, i.Interface)
		p.when(i.NoAddresses, "no_virtual_ipaddress")
		p.when(i.PromoteSecondaries, "promote_secondaries")
		p.routes("virtual_routes", i.Routes)
		p.rules("virtual_rules", i.Rules)
		p.tracks(i.Tracks)
		p.notify(i.Notify, true)
	})
}

func (p *printer) flags(i *Instance) {
	p.when(!i.Preempt, "nopreempt")
	if i.PreemptDelay > 0 {
		p.seconds("preempt_delay", i.PreemptDelay)
	}
	if i.TimerExpiredBackup > 0 {
		p.num("timer_expired_backup", int(i.TimerExpiredBackup))
	}
	p.when(i.LowerPrioNoAdvert, "lower_prio_no_advert")
	p.when(i.HigherPrioSendAdvert, "higher_prio_send_advert")
	p.when(i.YieldSilently, "higher_prio_send_advert off")
	p.when(i.OwnerIgnoreAdverts, "owner_ignore_adverts")
	p.when(i.SkipCheckAdvAddr, "skip_check_adv_addr")
	p.when(i.Strict, "strict_mode on")
	p.when(i.ChecksumAsV2, "v3_checksum_as_v2")
	p.text("vrf", i.VRF)
	p.when(i.Accept && i.Strict, "accept")
	p.when(!i.Accept && !i.Strict, "no_accept")
	p.when(!i.TrackPrimary, "dont_track_primary")
	if i.KernelRxBuf > 0 {
		p.num("kernel_rx_buf_size", i.KernelRxBuf)
	}
}

func (p *printer) transport(i *Instance, g *Global) {
	if i.McastSource.IsValid() {
		p.line("mcast_src_ip", i.McastSource.String())
	}
	u := i.Unicast
	if group := g.McastGroup4; !u.Enabled() {
		if i.Family == wire.IPv6 {
			group = g.McastGroup6
		}
		p.when(i.McastGroup != group, "mcast_dst_ip", i.McastGroup.String())
	}
	if u.Source.IsValid() {
		p.line("unicast_src_ip", u.Source.String())
	}
	if u.Enabled() {
		p.block("unicast_peer", func() {
			for _, peer := range u.Peers {
				words := []string{peer.Addr.String()}
				if peer.MinTTL != 0 {
					words = append(words, "min_ttl", fmt.Sprint(peer.MinTTL))
				}
				if peer.MaxTTL != 255 {
					words = append(words, "max_ttl", fmt.Sprint(peer.MaxTTL))
				}
				p.line(words...)
			}
		})
	}
	if u.TTL != 255 {
		p.num("unicast_ttl", u.TTL)
	}
	p.when(u.CheckSource, "check_unicast_src")
	p.when(u.FaultNoPeer, "unicast_fault_no_peer")
	p.when(u.Checksum == ChecksumOld, "old_unicast_checksum")
	p.when(u.Checksum == ChecksumNew, "old_unicast_checksum never")
	p.when(i.TrackSource, "track_src_ip")
}

func (p *printer) auth(i *Instance) {
	switch a := i.Auth; a.Kind {
	case AuthPass, AuthAH:
		p.block("authentication", func() {
			p.line("auth_type", a.Kind.String())
			p.line("auth_pass", p.secret(a.Password, quoted))
		})
	case AuthHMAC:
		p.block("auth_hmac", func() {
			p.keys(&a.HMAC)
			p.line("mode", a.HMAC.Mode.String())
			p.replay(&a.HMAC)
		})
	}
}

// keys and replay write what every block with keys has.
func (p *printer) keys(h *HMAC) {
	for _, k := range h.Keys {
		value := "file:" + k.From
		if k.From == "" {
			value = p.secret(k.Key, func(raw string) string { return "hex:" + hex.EncodeToString([]byte(raw)) })
		}
		p.line("key", fmt.Sprint(k.ID), value)
	}
	p.num("active_key", int(h.ActiveKey))
}

func (p *printer) replay(h *HMAC) {
	p.line("anti_replay", h.AntiReplay.String())
	p.when(h.Window > 0, "time_window", secondsText(h.Window))
}

func (p *printer) vmac(v VMAC) {
	switch v.Mode {
	case VMACMacvlan:
		p.line(vmacWords(v)...)
	case VMACIPVLAN:
		words := []string{"use_ipvlan"}
		for _, w := range []string{v.Name, v.Parent} {
			if w != "" {
				words = append(words, quoted(w))
			}
		}
		if v.IPVLANAddr.IsValid() {
			words = append(words, v.IPVLANAddr.String())
		}
		if v.IPVLANFlag != "" {
			words = append(words, v.IPVLANFlag)
		}
		if v.Group != "" {
			words = append(words, "group", quoted(v.Group))
		}
		p.line(words...)
	}
	p.when(v.Addr, "use_vmac_addr")
	p.when(v.XmitBase, "vmac_xmit_base")
}

func vmacWords(v VMAC) []string {
	words := []string{"use_vmac"}
	if v.Name != "" {
		words = append(words, "name", quoted(v.Name))
	}
	if v.MAC != "" {
		words = append(words, v.MAC)
	}
	if v.NetlinkNotify {
		words = append(words, "netlink_notify_msg")
	}
	if v.Group != "" {
		words = append(words, "group", quoted(v.Group))
	}
	return words
}

func (p *printer) garp(g GARP) {
	p.seconds("garp_master_delay", g.Delay)
	p.num("garp_master_repeat", g.Repeat)
	p.seconds("garp_master_refresh", g.Refresh)
	p.num("garp_master_refresh_repeat", g.RefreshRepeat)
	p.seconds("garp_lower_prio_delay", g.LowerPrioDelay)
	p.num("garp_lower_prio_repeat", g.LowerPrioRepeat)
	if g.ExtraInterval > 0 || g.ExtraAll {
		words := []string{"garp_extra_if"}
		if g.ExtraAll {
			words = append(words, "all")
		}
		p.line(append(words, secondsText(g.ExtraInterval))...)
	}
}

func (p *printer) notify(n Notify, instance bool) {
	p.command("notify_master", n.Master)
	p.command("notify_backup", n.Backup)
	p.command("notify_fault", n.Fault)
	p.command("notify_stop", n.Stop)
	if instance {
		p.command("notify_deleted", n.Deleted)
		p.command("notify_master_rx_lower_pri", n.MasterRxLowerPri)
	}
	p.command("notify", n.Any)
	p.when(n.PriorityChanges, "notify_priority_changes")
	p.when(n.SMTPAlert != p.mailAlert, "smtp_alert", onOff(n.SMTPAlert))
}

func (p *printer) syncGroup(g *SyncGroup) {
	p.block("vrrp_sync_group "+quoted(g.Name), func() {
		p.block("group", func() {
			for _, m := range g.Members {
				p.line(quoted(m))
			}
		})
		p.when(g.TrackingWeight, "sync_group_tracking_weight")
		p.tracks(g.Tracks)
		p.notify(g.Notify, false)
	})
}

// trackBlocks says in which block a kind of tracker is written.
var trackBlocks = []struct {
	block string
	kinds []TrackKind
}{
	{"track_interface", []TrackKind{TrackInterface}},
	{"track_script", []TrackKind{TrackScript, TrackCheck}},
	{"track_file", []TrackKind{TrackFileValue}},
	{"track_process", []TrackKind{TrackProcessQuorum}},
	{"track_bfd", []TrackKind{TrackBFD}},
}

// tracks writes entries in the order of the settings, a new block whenever
// the kind changes, with every weight said.
func (p *printer) tracks(tracks []Track) {
	for len(tracks) > 0 {
		block := blockOf(tracks[0].Kind)
		n := 0
		for n < len(tracks) && blockOf(tracks[n].Kind) == block {
			n++
		}
		p.block(block, func() {
			for _, t := range tracks[:n] {
				words := []string{quoted(t.Name), "weight", fmt.Sprint(t.Weight)}
				if t.Reverse {
					words = append(words, "reverse")
				} else if t.Kind == TrackScript || t.Kind == TrackCheck {
					words = append(words, "noreverse")
				}
				p.line(words...)
			}
		})
		tracks = tracks[n:]
	}
}

func blockOf(k TrackKind) string {
	for _, b := range trackBlocks {
		for _, kind := range b.kinds {
			if kind == k {
				return b.block
			}
		}
	}
	return ""
}
