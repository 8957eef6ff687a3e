package config

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// resolveInstance applies section by section what needs more than one word.
func (r *reader) resolveInstance(d *document, i *id) {
	g := d.global
	r.resolveIdentity(i, g)
	r.resolvePriority(i)
	r.inheritFlags(i, g)
	r.resolveUnicast(i, g)
	r.resolveAuth(i)
	r.resolveStrict(i, g)
	r.resolveInterval(i)
	r.resolvePreempt(i)
	i.GARP = resolveGARP(i, g)
	r.resolveAddresses(i, g)
	r.resolveWindow(i)
	r.resolveOwnInstance(d, i)
	i.Places = i.places(d.own)
}

func (i *id) places(own *ownDraft) Places {
	of := func(words ...string) Pos {
		for _, w := range words {
			if st := i.have[w]; st != nil {
				return Pos(st.Pos)
			}
		}
		return i.Pos
	}
	p := Places{
		VRID: of("virtual_router_id"), Version: of("version"), Priority: of("priority"), Preempt: of("nopreempt", "preempt"),
		AdvertInterval: of("advert_int"), FineInterval: own.placeOf(i.Name, "advert_int").pos,
		Auth: of("authentication", "auth_hmac"), Transport: of("unicast_peer"), Group: of("mcast_dst_ip"),
		Addresses: of("virtual_ipaddress"), Checksum: of("v3_checksum_as_v2"),
	}
	if p.FineInterval.Line == 0 {
		p.FineInterval = p.AdvertInterval
	}
	return p
}

// resolveIdentity settles family, version, VRID and interface.
func (r *reader) resolveIdentity(i *id, g *globalDraft) {
	i.Family = familyOf(i)
	i.VRID = uint8(i.vrid)
	if vrid := i.have["virtual_router_id"]; i.vrid == 0 && (vrid == nil || !r.failedAt(vrid)) {
		r.err(codeNoVRID, at(i.st), "add virtual_router_id N, the same 1 to 255 on every node", "instance %s has no virtual_router_id", quote(i.Name))
	}
	r.resolveVersion(i, g)
	if i.Interface == "lo" {
		r.err(codeLoopback, arg(i.have["interface"], 0), "name the interface that the other nodes are on", "adverts cannot be sent on the loopback interface")
	}
	source := i.Unicast.Source
	if i.have["interface"] == nil && !(source.IsValid() && !source.IsLinkLocalUnicast() && len(i.Unicast.Peers) > 0) {
		r.err(codeNoInterface, at(i.st), "add interface NAME", "instance %s has no interface", quote(i.Name))
	}
}

// familyOf is that of the first address; without one, of source or peers.
func familyOf(i *id) wire.Family {
	six := i.native6
	switch {
	case len(i.addresses) > 0:
		six = six || i.addresses[0].Prefix.Addr().Is6()
	case len(i.Unicast.Peers) > 0:
		six = six || i.Unicast.Peers[0].Addr.Is6()
	}
	if six {
		return wire.IPv6
	}
	return wire.IPv4
}

func (r *reader) resolveVersion(i *id, g *globalDraft) {
	i.Version = 2
	switch {
	case i.Family == wire.IPv6:
		i.Version = 3
		if i.version != 2 {
			break
		}
		if i.versionLate {
			r.warn(codeVersionIPv6, at(i.have["version"]), "remove the line", "version 2 is ignored behind an IPv6 address: version 3 is used, as with keepalived")
			break
		}
		r.err(codeVersionIPv6, at(i.have["version"]), "write version 3 on every node", "version 2 has no IPv6: keepalived's own form of it is not served")
	case i.version != 0:
		i.Version = uint8(i.version)
	case g.inherit.version != 0:
		i.Version = uint8(g.inherit.version)
	}
}

// resolvePriority: state MASTER without a priority makes an address owner.
func (r *reader) resolvePriority(i *id) {
	if i.have["priority"] == nil && i.State == StateMaster {
		i.priority = 255
		r.warn(codeMasterNoPriority, at(i.have["state"]), "write the priority that is meant, such as 150",
			"state MASTER without priority means priority 255, the owner of the addresses")
	}
	i.Priority = uint8(i.priority)
	if i.Priority != 255 {
		return
	}
	if st := i.have["state"]; st != nil && i.State == StateBackup {
		r.warn(codeOwnerBackup, at(st), "write state MASTER, or a priority below 255",
			"priority 255 is the owner of the addresses: with state BACKUP it waits at start all the same")
		return
	}
	i.State = StateMaster
}

// inheritFlags gives an instance the global value of what it does not say.
func (r *reader) inheritFlags(i *id, g *globalDraft) {
	inherit := func(word string, to *bool, global bool) {
		if i.have[word] == nil {
			*to = global
		}
	}
	in := g.inherit
	inherit("lower_prio_no_advert", &i.LowerPrioNoAdvert, in.lowerPrioNoAdvert)
	inherit("higher_prio_send_advert", &i.HigherPrioSendAdvert, in.higherPrioSendAdvert)
	said := i.have["higher_prio_send_advert"] != nil || g.have["vrrp_higher_prio_send_advert"] != nil
	i.YieldSilently = said && !i.HigherPrioSendAdvert
	inherit("skip_check_adv_addr", &i.SkipCheckAdvAddr, in.skipCheckAdvAddr)
	inherit("strict_mode", &i.Strict, in.strict)
	inherit("v3_checksum_as_v2", &i.ChecksumAsV2, in.checksumAsV2)
	inherit("check_unicast_src", &i.Unicast.CheckSource, in.checkUnicastSource)
	inherit("notify_priority_changes", &i.Notify.PriorityChanges, in.notifyPriorityChanges)
	inherit("smtp_alert", &i.Notify.SMTPAlert, g.Mail.Alert)
	if i.have["owner_ignore_adverts"] == nil {
		i.OwnerIgnoreAdverts = in.ownerIgnoreAdverts && i.Priority == 255
	} else if i.OwnerIgnoreAdverts && i.Priority != 255 {
		r.warn(codeIgnoredHere, at(i.have["owner_ignore_adverts"]), "remove it", "owner_ignore_adverts is ignored: priority %d is no owner", i.Priority)
		i.OwnerIgnoreAdverts = false
	}
	if i.have["down_timer_adverts"] == nil || i.DownTimerAdverts == 0 {
		i.DownTimerAdverts = in.downTimerAdverts
	}
	i.Accept = i.accept > 0 || i.accept == 0 && !i.Strict
	r.quirkOff(i.have["skip_check_adv_addr"], i.SkipCheckAdvAddr)
	r.quirkOff(g.have["v3_checksum_as_v2"], in.checksumAsV2)
}

// quirkOff tells about the two words where keepalived takes "off" for "on".
func (r *reader) quirkOff(st *statement, value bool) {
	if st == nil || value || !r.once("quirk/"+st.Pos.String()) {
		return
	}
	r.warn(codeOffMeansOn, at(st), "remove the line: off is the default", "%s off switches it on in keepalived; xvrrp takes off for off", st.Keyword())
}

// resolvePreempt clears what contradicts, as keepalived does.
func (r *reader) resolvePreempt(i *id) {
	i.Preempt = i.preempt >= 0
	if !i.Preempt {
		switch st := i.have["nopreempt"]; {
		case i.Priority == 255:
			i.Preempt = true
			r.warn(codeNoPreempt, at(st), "remove nopreempt, or lower the priority", "nopreempt is ignored with priority 255")
		case i.State == StateMaster:
			i.Preempt = true
			r.warn(codeNoPreempt, at(st), "write state BACKUP on both nodes", "nopreempt is ignored with state MASTER")
		}
	}
	st := i.have["preempt_delay"]
	why := ""
	switch {
	case i.PreemptDelay == 0:
	case !i.Preempt:
		why = "nopreempt"
	case i.Strict:
		why = "strict mode"
	case i.State == StateMaster:
		why = "state MASTER"
	}
	if why != "" {
		r.warn(codePreemptDelay, at(st), "remove one of the two", "preempt_delay is ignored with %s", why)
		i.PreemptDelay = 0
	}
	i.TimerExpiredBackup = uint8(i.timerBackup)
	if i.timerBackup != 0 && i.Preempt {
		r.warn(codeIgnoredHere, at(i.have["timer_expired_backup"]), "add nopreempt or remove it", "timer_expired_backup is ignored without nopreempt")
		i.TimerExpiredBackup = 0
	}
}

// resolveInterval rounds and clamps advert_int to what the version carries.
func (r *reader) resolveInterval(i *id) {
	step, lo, hi := time.Second, time.Second, 255*time.Second
	if i.Version == 3 {
		step, lo, hi = 10*time.Millisecond, 10*time.Millisecond, 40950*time.Millisecond
	}
	asked := i.AdvertInterval
	got := min(max((asked+step/2)/step*step, lo), hi)
	if got == asked {
		return
	}
	i.AdvertInterval = got
	remedy := "write advert_int " + secondsText(got)
	if i.Version == 2 && asked < time.Second {
		remedy = "write version 3 on every node to use " + secondsText(asked) + " s, or advert_int 1"
	} else if i.Version == 3 && asked < lo {
		remedy = "write advert_int 0.01, and the finer interval in xvrrp { instance " + i.Name + " { advert_int 2ms } }"
	}
	r.warn(codeInterval, at(i.have["advert_int"]), remedy, "advert_int %s does not fit version %d: %s s is used",
		secondsText(asked), i.Version, secondsText(got))
}

// resolveGARP takes the instance's value, else the global one.
func resolveGARP(i *id, g *globalDraft) GARP {
	own, all := i.GARP, g.inherit.garp
	if g.inherit.minGARP {
		if g.have["vrrp_garp_master_repeat"] == nil {
			all.Repeat = 1
		}
		if g.have["vrrp_garp_master_delay"] == nil {
			all.Delay = 0
		}
	}
	if i.have["garp_master_delay"] == nil {
		own.Delay = all.Delay
	}
	if i.have["garp_master_repeat"] == nil || own.Repeat == 0 {
		own.Repeat = max(all.Repeat, 1)
	}
	if i.have["garp_master_refresh"] == nil {
		own.Refresh = all.Refresh
	}
	if i.have["garp_master_refresh_repeat"] == nil || own.RefreshRepeat == 0 {
		own.RefreshRepeat = max(all.RefreshRepeat, 1)
	}
	if i.have["garp_extra_if"] == nil {
		own.ExtraInterval, own.ExtraAll = all.ExtraInterval, all.ExtraAll
	}
	if i.have["garp_lower_prio_delay"] == nil {
		own.LowerPrioDelay = own.Delay
		if g.have["vrrp_garp_lower_prio_delay"] != nil {
			own.LowerPrioDelay = all.LowerPrioDelay
		}
	}
	if i.have["garp_lower_prio_repeat"] == nil {
		own.LowerPrioRepeat = own.Repeat
		if g.have["vrrp_garp_lower_prio_repeat"] != nil {
			own.LowerPrioRepeat = all.LowerPrioRepeat
		}
	}
	if i.Strict {
		own.LowerPrioDelay, own.LowerPrioRepeat = 0, 0
	}
	return own
}
