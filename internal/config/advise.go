package config

import "time"

// advise adds what is legal and will hurt or surprise (section 12 of the
// reference, and the field cases).
func (r *reader) advise(s *Settings, d *document) {
	r.adviseChecks(s, d)
	r.adviseAddresses(s, d)
	r.adviseRoutes(s)
	for _, i := range d.instances {
		r.adviseStart(i)
		r.adviseUnicast(i)
		r.adviseStrict(s, i)
		r.adviseInterval(i)
	}
	r.adviseScripts(d)
}

// adviseStart: state MASTER is no preference; the priority is.
func (r *reader) adviseStart(i *id) {
	if i.State == StateMaster && i.Priority != 255 && i.Auth.Kind != AuthAH && r.once("state/"+i.Name) {
		r.note(codeMasterNoEffect, at(i.have["state"]), "set the priorities apart; state MASTER may stay",
			"state MASTER changes nothing below priority 255: the instance starts as BACKUP and waits")
	}
	if i.GARP.Refresh == 0 && r.once("refresh") {
		r.note(codeNoRefresh, at(i.st), "write vrrp_garp_master_refresh 60 into global_defs to repeat them",
			"addresses are announced on a takeover only, so a neighbour table that a second master poisoned stays wrong")
	}
}

func (r *reader) adviseUnicast(i *id) {
	if !i.Unicast.Enabled() {
		return
	}
	peers := at(i.have["unicast_peer"])
	if !i.Unicast.Source.IsValid() {
		r.warn(codeUnicastNoSource, peers, "write unicast_src_ip ADDRESS, the one that the peers list",
			"unicast without unicast_src_ip: adverts leave with whatever address of %s comes first", orNone(i.Interface))
	}
	if !i.Unicast.CheckSource && i.Auth.Kind != AuthHMAC {
		r.note(codeUnicastUnchecked, peers, "write min_ttl 255 behind each peer that is on the same link", "adverts are accepted from these peers only, whatever vrrp_check_unicast_src says, and from across routers")
	}
}

// adviseStrict: with the sample file's vrrp_strict, addresses do not answer.
func (r *reader) adviseStrict(s *Settings, i *id) {
	if !i.Strict || i.Accept || i.Priority == 255 {
		return
	}
	where := at(i.have["strict_mode"])
	if where.pos.Line == 0 {
		where = at(r.doc.global.have["vrrp_strict"])
	}
	if r.once("strict/" + where.pos.String()) {
		r.warn(codeStrictSilent, where, "remove vrrp_strict, or write accept into the instance",
			"strict mode makes addresses unreachable: a master that is not the owner does not answer on them")
	}
}

// adviseInterval: longer intervals than people wait for.
func (r *reader) adviseInterval(i *id) {
	if i.AdvertInterval.Seconds()*float64(i.DownTimerAdverts) > 60 {
		r.note(codeSlowTakeover, at(i.have["advert_int"]), "lower advert_int or down_timer_adverts",
			"a dead master is replaced after %s at the earliest", i.AdvertInterval*time.Duration(i.DownTimerAdverts))
	}
}

// adviseScripts: rise counts from one below at start.
func (r *reader) adviseScripts(d *document) {
	for _, x := range d.scripts {
		if x.Rise > 1 && !x.InitFail && r.once("rise") {
			r.note(codeRiseFirst, at(x.have["rise"]), "write init_fail to wait for the first success",
				"rise %d does not hold at start: the first success is enough there", x.Rise)
		}
		if x.Timeout > x.Interval {
			r.note(codeTimeoutLong, at(x.have["timeout"]), "write at most the interval", "timeout %s is longer than the interval %s: runs are left out while one hangs",
				secondsText(x.Timeout), secondsText(x.Interval))
		}
	}
}
