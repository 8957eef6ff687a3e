package config

import "time"

// groupDraft is a vrrp_sync_group while it is read.
type groupDraft struct {
	SyncGroup
	st      *statement
	members *statement
	have    seen
	tracks  []trackDraft
}

type grp = groupDraft

var groupTable = table[grp]{"vrrp_sync_group", joinWords(map[string]word[grp]{
	"group": {block: needBlock, read: func(r *reader, st *statement, g *grp) {
		g.members = st
		g.Members = r.names(st)
	}},
	"sync_group_tracking_weight": bareWord(func(g *grp) *bool { return &g.TrackingWeight }),
	"global_tracking":            aliasWord[grp]("sync_group_tracking_weight"),
},
	notifyWords(func(g *grp) *Notify { return &g.Notify }),
	trackWords(func(g *grp) *[]trackDraft { return &g.tracks }))}

// trackGroupDraft is a track_group.
type trackGroupDraft struct {
	TrackGroup
	st *statement
}

var trackGroupTable = table[trackGroupDraft]{"track_group", map[string]word[trackGroupDraft]{
	"group": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, g *trackGroupDraft) {
		g.Members = append(g.Members, r.names(st)...)
	}},
}}

var garpGroupTable = table[GARPGroup]{"garp_group", map[string]word[GARPGroup]{
	"garp_interval": paceWord(func(g *GARPGroup) *time.Duration { return &g.GARPInterval }),
	"gna_interval":  paceWord(func(g *GARPGroup) *time.Duration { return &g.GNAInterval }),
	"interface": {min: 1, max: 1, repeat: adds, read: func(r *reader, st *statement, g *GARPGroup) {
		if name, ok := r.ifName(st, 0); ok {
			g.Interfaces = append(g.Interfaces, name)
		}
	}},
	"interfaces": {block: needBlock, repeat: adds, read: func(r *reader, st *statement, g *GARPGroup) {
		g.Interfaces = append(g.Interfaces, r.names(st)...)
	}},
}}

// readLinkDelays reads interface_up_down_delays { IF DOWN [UP] }. keepalived's
// program takes a missing UP as 0, whatever its manual says.
func readLinkDelays(r *reader, st *statement, d *document) {
	const most = 255 * time.Second
	for _, line := range st.Block {
		if len(line.Args()) == 0 || len(line.Args()) > 2 {
			r.err(codeExtraEntry, at(line), "write INTERFACE DOWN [UP]", "%s needs one or two times, here are %d",
				quote(line.Keyword()), len(line.Args()))
			continue
		}
		delay := LinkDelay{Interface: line.Keyword(), Pos: Pos(line.Pos)}
		down, ok := r.seconds(line, 0, 0, most)
		if !ok {
			continue
		}
		delay.Down = down
		if len(line.Args()) == 2 {
			if delay.Up, ok = r.seconds(line, 1, 0, most); !ok {
				continue
			}
		}
		d.linkDelays = append(d.linkDelays, delay)
	}
}
