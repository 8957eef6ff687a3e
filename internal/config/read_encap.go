package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// encapWords are those that may follow `encap TYPE`, in any order; the first word that is none of them is the route's again. dsfield
// is always the route's, as in keepalived.
var encapWords = map[string][]string{
	"ip":   {"id", "dst", "src", "tos", "ttl", "flags", "key", "csum", "seq"},
	"ip6":  {"id", "dst", "src", "tc", "hoplimit", "flags", "key", "csum", "seq"},
	"seg6": {"mode", "segs", "hmac"},
}

// seg6Modes are those that a kernel of ours knows.
var seg6Modes = []string{"inline", "encap", "l2encap"}

// encap reads the tunnel that a route's packets go through.
func (l *lineReader) encap() *Encap {
	e := &Encap{Type: l.value("encap")}
	words, ok := encapWords[e.Type]
	switch {
	case l.bad:
		return nil
	case !ok && slices.Contains([]string{"mpls", "ila", "bpf"}, e.Type):
		l.fail(codeExtraEntry, "take the route out of this file, and have notify scripts add and delete it with `ip route`", "encap %s is not served in a route", e.Type)
		return nil
	case !ok:
		l.fail(codeBadWord, "write ip, ip6 or seg6", "%s is no encapsulation", quote(e.Type))
		return nil
	}
	for l.more() && slices.Contains(words, l.st.Words[l.i].Text) {
		l.encapWord(e, l.next())
	}
	switch {
	case l.bad:
	case e.Type == "seg6":
		l.seg6(e)
	case !e.Dst.IsValid() && e.ID == 0:
		l.fail(codeMissingValue, "write dst ADDRESS or id NUMBER", "encap %s has neither dst nor id", e.Type)
	}
	return e
}

func (l *lineReader) encapWord(e *Encap, name string) {
	switch name {
	case "id":
		e.ID = l.sized(name, 64)
	case "dst":
		e.Dst = l.encapAddr(e, name)
	case "src":
		e.Src = l.encapAddr(e, name)
	case "tos", "tc":
		e.TOS = uint8(l.sized(name, 8))
	case "ttl", "hoplimit":
		e.TTL = uint8(l.sized(name, 8))
	case "flags":
		e.Flags = uint16(l.sized(name, 16))
	case "key":
		e.Key = true
	case "csum":
		e.Checksum = true
	case "seq":
		e.Sequence = true
	case "mode":
		if e.Mode = l.value(name); !l.bad && !slices.Contains(seg6Modes, e.Mode) {
			l.fail(codeBadWord, "write "+strings.Join(seg6Modes, ", "), "%s is no mode of seg6", quote(e.Mode))
		}
	case "segs":
		for text := range strings.SplitSeq(l.value(name), ",") {
			a, err := netip.ParseAddr(text)
			if err != nil || !a.Is6() || a.Is4In6() || a.Zone() != "" {
				l.fail(codeBadAddress, "write IPv6 addresses with a comma between two, and no blank", "%s is no IPv6 address", quote(text))
			}
			e.Segments = append(e.Segments, a)
		}
	case "hmac":
		e.HMAC = uint32(l.sized(name, 32))
	}
}

// encapAddr reads an address of the tunnel's family.
func (l *lineReader) encapAddr(e *Encap, name string) netip.Addr {
	a := l.addr(name)
	if !l.bad && a.Is6() != (e.Type == "ip6") {
		l.fail(codeWrongFamily, "write an address of the tunnel's family, or the other encapsulation", "%s is no address for encap %s", a, e.Type)
	}
	return a
}

// sized reads a number of so many bits.
func (l *lineReader) sized(name string, bits int) uint64 {
	text := l.value(name)
	if l.bad {
		return 0
	}
	n, err := strconv.ParseUint(text, 0, bits)
	if err != nil {
		l.fail(codeBadNumber, fmt.Sprintf("write a number up to %d", ^uint64(0)>>(64-bits)), "%s needs a number of %d bits, not %s", name, bits, quote(text))
	}
	return n
}

// mostSegments: the length of a routing header is one byte, in units of half a segment.
const mostSegments = 120

func (l *lineReader) seg6(e *Encap) {
	switch {
	case e.Mode == "":
		l.fail(codeMissingValue, "write mode "+strings.Join(seg6Modes, ", or "), "encap seg6 has no mode")
	case len(e.Segments) == 0:
		l.fail(codeMissingValue, "write segs ADDRESS,ADDRESS", "encap seg6 has no segs")
	case len(e.Segments) > mostSegments:
		l.fail(codeOutOfRange, "write fewer", "%d segs are more than a header holds, %d", len(e.Segments), mostSegments)
	}
}

// inlineFamily: a header goes inline into IPv6 packets alone.
func (l *lineReader) inlineFamily(rt *Route) {
	inline := rt.Encap != nil && rt.Encap.Mode == "inline"
	for _, h := range rt.NextHops {
		inline = inline || h.Encap != nil && h.Encap.Mode == "inline"
	}
	if !l.bad && inline && rt.Dst.Addr().Is4() {
		l.fail(codeWrongFamily, "write mode encap", "seg6 in mode inline is for IPv6 destinations, not for %s", rt.Dst)
	}
}

// words are those of a file.
func (e *Encap) words() []string {
	if e == nil {
		return nil
	}
	words := []string{"encap", e.Type}
	add := func(ok bool, w ...string) {
		if ok {
			words = append(words, w...)
		}
	}
	tos, ttl := "tos", "ttl"
	if e.Type == "ip6" {
		tos, ttl = "tc", "hoplimit"
	}
	add(e.ID != 0, "id", fmt.Sprint(e.ID))
	add(e.Dst.IsValid(), "dst", e.Dst.String())
	add(e.Src.IsValid(), "src", e.Src.String())
	add(e.TOS != 0, tos, fmt.Sprint(e.TOS))
	add(e.TTL != 0, ttl, fmt.Sprint(e.TTL))
	add(e.Flags != 0, "flags", fmt.Sprint(e.Flags))
	add(e.Key, "key")
	add(e.Checksum, "csum")
	add(e.Sequence, "seq")
	add(e.Mode != "", "mode", e.Mode)
	var segs []string
	for _, s := range e.Segments {
		segs = append(segs, s.String())
	}
	add(len(segs) > 0, "segs", strings.Join(segs, ","))
	add(e.HMAC != 0, "hmac", fmt.Sprint(e.HMAC))
	return words
}
