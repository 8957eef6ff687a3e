package config

import "time"

// document is everything that was read, before names are looked up and
// defaults are resolved.
type document struct {
	have       seen
	global     *globalDraft
	own        *ownDraft
	instances  []*instanceDraft
	groups     []*groupDraft
	scripts    []*scriptDraft
	files      []*fileDraft
	processes  []*processDraft
	bfds       []*bfdDraft
	trackGroup []*trackGroupDraft
	garpGroups []GARPGroup
	linkDelays []LinkDelay
	staticAddr []addressDraft
	staticRts  []Route
	staticRls  []Rule
}

func newDocument() *document {
	return &document{have: seen{}, global: newGlobal(), own: newOwn()}
}

type dc = document

// The blocks refer to each other's tables through vocabularies (for hints in
// messages), so the table of the top is filled at start.
var topTable table[dc]

func init() {
	topTable = table[dc]{"", map[string]word[dc]{
		"global_defs": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			d.global.Pos = Pos(st.Pos)
			readBlock(r, globalTable, st.Block, d.global, d.global.have)
		}},
		"xvrrp": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			d.own.Pos = Pos(st.Pos)
			readBlock(r, ownTable, st.Block, d.own, d.own.have)
		}},
		"vrrp_instance":            named(readInstance),
		"vrrp_sync_group":          named(readGroup),
		"vrrp_script":              named(readScriptBlock),
		"track_file":               named(readFileBlock),
		"vrrp_track_file":          aliasWord[dc]("track_file"),
		"vrrp_track_process":       named(readProcessBlock),
		"bfd_instance":             named(readBFDBlock),
		"track_group":              named(readTrackGroup),
		"garp_group":               {block: needBlock, repeat: adds, read: readGARPGroup},
		"interface_up_down_delays": {block: needBlock, repeat: adds, read: readLinkDelays},
		"static_ipaddress": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			d.staticAddr = append(d.staticAddr, r.addressBlock(st, true)...)
		}},
		"static_routes": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			d.staticRts = append(d.staticRts, r.routeBlock(st)...)
		}},
		"static_rules": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			d.staticRls = append(d.staticRls, r.ruleBlock(st)...)
		}},
		"linkbeat_use_polling": noWord[dc](),
		"linkbeat_interfaces": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, d *dc) {
			for _, line := range st.Block {
				d.global.LinkPolling = append(d.global.LinkPolling, line.Keyword())
			}
		}},
		"net_namespace":   textWord(func(d *dc) *string { return &d.global.NetNamespace }),
		"instance":        textWord(func(d *dc) *string { return &d.global.InstanceName }),
		"use_pid_dir":     bareWord(func(d *dc) *bool { return &d.global.UsePIDDir }),
		"child_wait_time": wholeWord(time.Second, 0, 86400, func(d *dc) *time.Duration { return &d.global.ChildWait }),
	}}
}

func named(read func(r *reader, st *statement, d *dc)) word[dc] {
	return word[dc]{min: 1, max: 1, block: needBlock, repeat: adds, read: read}
}

// duplicate reports a second block of one name; keepalived skips it.
func (r *reader) duplicate(st *statement, first *statement) {
	r.err(codeDuplicate, arg(st, 0), "rename one of the two, or remove it",
		"%s %s is defined twice, first in line %d", st.Keyword(), quote(st.Args()[0].Text), first.Pos.Line)
}

func readInstance(r *reader, st *statement, d *dc) {
	i := newInstance(st)
	r.blockName(st)
	readBlock(r, instanceTable, st.Block, i, i.have)
	d.instances = onlyOne(r, d.instances, i)
}

func readGroup(r *reader, st *statement, d *dc) {
	g := &groupDraft{st: st, have: seen{}}
	g.Name, g.Pos = r.blockName(st), Pos(st.Pos)
	readBlock(r, groupTable, st.Block, g, g.have)
	d.groups = onlyOne(r, d.groups, g)
}

func readScriptBlock(r *reader, st *statement, d *dc) {
	s := &scriptDraft{st: st, have: seen{}}
	s.Name, s.Pos = r.blockName(st), Pos(st.Pos)
	s.Interval, s.Rise, s.Fall = time.Second, 1, 1
	readBlock(r, scriptTable, st.Block, s, s.have)
	d.scripts = onlyOne(r, d.scripts, s)
}

func readFileBlock(r *reader, st *statement, d *dc) {
	f := &fileDraft{st: st, have: seen{}}
	f.Name, f.Pos, f.Weight = r.blockName(st), Pos(st.Pos), 1
	readBlock(r, trackFileTable, st.Block, f, f.have)
	d.files = onlyOne(r, d.files, f)
}

func readProcessBlock(r *reader, st *statement, d *dc) {
	p := &processDraft{st: st, have: seen{}}
	p.Name, p.Pos, p.Quorum = r.blockName(st), Pos(st.Pos), 1
	readBlock(r, processTable, st.Block, p, p.have)
	d.processes = onlyOne(r, d.processes, p)
}

func readBFDBlock(r *reader, st *statement, d *dc) {
	b := &bfdDraft{st: st, have: seen{}}
	b.Name, b.Pos = r.blockName(st), Pos(st.Pos)
	readBlock(r, bfdTable, st.Block, b, b.have)
	d.bfds = onlyOne(r, d.bfds, b)
}

func readTrackGroup(r *reader, st *statement, d *dc) {
	g := &trackGroupDraft{st: st}
	g.Name, g.Pos = r.blockName(st), Pos(st.Pos)
	readBlock(r, trackGroupTable, st.Block, g, seen{})
	d.trackGroup = onlyOne(r, d.trackGroup, g)
}

func readGARPGroup(r *reader, st *statement, d *dc) {
	g := GARPGroup{Pos: Pos(st.Pos)}
	readBlock(r, garpGroupTable, st.Block, &g, seen{})
	if len(g.Interfaces) == 0 {
		r.warn(codeEmptyBlock, at(st), "write interfaces { … }", "garp_group names no interface")
		return
	}
	d.garpGroups = append(d.garpGroups, g)
}
