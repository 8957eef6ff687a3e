package config

import (
	"net/netip"
	"time"
)

// instanceDraft is a vrrp_instance while it is read. Words that have a global
// default are looked up in have when defaults are resolved.
type instanceDraft struct {
	Instance
	st      *statement
	have    seen
	version int
	// versionLate: `version 2` stood behind the first IPv6 address.
	versionLate bool
	priority    int
	accept      int // 1 accept, -1 no_accept, 0 neither
	preempt     int // 1 preempt, -1 nopreempt, 0 neither
	vrid        int
	native6     bool
	addresses   []addressDraft
	excluded    []addressDraft
	group       netip.Addr // mcast_dst_ip
	mcastSource netip.Addr
	auth        authDraft
	hmac        *hmacDraft
	tracks      []trackDraft
	timerBackup int
	// source is what mcast_src_ip or unicast_src_ip said last: one variable
	// in keepalived.
	ttlRange bool
}

type id = instanceDraft

var instanceTable = table[id]{"vrrp_instance", joinWords(instanceCore, instanceAddresses, instanceTransport,
	notifyWords(func(d *id) *Notify { return &d.Notify }),
	trackWords(func(d *id) *[]trackDraft { return &d.tracks }))}

var instanceCore = map[string]word[id]{
	"state":             {min: 1, max: 1, repeat: adds, read: readState},
	"interface":         ifWord(func(d *id) *string { return &d.Interface }),
	"virtual_router_id": intWord(1, 255, func(d *id) *int { return &d.vrid }),
	"priority":          intWord(1, 255, func(d *id) *int { return &d.priority }),
	"advert_int":        decWord(0, 65535*time.Second, func(d *id) *time.Duration { return &d.AdvertInterval }),
	"version": {min: 1, max: 1, read: func(r *reader, st *statement, d *id) {
		if n, ok := r.integer(st, 0, 2, 3); ok {
			d.version = n
			d.versionLate = len(d.addresses) > 0 && d.addresses[0].Prefix.Addr().Is6()
		}
	}},
	"native_ipv6":        bareWord(func(d *id) *bool { return &d.native6 }),
	"nopreempt":          eitherWord(-1, func(d *id) *int { return &d.preempt }),
	"preempt":            eitherWord(1, func(d *id) *int { return &d.preempt }),
	"preempt_delay":      decWord(0, 1000*time.Second, func(d *id) *time.Duration { return &d.PreemptDelay }),
	"down_timer_adverts": intWord(1, 100, func(d *id) *int { return &d.DownTimerAdverts }),
	"timer_expired_backup": {max: 1, read: func(r *reader, st *statement, d *id) {
		d.timerBackup = 254
		if len(st.Args()) == 1 {
			if n, ok := r.integer(st, 0, 1, 254); ok {
				d.timerBackup = n
			}
		}
	}},
	"thread_timer_expired":       aliasWord[id]("timer_expired_backup"),
	"lower_prio_no_advert":       flagWord(func(d *id) *bool { return &d.LowerPrioNoAdvert }),
	"higher_prio_send_advert":    flagWord(func(d *id) *bool { return &d.HigherPrioSendAdvert }),
	"owner_ignore_adverts":       flagWord(func(d *id) *bool { return &d.OwnerIgnoreAdverts }),
	"skip_check_adv_addr":        flagWord(func(d *id) *bool { return &d.SkipCheckAdvAddr }),
	"strict_mode":                flagWord(func(d *id) *bool { return &d.Strict }),
	"vrf":                        textWord(func(d *id) *string { return &d.VRF }),
	"debug":                      {max: 1},
	"authentication":             {block: needBlock, read: readAuth},
	"auth_hmac":                  {block: needBlock, read: readHMAC},
	"notify_deleted":             commandWord(func(d *id) *Command { return &d.Notify.Deleted }),
	"notify_master_rx_lower_pri": commandWord(func(d *id) *Command { return &d.Notify.MasterRxLowerPri }),

	"garp_master_delay":          wholeWord(time.Second, 0, 86400, func(d *id) *time.Duration { return &d.GARP.Delay }),
	"garp_master_repeat":         countWord(func(d *id) *int { return &d.GARP.Repeat }),
	"garp_master_refresh":        wholeWord(time.Second, 0, 86400, func(d *id) *time.Duration { return &d.GARP.Refresh }),
	"garp_master_refresh_repeat": countWord(func(d *id) *int { return &d.GARP.RefreshRepeat }),
	"garp_lower_prio_delay":      wholeWord(time.Second, 0, 86400, func(d *id) *time.Duration { return &d.GARP.LowerPrioDelay }),
	"garp_lower_prio_repeat":     intWord(0, 1<<30, func(d *id) *int { return &d.GARP.LowerPrioRepeat }),
	"garp_extra_if":              {min: 1, max: 2, read: func(r *reader, st *statement, d *id) { r.extraIf(st, 0, &d.GARP) }},
	"vmac_garp_intvl":            aliasWord[id]("garp_extra_if"),
}

var instanceAddresses = map[string]word[id]{
	"virtual_ipaddress": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *id) {
		d.addresses = append(d.addresses, r.addressBlock(st, false)...)
	}},
	"virtual_ipaddress_excluded": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *id) {
		d.excluded = append(d.excluded, r.addressBlock(st, false)...)
	}},
	"no_virtual_ipaddress": bareWord(func(d *id) *bool { return &d.NoAddresses }),
	"promote_secondaries":  bareWord(func(d *id) *bool { return &d.PromoteSecondaries }),
	"virtual_routes": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *id) {
		d.Routes = append(d.Routes, r.routeBlock(st)...)
	}},
	"virtual_rules": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *id) {
		d.Rules = append(d.Rules, r.ruleBlock(st)...)
	}},
	"accept":    eitherWord(1, func(d *id) *int { return &d.accept }),
	"no_accept": eitherWord(-1, func(d *id) *int { return &d.accept }),
}

var instanceTransport = map[string]word[id]{
	"mcast_src_ip":          addrWord(func(d *id) *netip.Addr { return &d.mcastSource }),
	"unicast_src_ip":        addrWord(func(d *id) *netip.Addr { return &d.Unicast.Source }),
	"track_src_ip":          bareWord(func(d *id) *bool { return &d.TrackSource }),
	"unicast_peer":          {block: needBlock, repeat: adds, read: readPeers},
	"check_unicast_src":     flagWord(func(d *id) *bool { return &d.Unicast.CheckSource }),
	"unicast_fault_no_peer": bareWord(func(d *id) *bool { return &d.Unicast.FaultNoPeer }),
	"unicast_ttl":           intWord(0, 255, func(d *id) *int { return &d.Unicast.TTL }),
	"mcast_dst_ip":          {min: 1, max: 1, read: readMcastGroup},
	"old_unicast_checksum": {max: 1, read: func(r *reader, st *statement, d *id) {
		d.Unicast.Checksum = ChecksumOld
		if len(st.Args()) == 1 {
			if _, ok := r.choice(st, 0, []string{"never"}); ok {
				d.Unicast.Checksum = ChecksumNew
			}
		}
	}},
	"v3_checksum_as_v2":    flagWord(func(d *id) *bool { return &d.ChecksumAsV2 }),
	"kernel_rx_buf_size":   intWord(1, 1<<30, func(d *id) *int { return &d.KernelRxBuf }),
	"linkbeat_use_polling": {},
	"dont_track_primary":   {read: func(_ *reader, _ *statement, d *id) { d.TrackPrimary = false }},
	"use_vmac":             {max: -1, read: readUseVMAC},
	"use_vmac_addr":        bareWord(func(d *id) *bool { return &d.VMAC.Addr }),
	"vmac_xmit_base":       bareWord(func(d *id) *bool { return &d.VMAC.XmitBase }),
	"use_ipvlan":           {max: -1, read: readUseIPVLAN},
}

// newInstance holds the defaults that no global word changes.
func newInstance(st *statement) *id {
	d := &id{st: st, have: seen{}}
	d.Name = st.Args()[0].Text
	d.Pos = Pos(st.Pos)
	d.priority = 100
	d.AdvertInterval = time.Second
	d.TrackPrimary = true
	d.Unicast.TTL = 255
	return d
}

// eitherWord is one of two words of which the last holds.
func eitherWord[T any](value int, to func(*T) *int) word[T] {
	return word[T]{read: func(_ *reader, _ *statement, into *T) { *to(into) = value }}
}

// readState: BACKUP behind MASTER is ignored; SLAVE is what many files write.
func readState(r *reader, st *statement, d *id) {
	switch text := st.Args()[0].Text; text {
	case "MASTER":
		d.State = StateMaster
	case "BACKUP", "SLAVE":
		if text == "SLAVE" {
			r.warn(codeStateSlave, arg(st, 0), "write BACKUP", "state SLAVE is no keyword of keepalived's, it means BACKUP")
		}
		if d.State == StateMaster {
			r.warn(codeRepeated, at(st), "remove one of the two", "state is set again and ignored: state MASTER holds")
		}
	default:
		r.err(codeBadWord, arg(st, 0), "write MASTER or BACKUP", "state takes MASTER or BACKUP, not %s", quote(text))
	}
}

// readPeers reads unicast_peer { A [min_ttl N] [max_ttl N] }. Giving a TTL
// range also switches the source check on.
func readPeers(r *reader, st *statement, d *id) {
	for _, line := range st.Block {
		if r.swallowed(line) {
			continue
		}
		text := line.Keyword()
		a, err := netip.ParseAddr(text)
		if err != nil {
			r.err(codeBadAddress, at(line), "write the peer's address; names are not looked up", "%s is no address", quote(text))
			continue
		}
		p := Peer{Addr: a.Unmap(), MaxTTL: 255, Pos: Pos(line.Pos)}
		if r.peerOptions(line, &p) {
			d.ttlRange = true
		}
		d.Unicast.Peers = append(d.Unicast.Peers, p)
	}
	if len(st.Block) == 0 {
		r.warn(codeEmptyBlock, at(st), "name the other nodes' addresses", "unicast_peer is empty")
	}
}

// peerOptions reports whether a TTL range was given.
func (r *reader) peerOptions(line *statement, p *Peer) (ranged bool) {
	args := line.Args()
	for i := 0; i < len(args); i += 2 {
		to := map[string]*int{"min_ttl": &p.MinTTL, "max_ttl": &p.MaxTTL}[args[i].Text]
		if to == nil {
			r.err(codeExtraEntry, arg(line, i), "write one peer a line: ADDRESS [min_ttl N] [max_ttl N]",
				"%s is not understood behind %s", quote(args[i].Text), p.Addr)
			return ranged
		}
		if i+1 == len(args) {
			r.err(codeMissingValue, arg(line, i), "", "%s has no value", args[i].Text)
			return ranged
		}
		if n, ok := r.integer(line, i+1, 0, 255); ok {
			*to, ranged = n, true
		}
	}
	if p.MinTTL > p.MaxTTL {
		r.err(codeOutOfRange, at(line), "", "min_ttl %d is above max_ttl %d: no advert can pass", p.MinTTL, p.MaxTTL)
	}
	return ranged
}

func readMcastGroup(r *reader, st *statement, d *id) {
	a, ok := r.address(st, 0)
	switch {
	case !ok:
	case !a.IsMulticast():
		r.err(codeBadAddress, arg(st, 0), "write a multicast address such as 224.0.0.18", "%s is no multicast address", a)
	case a.Is6() && !a.IsLinkLocalMulticast():
		r.err(codeBadAddress, arg(st, 0), "write an address of ff02::/16", "%s is not of link scope", a)
	default:
		d.group = a
	}
}
