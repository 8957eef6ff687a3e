package config

import (
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// checkDraft is `check NAME { }` of the xvrrp block.
type checkDraft struct {
	Check
	kinds int
	have  seen
}

var checkTable = table[checkDraft]{"check", map[string]word[checkDraft]{
	"tcp":       checkWord(CheckTCP, 1),
	"http":      checkWord(CheckHTTP, 1),
	"https":     checkWord(CheckHTTPS, 1),
	"unix":      checkWord(CheckUnix, 1),
	"pidfile":   checkWord(CheckPIDFile, 1),
	"systemd":   checkWord(CheckSystemd, 1),
	"gateway":   checkWord(CheckGateway, 0),
	"status":    {min: 1, max: 1, read: readStatus},
	"insecure":  bareWord(func(c *checkDraft) *bool { return &c.Insecure }),
	"interval":  ownTime(func(c *checkDraft) *time.Duration { return &c.Interval }),
	"timeout":   ownTime(func(c *checkDraft) *time.Duration { return &c.Timeout }),
	"weight":    weightWord(253, func(c *checkDraft) (*int, *bool) { return &c.Weight, &c.Reverse }),
	"rise":      intWord(1, 1<<30, func(c *checkDraft) *int { return &c.Rise }),
	"fall":      intWord(1, 1<<30, func(c *checkDraft) *int { return &c.Fall }),
	"init_fail": bareWord(func(c *checkDraft) *bool { return &c.InitFail }),
}}

func ownTime[T any](to func(*T) *time.Duration) word[T] {
	return word[T]{min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
		if d, ok := r.duration(st, 0, 10*time.Millisecond, day); ok {
			*to(into) = d
		}
	}}
}

func checkWord(kind CheckKind, min int) word[checkDraft] {
	return word[checkDraft]{min: min, max: 1, read: func(r *reader, st *statement, c *checkDraft) {
		c.kinds++
		c.Kind = kind
		if len(st.Args()) > 0 {
			c.Target = st.Args()[0].Text
		}
		r.checkTarget(st, kind, c.Target)
	}}
}

func (r *reader) checkTarget(st *statement, kind CheckKind, target string) {
	ok, want := true, ""
	switch kind {
	case CheckTCP:
		host, port, found := cutLast(target, ":")
		n, err := strconv.ParseUint(port, 10, 16)
		ok, want = found && host != "" && err == nil && n > 0, "HOST:PORT such as 127.0.0.1:80"
	case CheckHTTP, CheckHTTPS:
		u, err := url.Parse(target)
		ok, want = err == nil && u.Host != "" && u.Scheme == kind.String(), "a URL such as "+kind.String()+"://127.0.0.1/health"
	case CheckUnix, CheckPIDFile:
		ok, want = path.IsAbs(target), "an absolute path"
	case CheckSystemd:
		ok, want = target != "" && !strings.Contains(target, "/"), "a unit such as haproxy.service"
	case CheckGateway:
		_, err := netip.ParseAddr(target)
		ok, want = target == "" || err == nil, "an address, or nothing for the default route's gateway"
	}
	if !ok {
		r.err(codeBadTarget, arg(st, 0), "write "+want, "%s takes %s, not %s", kind, want, quote(target))
	}
}

// readStatus reads 200 or 200-399.
func readStatus(r *reader, st *statement, c *checkDraft) {
	text := st.Args()[0].Text
	lo, hi, ranged := strings.Cut(text, "-")
	if !ranged {
		hi = lo
	}
	a, errA := strconv.Atoi(lo)
	b, errB := strconv.Atoi(hi)
	if errA != nil || errB != nil || a < 100 || b > 599 || a > b {
		r.err(codeOutOfRange, arg(st, 0), "write a status such as 200 or a range such as 200-399", "status %s is no range of HTTP statuses", quote(text))
		return
	}
	c.StatusMin, c.StatusMax = a, b
}

func readCheck(r *reader, st *statement, o *od) {
	c := &checkDraft{have: seen{}}
	c.Name = st.Args()[0].Text
	c.Pos = Pos(st.Pos)
	c.Interval, c.Rise, c.Fall = time.Second, 1, 1
	for _, other := range o.Checks {
		if other.Name == c.Name {
			r.err(codeDuplicate, arg(st, 0), "choose another name", "check %s is defined twice", quote(c.Name))
			return
		}
	}
	readBlock(r, checkTable, st.Block, c, c.have)
	if c.kinds != 1 {
		r.err(codeBadCheck, at(st), "write one of "+strings.Join(checkWords, ", "), "check %s names %d things to ask, it needs one", quote(c.Name), c.kinds)
	}
	if c.Timeout == 0 {
		c.Timeout = c.Interval
	}
	if c.Kind == CheckHTTP || c.Kind == CheckHTTPS {
		if c.StatusMin == 0 {
			c.StatusMin, c.StatusMax = 200, 399
		}
	}
	o.Checks = append(o.Checks, c.Check)
}
