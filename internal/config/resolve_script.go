package config

// defaultScriptUser is who runs scripts when nobody is named and the account
// exists.
const defaultScriptUser = "keepalived_script"

// commands calls f for every command of the settings.
func (s *Settings) commands(f func(where string, c *Command)) {
	f("startup_script", &s.Global.Startup)
	f("shutdown_script", &s.Global.Shutdown)
	f("notify_fifo_script", &s.Global.NotifyFIFO.Script)
	f("vrrp_notify_fifo_script", &s.Global.VRRPNotifyFIFO.Script)
	for i := range s.Scripts {
		if !s.Scripts[i].OpenFile {
			f("vrrp_script "+s.Scripts[i].Name, &s.Scripts[i].Command)
		}
	}
	f("notify_split_brain", &s.Own.Defaults.NotifySplitBrain)
	for i := range s.Instances {
		s.Instances[i].Notify.commands(f)
		f("notify_split_brain", &s.Instances[i].Own.NotifySplitBrain)
	}
	for i := range s.SyncGroups {
		s.SyncGroups[i].Notify.commands(f)
	}
}

func (n *Notify) commands(f func(where string, c *Command)) {
	f("notify_master", &n.Master)
	f("notify_backup", &n.Backup)
	f("notify_fault", &n.Fault)
	f("notify_stop", &n.Stop)
	f("notify_deleted", &n.Deleted)
	f("notify_master_rx_lower_pri", &n.MasterRxLowerPri)
	f("notify", &n.Any)
}

// resolveUsers gives every command its account: its own, else script_user,
// else keepalived_script where that account exists.
func (r *reader) resolveUsers(s *Settings) {
	user, group := s.Global.ScriptUser, s.Global.ScriptGroup
	if user == "" && r.opt.User != nil && r.opt.User(defaultScriptUser) == nil {
		user = defaultScriptUser
	}
	s.commands(func(_ string, c *Command) {
		if !c.IsZero() && c.User == "" {
			c.User, c.Group = user, group
		}
	})
}

// checkScripts reports commands that cannot run. keepalived disables them and
// goes on; a node whose check is gone is electable however ill it is.
func (r *reader) checkScripts(d *document, s *Settings) {
	if len(r.findings) > 0 && r.failedInDefinition(d) {
		return
	}
	r.checkScriptUser(d, s)
	s.commands(func(where string, c *Command) {
		if c.IsZero() {
			return
		}
		st := d.statementOf(c)
		spot := at(st)
		r.checkProgram(where, c, s.Global.ScriptSecurity, spot)
		r.checkAccount(c, accountSpot(d, st))
	})
}

// checkProgram looks at the file that a command would start.
func (r *reader) checkProgram(where string, c *Command, security bool, at spot) {
	if r.opt.Executable == nil {
		return
	}
	if err := r.opt.Executable(c.Argv[0]); err != nil {
		if r.once("exec/" + c.Argv[0] + c.Pos.String()) {
			r.err(codeScriptUnusable, at, "install it or correct the path; keepalived would drop it and run without it",
				"%s: %s cannot be run: %v", where, quote(c.Argv[0]), err)
		}
		return
	}
	if !security || r.opt.Insecure == nil {
		return
	}
	if err := r.opt.Insecure(c.Argv[0], c.User); err != nil && r.once("insecure/"+c.Argv[0]+c.Pos.String()) {
		r.err(codeScriptInsecure, at, "give the file and every directory above it to root alone (chown root, chmod go-w), or have the script run as another "+
			"user (script_user); keepalived would drop it and run without it",
			"%s: enable_script_security forbids to run %s as root: %v", where, quote(c.Argv[0]), err)
	}
}

func (r *reader) checkAccount(c *Command, where spot) {
	if c.User != "" && r.opt.User != nil {
		if err := r.opt.User(c.User); err != nil && r.once("user/"+c.User) {
			r.err(codeNoAccount, where, "create the account, or quote the command if "+c.User+" is an argument", "no user %s: %v", quote(c.User), err)
		}
	}
	if c.Group != "" && r.opt.Group != nil {
		if err := r.opt.Group(c.Group); err != nil && r.once("group/"+c.Group) {
			r.err(codeNoAccount, where, "create the group, or quote the command if "+c.Group+" is an argument", "no group %s: %v", quote(c.Group), err)
		}
	}
}

// checkScriptUser: with enable_script_security, no script_user and no account
// keepalived_script, keepalived drops every script.
func (r *reader) checkScriptUser(d *document, s *Settings) {
	unnamed := 0
	any := 0
	s.commands(func(_ string, c *Command) {
		if !c.IsZero() {
			any++
			if c.User == "" {
				unnamed++
			}
		}
	})
	if any == 0 {
		return
	}
	if !s.Global.ScriptSecurity {
		r.note(codeScriptSecurity, spot{pos: Pos{File: fileOf(d)}}, "write enable_script_security and script_user into global_defs",
			"scripts run without enable_script_security: whoever can change one of them is root here")
		return
	}
	if unnamed == 0 || s.Global.ScriptUser != "" {
		return
	}
	where := at(d.global.have["enable_script_security"])
	const remedy = "write script_user USER into global_defs (script_user root if they need it)"
	if r.opt.User == nil {
		r.warn(codeNoScriptUser, where, remedy, "there is no script_user: on a host without the user %s keepalived drops every script", defaultScriptUser)
		return
	}
	r.err(codeNoScriptUser, where, remedy, "there is no script_user and no user %s: keepalived would drop every script and run untracked", defaultScriptUser)
}

func fileOf(d *document) string {
	if len(d.instances) > 0 {
		return d.instances[0].Pos.File
	}
	return d.global.Pos.File
}

// failedInDefinition reports whether the file is so broken that advice about
// the host would only bury the cause.
func (r *reader) failedInDefinition(d *document) bool {
	return len(d.instances) == 0 && Failed(r.findings)
}

// accountSpot is the last word of a command's line, its account, or the
// script_user from which it comes.
func accountSpot(d *document, st *statement) spot {
	if st != nil && len(st.Args()) > 1 {
		return arg(st, len(st.Args())-1)
	}
	if user := d.global.have["script_user"]; user != nil {
		return arg(user, 0)
	}
	return at(st)
}

// statementOf finds the statement of a command again.
func (d *document) statementOf(c *Command) *statement {
	for _, have := range d.blocks() {
		for _, st := range have {
			if Pos(st.Pos) == c.Pos {
				return st
			}
		}
	}
	return nil
}

// blocks lists what was written in every block that can hold a command.
func (d *document) blocks() []seen {
	out := []seen{d.global.have}
	for _, x := range d.scripts {
		out = append(out, x.have)
	}
	for _, x := range d.instances {
		out = append(out, x.have)
	}
	for _, x := range d.groups {
		out = append(out, x.have)
	}
	out = append(out, d.own.have)
	for _, x := range d.own.instances {
		out = append(out, x.have)
	}
	return out
}

// markUsed notes what is tracked by somebody.
func (r *reader) markUsed(s *Settings) {
	used := map[Track]bool{}
	mark := func(tracks []Track) {
		for _, t := range tracks {
			used[Track{Kind: t.Kind, Name: t.Name}] = true
		}
	}
	for _, i := range s.Instances {
		mark(i.Tracks)
	}
	for _, g := range s.SyncGroups {
		mark(g.Tracks)
	}
	for i := range s.Scripts {
		s.Scripts[i].Used = used[Track{Kind: TrackScript, Name: s.Scripts[i].Name}]
	}
	for i := range s.TrackFiles {
		s.TrackFiles[i].Used = used[Track{Kind: TrackFileValue, Name: s.TrackFiles[i].Name}]
	}
	for i := range s.TrackProcesses {
		s.TrackProcesses[i].Used = used[Track{Kind: TrackProcessQuorum, Name: s.TrackProcesses[i].Name}]
	}
	for i := range s.Own.Checks {
		s.Own.Checks[i].Used = used[Track{Kind: TrackCheck, Name: s.Own.Checks[i].Name}]
	}
}

// allTracks lists the entries of every track_… block.
func (d *document) allTracks() []trackDraft {
	var out []trackDraft
	for _, i := range d.instances {
		out = append(out, i.tracks...)
	}
	for _, g := range d.groups {
		out = append(out, g.tracks...)
	}
	return out
}

// checkUnused: what nobody tracks never runs.
func (r *reader) checkUnused(d *document, s *Settings) {
	const remedy = "name it in track_… of an instance, or remove it"
	named := map[string]bool{} // tracked, though perhaps dropped with a message
	for _, t := range d.allTracks() {
		named[t.Name] = true
	}
	for i, x := range s.Scripts {
		if !x.Used && !named[x.Name] {
			r.warn(codeUnused, at(d.scripts[i].st), remedy, "vrrp_script %s is tracked by no instance: it never runs", quote(x.Name))
		}
	}
	for i, x := range s.TrackFiles {
		if !x.Used && !named[x.Name] {
			r.warn(codeUnused, at(d.files[i].st), remedy, "track_file %s is tracked by no instance", quote(x.Name))
		}
	}
	for i, x := range s.TrackProcesses {
		if !x.Used && !named[x.Name] {
			r.warn(codeUnused, at(d.processes[i].st), remedy, "vrrp_track_process %s is tracked by no instance", quote(x.Name))
		}
	}
	for _, c := range s.Own.Checks {
		if !c.Used && !named[c.Name] {
			r.warn(codeUnused, spot{pos: c.Pos}, remedy, "check %s is tracked by no instance: it never runs", quote(c.Name))
		}
	}
}
