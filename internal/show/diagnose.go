package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Diagnose says what is wrong with an instance, or odd, the worst first.
func Diagnose(c Case) []Remark {
	var list []Remark
	for _, look := range []func(Case) []Remark{
		splitBrain, heldBack, faulty, addresses, refused, alone, checks, standing, timing, flapping, inKernel, reloading,
	} {
		list = append(list, look(c)...)
	}
	slices.SortStableFunc(list, func(a, b Remark) int {
		switch {
		case a.Problem == b.Problem:
			return 0
		case a.Problem:
			return -1
		}
		return 1
	})
	return list
}

// splitBrain: two nodes hold the addresses (field cases 1, 3 and 4).
func splitBrain(c Case) []Remark {
	ask := fmt.Sprintf("`xvrrp who %s -i %s` shows every MAC that answers; then ask `xvrrp explain` on the other node, which does not hear us or is not heard", c.firstAddress(), c.Interface)
	if c.SplitBrain {
		list := []Remark{{
			Code: "split_brain", Problem: true, What: "another node claims our addresses while we are master",
			Why: "hosts on the LAN reach one of the two by chance, and connections break", Remedy: ask,
		}}
		if c.Contest != nil {
			for _, s := range c.Contest.Signs {
				list = append(list, Remark{Code: s.Sign, Problem: true, What: s.Text, Why: "it is a sign of the second master", Remedy: s.Remedy})
			}
		}
		return list
	}
	var list []Remark
	for _, v := range c.VIPs {
		if v.Conflict != "" && c.State == control.Master {
			list = append(list, Remark{
				Code: "vip_conflict", Problem: true, What: fmt.Sprintf("%s also claimed %s%s", v.Conflict, v.Address, when(v.ConflictAt, c.Now)),
				Why: "somebody else answers for the address, a second master or a host with the same address", Remedy: ask,
			})
		}
	}
	return list
}

// heldBack: the guard keeps the instance from taking over.
func heldBack(c Case) []Remark {
	h := c.Held
	if h == nil {
		return nil
	}
	why := "split_brain_guard hold, isolated or witness_wait says so"
	if h.Limit > 0 {
		why += fmt.Sprintf(", for %s at most", length(h.Limit.Duration()))
	}
	return []Remark{{
		Code: h.Reason, Problem: true, What: fmt.Sprintf("the takeover has been put off for %s: %s", length(whole(c.Now.Sub(h.Since))), h.Text), Why: why, Remedy: h.Remedy,
	}}
}

func when(t *time.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	return " " + length(whole(now.Sub(*t))) + " ago"
}

func faulty(c Case) []Remark {
	var list []Remark
	for _, f := range c.Faults {
		list = append(list, fault(f))
	}
	return list
}

// addresses: a master that lacks its addresses serves nobody.
func addresses(c Case) []Remark {
	var list []Remark
	if c.State == control.Master {
		for _, v := range c.VIPs {
			if !v.Held {
				list = append(list, Remark{
					Code: "vip_missing", Problem: true, What: fmt.Sprintf("%s is not on %s although we are master", v.Address, v.Interface),
					Why: "clients of the address reach nobody", Remedy: "the daemon keeps trying and its log names the error; look for another program that removes addresses",
				})
			}
		}
	}
	if n := c.verdict("fenced"); n > 0 {
		a := refusals["fenced"]
		list = append(list, Remark{
			Code: "fenced", What: fmt.Sprintf("the kernel silenced our addresses on %s for a while: it dropped %s", c.Interface, count(n, "packet", "packets")),
			Why: a.why, Remedy: a.remedy,
		})
	}
	return list
}

// refused: adverts of this virtual router that were not accepted, and why.
func refused(c Case) []Remark {
	counts := maps.Clone(c.Counters.Rejected)
	if counts == nil {
		counts = map[string]uint64{}
	}
	for _, k := range c.Kernel {
		if _, known := refusals[k.Verdict]; known {
			counts[k.Verdict] = max(counts[k.Verdict], k.Packets)
		}
	}
	reasons := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var list []Remark
	for _, reason := range reasons {
		if counts[reason] > 0 && reason != "fenced" {
			list = append(list, c.refusal(reason, counts[reason]))
		}
	}
	return list
}

// foreign are reasons that say nothing about this virtual router by itself:
// others share the interface.
var foreign = map[string]bool{"vrid_unknown": true, "destination": true, "own_source": true, "ip_header": true, "ip_total_length": true}

func (c Case) refusal(reason string, n uint64) Remark {
	a, known := refusals[reason]
	if !known {
		a = advice{what: "the reason is " + reason}
	}
	where := "of this virtual router"
	if c.Counters.Rejected[reason] == 0 {
		where = "on " + c.Interface
	}
	ttl := ""
	if t := c.lastTTL(); t > 0 && (reason == "ttl" || reason == "ttl_range") {
		ttl = fmt.Sprintf(" (the last one's is %d)", t)
	}
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	return Remark{
		Code: reason, Problem: !foreign[reason] && (c.State == control.Master || !c.heard()),
		What: fmt.Sprintf("%s %s %s refused: %s%s", count(n, "advert", "adverts"), where, verb, a.what, ttl),
		Why:  a.why, Remedy: named(a.remedy, c.Interface),
	}
}

// lastTTL is that of the last refused advert that an event tells of.
func (c Case) lastTTL() int {
	for _, e := range slices.Backward(c.Events) {
		if e.Evidence != nil && e.Evidence.TTL > 0 {
			return e.Evidence.TTL
		}
	}
	return 0
}
