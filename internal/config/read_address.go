package config

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// addressDraft is an address line before interface and scope are resolved.
type addressDraft struct {
	Address
	st          *statement
	hasDev      bool
	hasScope    bool
	hasLifetime bool
	hasLength   bool
}

// addressBlock reads the lines of a block of addresses. track_group is for
// static addresses only.
func (r *reader) addressBlock(st *statement, static bool) []addressDraft {
	var out []addressDraft
	for _, line := range st.Block {
		if d, ok := r.addressLine(line, static); ok {
			out = append(out, d)
		}
	}
	if len(st.Block) == 0 {
		r.warn(codeEmptyBlock, at(st), "", "%s is empty", st.Keyword())
	}
	return out
}

func (r *reader) addressLine(line *statement, static bool) (addressDraft, bool) {
	d := addressDraft{st: line}
	d.Pos = Pos(line.Pos)
	if r.swallowed(line) {
		return d, false
	}
	if line.HasBlock {
		r.err(codeUnexpectedBlock, at(line), "end the block before it with }", "%s takes no block", quote(line.Keyword()))
		return d, false
	}
	p, ok := r.leadingPrefix(line)
	if !ok {
		return d, false
	}
	d.Prefix = p
	d.hasLength = strings.Contains(line.Keyword(), "/")
	d.Preferred = PreferredForever
	for i := 0; i < len(line.Args()); {
		used, ok := r.addressOption(line, i, &d, static)
		if !ok {
			return d, false
		}
		i += used
	}
	return d, true
}

// leadingPrefix reads the first word of a line as address and length.
func (r *reader) leadingPrefix(line *statement) (netip.Prefix, bool) {
	text := line.Keyword()
	if p, err := netip.ParsePrefix(text); err == nil && !p.Addr().Is4In6() {
		return p, true
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	r.badAddress(line, -1, text)
	return netip.Prefix{}, false
}

// addressOption reads the option at word i and returns how many words it
// took. Option without its value: the address is dropped, as in keepalived,
// but with an error.
func (r *reader) addressOption(line *statement, i int, d *addressDraft, static bool) (used int, ok bool) {
	args := line.Args()
	name := args[i].Text
	if to := addressFlag(name, d); to != nil {
		*to = true
		return 1, true
	}
	if name == "use_vmac" && !static {
		d.VMAC = VMAC{Mode: VMACMacvlan}
		return 1 + r.vmacOptions(line, i+1, &d.VMAC, true), true
	}
	read, known := addressOptions[name]
	if !known || name == "track_group" && !static {
		r.err(codeExtraEntry, arg(line, i), addressHint(name), "%s is not understood behind an address", quote(name))
		return 1, false
	}
	if i+1 == len(args) {
		r.err(codeMissingValue, arg(line, i), "write a value behind "+name, "%s has no value", name)
		return 1, false
	}
	return 2, read(r, line, i+1, d)
}

func addressHint(name string) string {
	if _, err := netip.ParsePrefix(name); err == nil {
		return "write one address a line"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "write one address a line"
	}
	words := []string{"home", "mngtmpaddr", "noprefixroute", "autojoin", "-nodad", "no_track", "use_vmac"}
	for k := range addressOptions {
		words = append(words, k)
	}
	if best := nearest(name, words); best != "" {
		return "did you mean " + best + "?"
	}
	return "the options are dev, label, brd, scope, peer, preferred_lft and flags"
}

func addressFlag(name string, d *addressDraft) *bool {
	switch name {
	case "home":
		return &d.Home
	case "mngtmpaddr":
		return &d.MngTmpAddr
	case "noprefixroute":
		return &d.NoPrefixRoute
	case "autojoin":
		return &d.AutoJoin
	case "-nodad":
		return &d.DAD
	case "no_track":
		return &d.NoTrack
	}
	return nil
}

type addressOption func(r *reader, line *statement, i int, d *addressDraft) bool

var addressOptions map[string]addressOption

func init() {
	addressOptions = map[string]addressOption{
		"dev": addressDev, "label": addressLabel, "brd": addressBroadcast, "broadcast": addressBroadcast,
		"scope": addressScope, "peer": addressPeer, "preferred_lft": addressLifetime,
		"track_group": func(_ *reader, line *statement, i int, d *addressDraft) bool {
			d.TrackGroup = line.Args()[i].Text
			return true
		},
	}
}

func addressDev(r *reader, line *statement, i int, d *addressDraft) bool {
	if d.hasDev {
		r.err(codeRepeated, arg(line, i-1), "keep one", "dev stands twice behind one address")
		return false
	}
	name, ok := r.ifName(line, i)
	d.Interface, d.hasDev = name, ok
	return ok
}

func addressLabel(r *reader, line *statement, i int, d *addressDraft) bool {
	text := line.Args()[i].Text
	switch {
	case d.Prefix.Addr().Is6():
		r.warn(codeIgnoredHere, arg(line, i), "remove it", "label is ignored: IPv6 addresses have none")
	case text == "" || len(text) > 15:
		r.err(codeBadInterface, arg(line, i), "shorten the label to 15 characters", "label %s is longer than 15 characters", quote(text))
		return false
	default:
		d.Label = text
	}
	return true
}

func addressBroadcast(r *reader, line *statement, i int, d *addressDraft) bool {
	text := line.Args()[i].Text
	if d.Prefix.Addr().Is6() {
		r.warn(codeIgnoredHere, arg(line, i), "remove it", "brd is ignored: IPv6 has no broadcast")
		return true
	}
	if (text == "+" || text == "-") && d.Prefix.Bits() > 30 {
		r.warn(codeIgnoredHere, arg(line, i), "remove it", "brd %s is ignored: a network of length /%d has no broadcast address", text, d.Prefix.Bits())
		return true
	}
	switch text {
	case "+":
		d.BroadcastMode = BroadcastHostOnes
	case "-":
		d.BroadcastMode = BroadcastHostZeros
	default:
		a, ok := r.address(line, i)
		if !ok {
			return false
		}
		if !a.Is4() {
			r.badAddress(line, i, text)
			return false
		}
		d.Broadcast, d.BroadcastMode = a, BroadcastGiven
	}
	return true
}

var scopes = map[string]uint8{"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}

func addressScope(r *reader, line *statement, i int, d *addressDraft) bool {
	text := line.Args()[i].Text
	n, known := scopes[text]
	if !known {
		v, err := strconv.ParseUint(text, 0, 8)
		if err != nil {
			r.err(codeBadWord, arg(line, i), "write global, site, link, host or a number up to 255",
				"%s is no scope", quote(text))
			return false
		}
		n = uint8(v)
	}
	if d.Prefix.Addr().Is6() {
		r.warn(codeIgnoredHere, arg(line, i), "remove it", "scope is ignored: an IPv6 address has its own")
		return true
	}
	d.Scope, d.hasScope = n, true
	return true
}

func addressPeer(r *reader, line *statement, i int, d *addressDraft) bool {
	a, ok := r.address(line, i)
	if ok && a.Is4() != d.Prefix.Addr().Is4() {
		r.err(codeWrongFamily, arg(line, i), "write an address of the same family", "peer %s is not of the family of %s", a, d.Prefix.Addr())
		return false
	}
	d.Peer = a
	return ok
}

func addressLifetime(r *reader, line *statement, i int, d *addressDraft) bool {
	d.hasLifetime = true
	if line.Args()[i].Text == "forever" {
		return true
	}
	n, ok := r.integer(line, i, 0, 1<<31-1)
	d.Preferred = time.Duration(n) * time.Second
	return ok
}
