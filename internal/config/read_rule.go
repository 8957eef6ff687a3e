package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// ruleValues are the options kept as words; each has one value.
var ruleValues = map[string]int{
	"tos": 1, "dsfield": 1, "realms": 1, "suppress_prefixlength": 1, "sup_pl": 1, "suppress_ifgroup": 1,
	"sup_group": 1, "tunnel-id": 1, "uidrange": 1, "l3mdev": 0, "protocol": 1, "ipproto": 1, "sport": 1, "dport": 1,
	"inet": 0, "inet6": 0,
}

func (r *reader) ruleBlock(st *statement) []Rule { return eachLine(r, st, r.ruleLine) }

// ruleLine reads one rule. Without an address its family is IPv4, as long as
// no inet6 says otherwise.
func (r *reader) ruleLine(st *statement) (Rule, bool) {
	rule := Rule{Pos: Pos(st.Pos)}
	l := &lineReader{reader: r, st: st}
	for l.more() {
		l.ruleWord(&rule, l.next())
	}
	if l.bad {
		return rule, false
	}
	rule.Family = l.ruleFamily(&rule)
	byMaster := slices.ContainsFunc(rule.Options, func(o Option) bool { return o.Name == "l3mdev" }) // the interface's master has the table
	if rule.Table == "" && rule.Action == "" && !byMaster {
		l.fail(codeMissingValue, "name a table or an action", "the rule does nothing: it has neither table nor action")
	}
	if rule.Action == "" {
		rule.Action = "lookup"
	}
	if !rule.HasPreference && !l.bad {
		rule.Preference = r.nextPreference(rule.Family)
		r.warn(codeRuleOrder, at(st), "write preference N", "the rule has no preference: %d is used, below those of the rules before it", rule.Preference)
	}
	return rule, !l.bad
}

// firstPreference is keepalived's for the first rule of a family that names none; each further one gets one less.
const firstPreference = 16384

func (r *reader) nextPreference(family uint8) uint32 {
	if r.preferences == nil {
		r.preferences = map[uint8]uint32{}
	}
	n := firstPreference - r.preferences[family]
	r.preferences[family]++
	return n
}

func (l *lineReader) ruleWord(rule *Rule, name string) {
	switch name {
	case "from", "to":
		text := l.value(name)
		if text == "all" || text == "any" || text == "default" {
			return
		}
		p := l.prefix(text).Masked()
		if name == "from" {
			rule.From = p
		} else {
			rule.To = p
		}
	case "not":
		rule.Not = true
	case "table", "lookup":
		rule.Table = l.value(name)
	case "preference", "order", "priority":
		rule.Preference, rule.HasPreference = l.number(name), true
	case "fwmark":
		l.fwMark(rule)
	case "iif", "dev":
		rule.IIF = l.device(name)
	case "oif":
		rule.OIF = l.device(name)
	case "nop", "blackhole", "prohibit", "unreachable":
		rule.Action = name
	case "goto":
		rule.Action = name
		l.keep(&rule.Options, name, 1)
	case "no_track":
		rule.NoTrack = true
	case "track_group":
		rule.TrackGroup = l.value(name)
	default:
		l.ruleOther(rule, name)
	}
}

func (l *lineReader) ruleOther(rule *Rule, name string) {
	n, known := ruleValues[name]
	if !known {
		l.fail(codeExtraEntry, "look the option up in docs/keepalived.md", "%s is not understood in a rule", quote(name))
		return
	}
	l.keep(&rule.Options, name, n)
}

func (l *lineReader) fwMark(rule *Rule) {
	mark, mask, hasMask := strings.Cut(l.value("fwmark"), "/")
	if l.bad {
		return
	}
	m, err := strconv.ParseUint(mark, 0, 32)
	k := uint64(0xffffffff)
	if err == nil && hasMask {
		k, err = strconv.ParseUint(mask, 0, 32)
	}
	if err != nil {
		l.fail(codeBadNumber, "write MARK or MARK/MASK", "%s is no firewall mark", quote(mark))
		return
	}
	rule.FwMark, rule.FwMask, rule.HasFwMark = uint32(m), uint32(k), true
}

func (l *lineReader) ruleFamily(rule *Rule) uint8 {
	six := rule.From.Addr().Is6() || rule.To.Addr().Is6()
	for i, o := range rule.Options {
		if o.Name == "inet6" || o.Name == "inet" {
			six = six || o.Name == "inet6"
			rule.Options = append(rule.Options[:i:i], rule.Options[i+1:]...)
			break
		}
	}
	if len(rule.Options) == 0 {
		rule.Options = nil
	}
	if rule.From.IsValid() && rule.To.IsValid() && rule.From.Addr().Is4() != rule.To.Addr().Is4() {
		l.fail(codeWrongFamily, "use one family", "from %s and to %s are of different families", rule.From, rule.To)
	}
	if six {
		return uint8(wire.IPv6)
	}
	return uint8(wire.IPv4)
}
