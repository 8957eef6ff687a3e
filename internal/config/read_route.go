package config

import (
	"net/netip"
	"strconv"
)

// routeTypes are the words that may stand first on a route line.
var routeTypes = map[string]bool{
	"unicast": true, "local": true, "broadcast": true, "multicast": true, "throw": true, "unreachable": true,
	"prohibit": true, "blackhole": true, "nat": true, "anycast": true,
}

// routeValues are the options kept as words, with how many values each has at
// most. A value named "lock" counts beside them.
var routeValues = map[string]int{
	"tos": 1, "dsfield": 1, "advmss": 1, "window": 1, "rtt": 1, "rttvar": 1, "rto_min": 1, "cwnd": 1,
	"ssthresh": 1, "initcwnd": 1, "initrwnd": 1, "hoplimit": 1, "reordering": 1, "quickack": 1, "congctl": 1,
	"features": 1, "realms": 1, "expires": 1, "pref": 1, "ttl-propagate": 1, "fastopen_no_cookie": 1,
	"add": 0, "append": 0, "prepend": 0,
}

func (r *reader) routeBlock(st *statement) []Route { return eachLine(r, st, r.routeLine) }

// eachLine reads the lines of a block that holds no further blocks.
func eachLine[T any](r *reader, st *statement, read func(*statement) (T, bool)) []T {
	var out []T
	for _, line := range st.Block {
		if r.swallowed(line) {
			continue
		}
		if line.HasBlock {
			r.err(codeUnexpectedBlock, at(line), "end the block before it with }", "%s takes no block", quote(line.Keyword()))
			continue
		}
		if r.lines == nil {
			r.lines = map[Pos]spot{}
		}
		r.lines[Pos(line.Pos)] = at(line)
		if v, ok := read(line); ok {
			out = append(out, v)
		}
	}
	return out
}

// lineReader walks over the words of a route or rule line, keyword included.
type lineReader struct {
	*reader
	st  *statement
	i   int // index of the next word; 0 is the keyword
	bad bool
	or  netip.Addr // a second gateway of a route
	// every: the destination of a route was default, whose family the rest tells; family is what inet or inet6 said.
	every  bool
	family string
}

func (l *lineReader) more() bool { return !l.bad && l.i < len(l.st.Words) }

func (l *lineReader) next() string {
	l.i++
	return l.st.Words[l.i-1].Text
}

// here is the word that next returned last.
func (l *lineReader) here() spot { return arg(l.st, l.i-2) }

// value returns the word behind the option name.
func (l *lineReader) value(name string) string {
	if !l.more() {
		l.fail(codeMissingValue, "write a value behind "+name, "%s has no value", name)
		return ""
	}
	return l.next()
}

func (l *lineReader) fail(code, remedy, format string, args ...any) {
	if !l.bad {
		l.err(code, l.here(), remedy, format, args...)
	}
	l.bad = true
}

func (l *lineReader) addr(name string) netip.Addr {
	text := l.value(name)
	if l.bad {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		l.fail(codeBadAddress, "write an address", "%s is no address", quote(text))
	}
	return a.Unmap()
}

func (l *lineReader) prefix(text string) netip.Prefix {
	if l.bad {
		return netip.Prefix{}
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		l.fail(codeBadAddress, "write an address with a length, such as 192.0.2.0/24", "%s is neither an address nor a known option", quote(text))
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
}

func (l *lineReader) number(name string) uint32 {
	text := l.value(name)
	if l.bad {
		return 0
	}
	n, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		l.fail(codeBadNumber, "write a number", "%s needs a number, not %s", name, quote(text))
	}
	return uint32(n)
}

func (l *lineReader) device(name string) string {
	text := l.value(name)
	if !l.bad && (text == "" || len(text) > 15) {
		l.fail(codeBadInterface, "write the name as `ip link` shows it", "%s is no interface name", quote(text))
	}
	return text
}

// routeLine reads one route.
func (r *reader) routeLine(st *statement) (Route, bool) {
	rt := Route{Type: "unicast", Pos: Pos(st.Pos)}
	l := &lineReader{reader: r, st: st}
	for l.more() {
		l.routeWord(&rt, l.next())
	}
	if !l.bad && !rt.Dst.IsValid() {
		l.fail(codeMissingValue, "write a destination such as 192.0.2.0/24 or default", "the route has no destination")
	}
	l.settleFamily(&rt)
	l.inlineFamily(&rt)
	if l.or.IsValid() {
		for _, via := range []netip.Addr{rt.Via, l.or} {
			rt.NextHops = append(rt.NextHops, NextHop{Via: via, Interface: rt.Interface, Weight: 1, OnLink: rt.OnLink, Encap: rt.Encap})
		}
		rt.Via, rt.Interface, rt.OnLink, rt.Encap = netip.Addr{}, "", false, nil
	}
	return rt, !l.bad
}

var any4, any6 = netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")

func (l *lineReader) routeWord(rt *Route, name string) {
	switch name {
	case "src":
		rt.Source = l.addr(name)
	case "to":
		l.destination(rt, l.value(name))
	case "via", "gw":
		rt.Via = l.gateway(name)
	case "dev", "oif":
		rt.Interface = l.device(name)
	case "table":
		rt.Table = l.value(name)
	case "metric", "priority", "preference":
		rt.Metric = l.number(name)
	case "scope":
		rt.Scope = l.value(name)
	case "protocol", "proto":
		rt.Protocol = l.value(name)
	case "from":
		rt.From = l.prefix(l.value(name))
	case "onlink":
		rt.OnLink = true
	case "mtu":
		l.routeMTU(rt)
	case "nexthop":
		l.nextHops(rt)
	case "inet", "inet6":
		l.family = name
	case "or":
		l.either(rt, l.addr(name))
	case "encap":
		rt.Encap = l.encap()
	case "vrf":
		l.fail(codeExtraEntry, "name the VRF's table instead: table NUMBER, as `ip -d link show` has it", "vrf is not served in a route")
	case "no_track":
		rt.NoTrack = true
	case "track_group":
		rt.TrackGroup = l.value(name)
	default:
		l.routeOther(rt, name)
	}
}

// routeOther is a type, a kept option, or the destination.
func (l *lineReader) routeOther(rt *Route, name string) {
	if n, known := routeValues[name]; known {
		l.keep(&rt.Options, name, n)
		return
	}
	if routeTypes[name] && !rt.Dst.IsValid() {
		rt.Type = name
		return
	}
	if rt.Dst.IsValid() {
		l.fail(codeExtraEntry, "look the option up in docs/keepalived.md", "%s is not understood in a route", quote(name))
		return
	}
	l.destination(rt, name)
}

func (l *lineReader) destination(rt *Route, text string) {
	switch text {
	case "default", "any", "all":
		rt.Dst, l.every = any4, true
	case "default6":
		rt.Dst = any6
	default:
		rt.Dst = l.prefix(text).Masked()
	}
}

// settleFamily finds the family of a default route, and holds inet and inet6 against the addresses.
func (l *lineReader) settleFamily(rt *Route) {
	if l.bad {
		return
	}
	six := rt.Via.Is6() || rt.Source.Is6() || rt.From.Addr().Is6() || len(rt.NextHops) > 0 && rt.NextHops[0].Via.Is6()
	if l.every && (l.family == "inet6" || l.family == "" && six) {
		rt.Dst = any6
	}
	if l.family != "" && rt.Dst.Addr().Is6() != (l.family == "inet6") {
		l.fail(codeWrongFamily, "use one family", "%s does not go with %s", l.family, rt.Dst)
	}
}

// either makes a route by one gateway a route by two of the same weight. What stands behind, such as dev, is for both.
func (l *lineReader) either(rt *Route, other netip.Addr) {
	if !l.bad && !rt.Via.IsValid() {
		l.fail(codeMissingValue, "write via ADDRESS or ADDRESS", "or has no gateway before it")
	}
	l.or = other
}

// gateway reads [inet|inet6] ADDRESS.
func (l *lineReader) gateway(name string) netip.Addr {
	if l.more() && (l.st.Words[l.i].Text == "inet" || l.st.Words[l.i].Text == "inet6") {
		l.next()
	}
	return l.addr(name)
}

func (l *lineReader) routeMTU(rt *Route) {
	if l.more() && l.st.Words[l.i].Text == "lock" {
		l.next()
		rt.MTULock = true
	}
	rt.MTU = l.number("mtu")
}

// keep takes n values, and a `lock` before them.
func (l *lineReader) keep(to *[]Option, name string, n int) {
	o := Option{Name: name}
	if n > 0 && l.more() && l.st.Words[l.i].Text == "lock" {
		o.Values = append(o.Values, l.next())
	}
	for ; n > 0; n-- {
		o.Values = append(o.Values, l.value(name))
	}
	*to = append(*to, o)
}

// nextHops reads the rest of the line as `[via A] [dev IF] [weight N]
// [onlink]` parts, each begun by nexthop.
func (l *lineReader) nextHops(rt *Route) {
	h := NextHop{Weight: 1}
	for l.more() {
		switch name := l.next(); name {
		case "nexthop":
			rt.NextHops = append(rt.NextHops, h)
			h = NextHop{Weight: 1}
		case "via":
			h.Via = l.gateway(name)
		case "dev":
			h.Interface = l.device(name)
		case "weight":
			h.Weight = int(l.number(name))
			if h.Weight < 1 || h.Weight > 256 {
				l.fail(codeOutOfRange, "choose 1 to 256", "weight %d is not between 1 and 256", h.Weight)
			}
		case "onlink":
			h.OnLink = true
		case "encap":
			h.Encap = l.encap()
		case "no_track":
			rt.NoTrack = true
		case "track_group":
			rt.TrackGroup = l.value(name)
		default:
			l.fail(codeExtraEntry, "the words are via, dev, weight, onlink and encap", "%s is not understood in a next hop", quote(name))
		}
	}
	rt.NextHops = append(rt.NextHops, h)
}
