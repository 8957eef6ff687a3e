package config

import (
	"slices"
	"strings"
)

// misplaced says what people mean who write a word where it is unknown. The
// key is "block/word", or "/word" for any block.
var misplaced = map[string]string{
	"vrrp_script/raise":              "the word is rise",
	"vrrp_instance/vrrp_version":     "inside an instance the word is version",
	"vrrp_instance/garp_interval":    "write vrrp_garp_interval in global_defs, or garp_interval in a garp_group",
	"vrrp_instance/gna_interval":     "write vrrp_gna_interval in global_defs, or gna_interval in a garp_group",
	"vrrp_instance/notify_down":      "the words are notify_master, notify_backup, notify_fault and notify_stop",
	"vrrp_instance/weight":           "weight belongs to a vrrp_script or behind a name in track_script",
	"vrrp_instance/auth_type":        "put it into authentication { }",
	"vrrp_instance/auth_pass":        "put it into authentication { }",
	"vrrp_sync_group/notify_deleted": "a group has no such notification; put it into the instances",
	"global_defs/version":            "the word is vrrp_version",
	"/else":                          "keepalived.conf has no conditions; see @id lines",
}

// unknown reports a word that a block does not know, with the nearest one it
// does, or the block where the word belongs.
func (r *reader) unknown(block string, known []string, st *statement) {
	if !r.once("unknown/" + st.Pos.String()) {
		return // a generator repeats the line
	}
	name := st.Keyword()
	where := "outside any block"
	if block != "" {
		where = "in " + block
	}
	remedy := misplaced[block+"/"+name]
	if remedy == "" {
		remedy = misplaced["/"+name]
	}
	if remedy == "" {
		remedy = hint(block, name, known)
	}
	r.err(codeUnknownKeyword, at(st), remedy, "unknown keyword %s %s", quote(name), where)
}

// swallowed takes care of a statement that a missing brace has put into the
// wrong block: whole blocks are read where they belong, words are passed over.
// The brace itself is an Error already.
func (r *reader) swallowed(st *statement) bool {
	if !r.unbalanced || len(homeOf(st.Keyword())) == 0 {
		return false
	}
	if topTable.knows(st.Keyword()) && st.HasBlock {
		readWord(r, topTable, st, r.doc, r.doc.have)
	}
	return true
}

func hint(block, name string, known []string) string {
	if home := homeOf(name); len(home) > 0 && !slices.Contains(home, block) {
		return name + " belongs " + strings.Join(home, " or ") + "; is there a } too many or too few above?"
	}
	if best := nearest(name, known); best != "" {
		return "did you mean " + best + "?"
	}
	if best := nearest(strings.ToLower(name), known); best != "" {
		return "did you mean " + best + "? keywords are case sensitive"
	}
	return "remove the line, or put a # before it"
}

// homeOf lists the blocks that know a word.
func homeOf(name string) []string {
	var out []string
	if _, other := outOfScope["/"+name]; other {
		out = append(out, "outside any block")
	}
	for _, v := range vocabularies() {
		if slices.Contains(v.words, name) {
			label := "into " + v.block
			if v.block == "" {
				label = "outside any block"
			}
			out = append(out, label)
		}
	}
	return out
}

// nearest returns the known word with the smallest edit distance to name, if
// that distance is small for its length.
func nearest(name string, known []string) string {
	slices.Sort(known)
	best, bestAt := "", max(1, len(name)/3)
	for _, k := range known {
		if d := editDistance(name, k, bestAt); d < bestAt || d == bestAt && best == "" {
			best, bestAt = k, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours. Distances over limit are returned as limit+1.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return min(prev[len(b)], limit+1)
}
