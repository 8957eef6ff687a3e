package config

import "strings"

// trackDraft is an entry of a track_… block before its object is looked up.
type trackDraft struct {
	Track
	st *statement
	// hasWeight and hasReverse: the entry says so itself.
	hasWeight, hasReverse bool
}

// trackWords are the track_… blocks that instances and groups share.
func trackWords[T any](to func(*T) *[]trackDraft) map[string]word[T] {
	entry := func(kind TrackKind, most int) word[T] {
		return word[T]{block: needBlock, repeat: adds, read: func(r *reader, st *statement, into *T) {
			list := to(into)
			for _, line := range st.Block {
				if d, ok := r.trackEntry(kind, most, line); ok {
					*list = append(*list, d)
				}
			}
			if len(st.Block) == 0 {
				r.warn(codeEmptyBlock, at(st), "name what is to be tracked, or remove the block", "%s is empty", st.Keyword())
			}
		}}
	}
	return map[string]word[T]{
		"track_interface": entry(TrackInterface, 253),
		"track_script":    entry(TrackScript, 253),
		"track_file":      entry(TrackFileValue, 254),
		"track_process":   entry(TrackProcessQuorum, 254),
		"track_bfd":       entry(TrackBFD, 253),
	}
}

// trackEntry reads NAME [weight N [reverse|noreverse]].
func (r *reader) trackEntry(kind TrackKind, most int, st *statement) (trackDraft, bool) {
	d := trackDraft{Track: Track{Kind: kind, Name: st.Keyword(), Pos: Pos(st.Pos)}, st: st}
	if r.swallowed(st) {
		return d, false
	}
	if st.HasBlock {
		r.err(codeUnexpectedBlock, at(st), "remove the braces", "%s takes no block", quote(d.Name))
		return d, false
	}
	args := st.Args()
	for i := 0; i < len(args); i++ {
		switch args[i].Text {
		case "weight":
			if i+1 == len(args) {
				r.err(codeMissingValue, arg(st, i), "write a number behind weight", "weight has no value")
				return d, false
			}
			i++
			if n, ok := r.weight(st, i, most); ok {
				d.Weight, d.hasWeight = n, true
			}
		case "reverse", "noreverse":
			d.Reverse, d.hasReverse = args[i].Text == "reverse", true
		default:
			r.err(codeExtraEntry, arg(st, i), "write one name a line: NAME [weight N [reverse]]",
				"%s is not understood behind %s", quote(args[i].Text), quote(d.Name))
			return d, false
		}
	}
	return d, true
}

// names reads a block of names, one or more on a line.
func (r *reader) names(st *statement) []string {
	var out []string
	for _, line := range st.Block {
		if r.swallowed(line) {
			continue
		}
		if line.HasBlock {
			r.err(codeUnexpectedBlock, at(line), "remove the braces", "%s takes no block", quote(line.Keyword()))
			continue
		}
		out = append(out, line.Keyword())
		out = append(out, texts(line.Args())...)
	}
	if len(out) == 0 {
		r.warn(codeEmptyBlock, at(st), "", "%s is empty", st.Keyword())
	}
	return out
}

// placeOf finds the word of a name inside a block of names.
func placeOf(block *statement, name string) spot {
	if block == nil {
		return spot{}
	}
	for _, line := range block.Block {
		if line.Keyword() == name {
			return at(line)
		}
		for i, w := range line.Args() {
			if w.Text == name {
				return arg(line, i)
			}
		}
	}
	return at(block)
}

// blockName is the word behind vrrp_instance and the like.
func (r *reader) blockName(st *statement) string {
	name := st.Args()[0].Text
	if strings.TrimSpace(name) == "" {
		r.err(codeMissingValue, at(st), "write a name behind "+st.Keyword(), "%s has no name", st.Keyword())
	}
	return name
}
