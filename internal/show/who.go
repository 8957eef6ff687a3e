package show

import (
	"fmt"
	"strings"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/survey"
)

// Holder is one MAC that has the address that somebody asked for, as
// `xvrrp who --json` tells it.
type Holder struct {
	MAC survey.MAC `json:"mac"`
	// Owner is what the MAC says of itself: "VRRP virtual router 51".
	Owner string `json:"owner,omitempty"`
	// Took is from the question to the first answer.
	Took    control.Seconds `json:"took"`
	Answers int             `json:"answers"`
	// Unasked: it announced the address meanwhile and did not answer.
	Unasked bool `json:"unasked,omitempty"`
	// Local: it is this host, which does not answer itself.
	Local bool `json:"local,omitempty"`
}

// Holders turns a survey's answers into what is shown.
func Holders(answers []survey.Answer) []Holder {
	list := []Holder{}
	for _, a := range answers {
		list = append(list, Holder{
			MAC: a.MAC, Owner: a.MAC.Owner(), Took: control.Seconds(a.Took), Answers: a.Count, Unasked: a.Unasked, Local: a.Local,
		})
	}
	return list
}

// Claimants is how many different MACs hold the address: 1 is as it should
// be, 0 is nobody, more is a split brain. Who only announced does not count.
func Claimants(list []Holder) int {
	macs := map[survey.MAC]bool{}
	for _, h := range list {
		if !h.Unasked {
			macs[h.MAC] = true
		}
	}
	return len(macs)
}

// Who is `xvrrp who`: every MAC that answers for an address.
func (p Paper) Who(address, iface string, list []Holder) string {
	var b strings.Builder
	address, iface = clean(address), clean(iface)
	switch n := Claimants(list); {
	case n == 0:
		b.WriteString(wrap("", fmt.Sprintf("nobody on %s answers for %s", iface, address)))
	case n == 1:
		b.WriteString(wrap("", fmt.Sprintf("one MAC on %s answers for %s", iface, address)))
	default:
		text := wrap("", fmt.Sprintf("%d MACs on %s answer for %s: SPLIT BRAIN, or a duplicate address", n, iface, address))
		b.WriteString(p.paint(red, strings.TrimRight(text, "\n")) + "\n")
	}
	if len(list) == 0 {
		return b.String()
	}
	rows := [][]cell{{inked(bold, "MAC"), inked(bold, "FIRST ANSWER"), inked(bold, "ANSWERS"), inked(bold, "WHO")}}
	for _, h := range list {
		took, answers, who := "after "+seconds(h.Took), fmt.Sprint(h.Answers), h.Owner
		switch {
		case h.Local:
			took, answers = "-", "-"
			who = strings.TrimSuffix("this host; "+who, "; ")
		case h.Unasked:
			took = "none"
			who = strings.TrimSuffix("only announced it; "+who, "; ")
		}
		rows = append(rows, []cell{word(h.MAC.String()), word(took), word(answers), word(clean(who))})
	}
	return b.String() + strings.Join(p.table(rows), "\n") + "\n"
}
