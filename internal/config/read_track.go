package config

import (
	"strings"
	"time"
)

// Drafts of tracked objects carry the statement of their block, to check what
// must be there, and what was written.
type scriptDraft struct {
	Script
	st   *statement
	have seen
}

type fileDraft struct {
	TrackFile
	st   *statement
	have seen
}

type processDraft struct {
	TrackProcess
	st   *statement
	have seen
}

var scriptTable = table[scriptDraft]{"vrrp_script", map[string]word[scriptDraft]{
	"script":   {min: 1, max: -1, read: readScript},
	"interval": decWord(0, day, func(s *scriptDraft) *time.Duration { return &s.Interval }),
	"timeout":  decWord(0, day, func(s *scriptDraft) *time.Duration { return &s.Timeout }),
	"weight":   weightWord(253, func(s *scriptDraft) (*int, *bool) { return &s.Weight, &s.Reverse }),
	"rise":     intWord(1, 1<<30, func(s *scriptDraft) *int { return &s.Rise }),
	"fall":     intWord(1, 1<<30, func(s *scriptDraft) *int { return &s.Fall }),
	"user": {min: 1, max: 2, read: func(_ *reader, st *statement, s *scriptDraft) {
		s.Command.User, s.Command.Group = account(texts(st.Args()))
	}},
	"init_fail": bareWord(func(s *scriptDraft) *bool { return &s.InitFail }),
}}

// readScript reads the command; `</path` means "can be opened". A user line
// holds over a user behind the command.
func readScript(r *reader, st *statement, s *scriptDraft) {
	c, ok := r.command(st)
	if !ok {
		return
	}
	if s.have["user"] != nil {
		c.User, c.Group = s.Command.User, s.Command.Group
	}
	if path, open := strings.CutPrefix(c.Argv[0], "<"); open && len(c.Argv) == 1 {
		s.OpenFile = true
		c.Argv[0] = path
		if strings.HasPrefix(path, "/dev/tcp/") || strings.HasPrefix(path, "/dev/udp/") {
			r.warn(codeNoShell, arg(st, 0), "use a check of the xvrrp block: check NAME { tcp HOST:PORT }",
				"%s exists only inside bash: this check always fails", path)
		}
	}
	s.Command = c
}

// weightWord is weight N [reverse]. 254 is what keepalived lowers to 253
// with a message where it does not fit.
func weightWord[T any](most int, to func(*T) (*int, *bool)) word[T] {
	return word[T]{min: 1, max: 2, read: func(r *reader, st *statement, into *T) {
		w, rev := to(into)
		if n, ok := r.weight(st, 0, most); ok {
			*w = n
		}
		*rev = false
		if len(st.Args()) > 1 {
			n, ok := r.choice(st, 1, []string{"reverse", "noreverse"})
			*rev = ok && n == 0
		}
	}}
}

func (r *reader) weight(st *statement, i, most int) (int, bool) {
	n, ok := r.integer(st, i, -254, 254)
	if ok && (n > most || n < -most) {
		cut := max(-most, min(most, n))
		r.warn(codeLowered, arg(st, i), "", "weight %d is lowered to %d", n, cut)
		n = cut
	}
	return n, ok
}

var trackFileTable = table[fileDraft]{"track_file", map[string]word[fileDraft]{
	"file":   textWord(func(f *fileDraft) *string { return &f.Path }),
	"weight": weightWord(254, func(f *fileDraft) (*int, *bool) { return &f.Weight, &f.Reverse }),
	"init_file": {max: 2, read: func(r *reader, st *statement, f *fileDraft) {
		f.Init = true
		for i, w := range st.Args() {
			if w.Text == "overwrite" {
				f.InitOverwrite = true
			} else if n, ok := r.integer(st, i, -1<<31, 1<<31-1); ok {
				f.InitValue = int32(n)
			}
		}
	}},
}}

var processTable = table[processDraft]{"vrrp_track_process", map[string]word[processDraft]{
	"process": {min: 1, max: -1, read: func(_ *reader, st *statement, p *processDraft) {
		words := texts(st.Args())
		p.Process, p.Params = words[0], nil
		if len(words) > 1 {
			p.Params = words[1:]
		}
	}},
	"full_command": bareWord(func(p *processDraft) *bool { return &p.FullCommand }),
	"param_match": {max: 1, read: func(r *reader, st *statement, p *processDraft) {
		p.ParamMatch = ParamExact
		if len(st.Args()) == 1 {
			if n, ok := r.choice(st, 0, []string{"initial", "partial"}); ok {
				p.ParamMatch = ParamInitial + ParamMatch(n)
			}
		}
	}},
	"weight":     weightWord(254, func(p *processDraft) (*int, *bool) { return &p.Weight, &p.Reverse }),
	"quorum":     intWord(1, 65535, func(p *processDraft) *int { return &p.Quorum }),
	"quorum_max": intWord(0, 65535, func(p *processDraft) *int { return &p.QuorumMax }),
	"delay": {min: 1, max: 1, read: func(r *reader, st *statement, p *processDraft) {
		if d, ok := r.seconds(st, 0, time.Microsecond, time.Hour); ok {
			p.ForkDelay, p.TerminateDelay = d, d
		}
	}},
	"fork_delay":      decWord(time.Microsecond, time.Hour, func(p *processDraft) *time.Duration { return &p.ForkDelay }),
	"terminate_delay": decWord(time.Microsecond, time.Hour, func(p *processDraft) *time.Duration { return &p.TerminateDelay }),
}}

type bfdDraft struct {
	BFD
	st   *statement
	have seen
}

var bfdTable = table[bfdDraft]{"bfd_instance", map[string]word[bfdDraft]{
	"neighbor_ip":  bfdWord(1),
	"neighbour_ip": bfdWord(1),
	"source_ip":    bfdWord(1),
	"min_rx":       bfdWord(1),
	"min_tx":       bfdWord(1),
	"idle_tx":      bfdWord(1),
	"multiplier":   bfdWord(1),
	"passive":      bfdWord(0),
	"ttl":          bfdWord(1),
	"hoplimit":     bfdWord(1),
	"max_hops":     bfdWord(1),
	"multihop":     bfdWord(0),
	"weight":       weightWord(253, func(b *bfdDraft) (*int, *bool) { return &b.Weight, &b.Reverse }),
	"vrrp":         bfdWord(0),
	"checker":      bfdWord(0),
}}

func bfdWord(n int) word[bfdDraft] {
	return keptWord(n, n, func(b *bfdDraft) *[]Option { return &b.Options })
}
