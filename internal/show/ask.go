package show

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Asked is `xvrrp status --ask-peers`: what the other nodes say of an address.
func (p Paper) Asked(list []control.AskResult) string {
	var b strings.Builder
	b.WriteString("\n" + p.paint(bold, "Seen from the other nodes") + "\n")
	for _, r := range list {
		what := fmt.Sprintf("%s, %s: ", clean(r.Instance), clean(r.Address))
		if len(r.Helpers) == 0 {
			text := "no other node answered. One with xvrrp would; a keepalived cannot"
			if r.Refused > 0 {
				text = fmt.Sprintf("%s not authentic: the nodes have different keys", count(uint64(r.Refused), "answer was", "answers were"))
			}
			b.WriteString(wrap("  ", what+text))
			continue
		}
		for _, h := range r.Helpers {
			b.WriteString(wrap("  ", what+p.helper(h)))
		}
		for _, m := range JudgeAsked(r) {
			b.WriteString(p.remarks([]Remark{m}))
		}
	}
	return b.String()
}

// helper is one node's answer as a sentence.
func (p Paper) helper(h control.Helper) string {
	head := fmt.Sprintf("%s (%s, priority %d) ", clean(h.Address), h.State, h.Priority)
	switch {
	case h.Failed:
		return head + "could not ask on its LAN"
	case len(h.Sees) == 0:
		return head + "got no answer for the address"
	}
	var seen []string
	for _, s := range h.Sees {
		text := fmt.Sprintf("%s after %s", clean(s.MAC), seconds(s.Took))
		if s.Local {
			text = "itself, " + clean(s.MAC)
		}
		seen = append(seen, text)
	}
	return head + "is answered by " + strings.Join(seen, " and by ")
}

// JudgeAsked says what is wrong with what the others see (field case F5).
func JudgeAsked(r control.AskResult) []Remark {
	var list []Remark
	for _, h := range r.Helpers {
		macs := map[string]bool{}
		foreign := ""
		for _, s := range h.Sees {
			macs[s.MAC] = true
			if !slices.Contains(r.MACs, s.MAC) {
				foreign = s.MAC
			}
		}
		switch {
		case h.Failed:
		case len(macs) > 1:
			list = append(list, Remark{
				Code: "vip_two_macs", Problem: true, What: fmt.Sprintf("%d MACs answer %s for %s", len(macs), h.Address, r.Address),
				Why: "hosts on the LAN reach one of them by chance", Remedy: fmt.Sprintf("`xvrrp explain %s` on each node says which one does not hear the other", r.Instance),
			})
		case len(macs) == 0 && r.State == control.Master:
			list = append(list, Remark{
				Code: "vip_unreachable", Problem: true, What: fmt.Sprintf("%s is here, and does not answer for %s", r.Address, h.Address),
				Why:    "this node hears itself, others do not: a network that does not carry a moved address (clouds, port security), or this host does not answer ARP",
				Remedy: "`xvrrp doctor` looks at this host; in a cloud allow the address on the port (allowed address pairs) or move it by the provider's API, see docs/clouds.md",
			})
		case foreign != "" && r.State == control.Master:
			list = append(list, Remark{
				Code: "vip_elsewhere", Problem: true, What: fmt.Sprintf("for %s, %s answers for %s, which is not this node", h.Address, foreign, r.Address),
				Why: "another host has the address, or something answers in its place (proxy ARP)", Remedy: fmt.Sprintf("find the host with %s; `xvrrp who %s` there shows who answers", foreign, r.Address),
			})
		}
	}
	return list
}
