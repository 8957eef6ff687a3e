package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/keepalived"
)

// integer reads the i-th value of a statement: strict decimal, as keepalived
// wants it. When it is none, the finding is made and ok is false, so that the
// default stays.
func (r *reader) integer(st *statement, i, lo, hi int) (n int, ok bool) {
	text := st.Args()[i].Text
	n, err := strconv.Atoi(text)
	if err != nil || strings.HasPrefix(text, "+") {
		r.notNumber(st, i, "a whole number", text)
		return 0, false
	}
	if n < lo || n > hi {
		r.outOfRange(st, i, text, strconv.Itoa(lo), strconv.Itoa(hi))
		return 0, false
	}
	return n, true
}

// notNumber reports a value that is no number. Digits with something behind
// them are what keepalived replaces by the default with a message; so do we.
func (r *reader) notNumber(st *statement, i int, want, text string) {
	name := st.Keyword()
	digits := len(text) - len(strings.TrimLeft(text, "0123456789."))
	if digits > 0 && !strings.HasPrefix(text, "0x") {
		r.warn(codeTrailingJunk, arg(st, i), "write the digits alone, comments start with # or !",
			"%s is no number: %s keeps its default, as with keepalived", shown(name, text), name)
		return
	}
	remedy := "write digits only"
	if text == strings.ToUpper(text) && len(text) > 3 {
		remedy = "this looks like an unrendered template: fill in the value"
	}
	r.err(codeBadNumber, arg(st, i), remedy, "%s needs %s, not %s", name, want, shown(name, text))
}

// shown is quote for a value, unless its keyword takes a secret.
func shown(keyword, text string) string {
	if secretWord(keyword) {
		return "what stands there"
	}
	return quote(text)
}

// secretWord reports whether a keyword takes a secret, or looks as if it was
// meant to.
func secretWord(keyword string) bool {
	k := strings.ToLower(keyword)
	return keepalived.IsSecret(keyword) || strings.Contains(k, "pass") || strings.Contains(k, "secret")
}

func (r *reader) outOfRange(st *statement, i int, text, lo, hi string) {
	r.err(codeOutOfRange, arg(st, i), fmt.Sprintf("choose %s to %s", lo, hi),
		"%s %s is not between %s and %s", st.Keyword(), text, lo, hi)
}

// seconds reads decimal seconds, exact to the microsecond.
func (r *reader) seconds(st *statement, i int, lo, hi time.Duration) (time.Duration, bool) {
	text := st.Args()[i].Text
	d, rounded, ok := decimalSeconds(text)
	if !ok {
		r.notNumber(st, i, "seconds such as 1 or 0.25", text)
		return 0, false
	}
	if rounded {
		r.warn(codeRounded, arg(st, i), "write at most six digits behind the point",
			"%s %s is finer than a microsecond: %s is used", st.Keyword(), text, d)
	}
	if d < lo || d > hi {
		r.outOfRange(st, i, text, secondsText(lo), secondsText(hi))
		return 0, false
	}
	return d, true
}

// decimalSeconds parses 12, 1.5, .5 and -1. Digits beyond the sixth behind the
// point are rounded.
func decimalSeconds(text string) (d time.Duration, rounded, ok bool) {
	sign := time.Duration(1)
	rest, negative := strings.CutPrefix(text, "-")
	if negative {
		sign = -1
	}
	whole, frac, _ := strings.Cut(rest, ".")
	if whole == "" && frac == "" || len(whole) > 9 {
		return 0, false, false
	}
	if whole != "" && !isDigits(whole) || frac != "" && !isDigits(frac) {
		return 0, false, false
	}
	for _, c := range whole {
		d = d*10 + time.Duration(c-'0')
	}
	d *= time.Second
	unit := 100 * time.Millisecond
	for i, c := range frac {
		if i == 6 {
			rounded = strings.Trim(frac[6:], "0") != ""
			if c >= '5' {
				d += time.Microsecond
			}
			break
		}
		d += time.Duration(c-'0') * unit
		unit /= 10
	}
	return sign * d, rounded, true
}

// secondsText is the inverse of decimalSeconds.
func secondsText(d time.Duration) string {
	s := strconv.FormatFloat(d.Seconds(), 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// boolean reads on, off, true, false, yes, no; no value means on.
func (r *reader) boolean(st *statement) (value, ok bool) {
	if len(st.Args()) == 0 {
		return true, true
	}
	switch text := st.Args()[0].Text; text {
	case "on", "true", "yes":
		return true, true
	case "off", "false", "no":
		return false, true
	default:
		r.err(codeBadWord, arg(st, 0), "write on or off", "%s takes on, off, true, false, yes or no, not %s",
			st.Keyword(), quote(text))
		return false, false
	}
}

// address reads an IPv4 or IPv6 literal.
func (r *reader) address(st *statement, i int) (netip.Addr, bool) {
	text := st.Args()[i].Text
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		r.badAddress(st, i, text)
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

func (r *reader) badAddress(st *statement, i int, text string) {
	remedy := "write an address such as 192.0.2.10 or 2001:db8::10"
	addr, bits, hasBits := strings.Cut(text, "/")
	_, err := netip.ParseAddr(addr)
	switch {
	case err == nil && hasBits:
		remedy = "write the prefix length as a number the address has room for, 0 to 32 or 0 to 128, not " + quote(bits)
	case strings.ContainsFunc(text, isLetter) && !strings.Contains(text, ":"):
		remedy = "write the address itself: names are not looked up"
	}
	r.err(codeBadAddress, arg(st, i), remedy, "%s is no address", quote(text))
}

func isLetter(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// ifName reads an interface name, 1 to 15 bytes.
func (r *reader) ifName(st *statement, i int) (string, bool) {
	text := st.Args()[i].Text
	if text == "" || len(text) > 15 || strings.ContainsAny(text, "/ \t") || text == "." || text == ".." {
		r.err(codeBadInterface, arg(st, i), "write the name as `ip link` shows it",
			"%s is no interface name: those have 1 to 15 characters and no slash", quote(text))
		return "", false
	}
	return text, true
}

// choice reads one of a list of words and returns its index.
func (r *reader) choice(st *statement, i int, words []string) (int, bool) {
	text := st.Args()[i].Text
	for n, w := range words {
		if text == w {
			return n, true
		}
	}
	remedy := ""
	if near := nearest(strings.ToLower(text), append([]string(nil), words...)); near != "" {
		remedy = "did you mean " + near + "?"
	}
	r.err(codeBadWord, arg(st, i), remedy, "%s takes %s, not %s", st.Keyword(), strings.Join(words, ", "), quote(text))
	return 0, false
}
