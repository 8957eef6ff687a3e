package show

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/survey"
)

// Sight is one line of `xvrrp watch --json`: an advert or a claim, and the
// conflicts that are new with it.
type Sight struct {
	At        time.Time         `json:"at"`
	Out       bool              `json:"out"` // this host sent it
	From      survey.MAC        `json:"from"`
	To        survey.MAC        `json:"to"`
	Advert    *Advert           `json:"advert,omitempty"`
	Claim     *survey.Claim     `json:"claim,omitempty"`
	Inquiry   *survey.Inquiry   `json:"inquiry,omitempty"`
	Conflicts []survey.Conflict `json:"conflicts,omitempty"`
}

// Advert is survey's, with the interval in seconds.
type Advert struct {
	*survey.Advert
	Interval control.Seconds `json:"interval"`
}

// NewSight joins an event and what a judge said about it.
func NewSight(e survey.Event, conflicts []survey.Conflict) Sight {
	s := Sight{At: e.At, Out: e.Out, From: e.From, To: e.To, Claim: e.Claim, Inquiry: e.Inquiry, Conflicts: conflicts}
	if e.Advert != nil {
		s.Advert = &Advert{e.Advert, control.Seconds(e.Advert.Interval)}
	}
	return s
}

// Sight is `xvrrp watch --plain`: a line, and one more for each conflict.
func (p Paper) Sight(s Sight, now time.Time) string {
	var text string
	switch {
	case s.Advert != nil:
		text = advertLine(s.Advert.Advert)
	case s.Claim != nil:
		text = claimLine(*s.Claim)
	case s.Inquiry != nil:
		text = inquiryLine(s.Inquiry)
	}
	direction := "in "
	if s.Out {
		direction = "out"
	}
	head := p.clock(s.At, now) + " " + direction + " "
	var b strings.Builder
	b.WriteString(wrap(head, clean(text)))
	for _, c := range s.Conflicts {
		b.WriteString(p.conflict(c, "  "))
	}
	return b.String()
}

// advertLine is one advert; what is as usual (TTL 255, no authentication) is
// left out.
func advertLine(a *survey.Advert) string {
	text := fmt.Sprintf("%s > %s VRRPv%d vrid %d prio %d every %s", a.Src, a.Dst, a.Version, a.VRID, a.Priority, length(a.Interval))
	if a.Priority == 0 {
		text += " (goodbye)"
	}
	if a.TTL != 255 {
		text += fmt.Sprintf(" ttl %d", a.TTL)
	}
	if a.Auth != "none" {
		text += " auth " + a.Auth
	}
	text += ": " + join(a.Addresses)
	if a.Fault != "" {
		text += " REFUSED: " + a.Fault
	}
	return text
}

func claimLine(c survey.Claim) string {
	what := "ARP"
	if c.Addr.Is6() {
		what = "ND"
	}
	text := fmt.Sprintf("%s %s: %s is at %s", what, c.Kind, c.Addr, c.MAC)
	if owner := c.MAC.Owner(); owner != "" {
		text += " (" + owner + ")"
	}
	return text
}

// inquiryLine is one node asking another, or telling it.
func inquiryLine(q *survey.Inquiry) string {
	if !q.Answer {
		return fmt.Sprintf("%s > %s asks whether %s of vrid %d answers there", q.Src, q.Dst, q.Address, q.VRID)
	}
	macs := make([]string, len(q.MACs))
	for i, m := range q.MACs {
		macs[i] = m.String()
	}
	return fmt.Sprintf("%s > %s says that %s of vrid %d is answered for by %s", q.Src, q.Dst, q.Address, q.VRID, or(strings.Join(macs, ", "), "nobody"))
}

func join(addresses []netip.Addr) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	return strings.Join(texts, " ")
}

// conflict prints one with its remedy.
func (p Paper) conflict(c survey.Conflict, indent string) string {
	text := wrap(indent+"CONFLICT ", clean(c.String()))
	return strings.Replace(text, "CONFLICT", p.paint(red, "CONFLICT"), 1) + wrap(indent+"  remedy: ", clean(c.Remedy))
}

// View is what the updating table of `xvrrp watch` shows.
type View struct {
	Interface string
	Now       time.Time
	Senders   []survey.Sender
	Conflicts []survey.Conflict
	Claims    []Sight // the last ones, newest last
	Note      string  // what cannot be seen here; empty: nothing
}

// Watch is one frame of the table.
func (p Paper) Watch(v View) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s; end with Ctrl-C\n\n", clean(v.Interface), p.clock(v.Now, v.Now))
	if v.Note != "" {
		b.WriteString(wrap("note: ", clean(v.Note)) + "\n")
	}
	rows := [][]cell{{
		inked(bold, "VRID"), inked(bold, "SENDER"), inked(bold, "PRIO"), inked(bold, "VERSION"), inked(bold, "EVERY"),
		inked(bold, "LONGEST GAP"), inked(bold, "AUTH"), inked(bold, "ADVERTS"), inked(bold, "LAST"),
	}}
	for _, s := range v.Senders {
		rows = append(rows, senderRow(s, v.Now))
	}
	if len(v.Senders) == 0 {
		b.WriteString("no advert so far\n")
	} else {
		for n, line := range p.table(rows) {
			b.WriteString(line + "\n")
			if n > 0 {
				b.WriteString(wrap("      ", join(v.Senders[n-1].Addresses)))
			}
		}
	}
	if len(v.Conflicts) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range v.Conflicts {
		b.WriteString(p.conflict(c, ""))
	}
	if len(v.Claims) > 0 {
		b.WriteString("\n" + p.paint(bold, "ARP and neighbour discovery") + "\n")
	}
	for _, s := range v.Claims {
		b.WriteString(p.Sight(s, v.Now))
	}
	return b.String()
}

func senderRow(s survey.Sender, now time.Time) []cell {
	age, shade := now.Sub(s.Last), plain
	last := length(whole(max(age, 0))) + " ago"
	switch {
	case s.Left:
		last, shade = "goodbye "+last, faint
	case age > 3*s.Interval:
		last, shade = "silent for "+strings.TrimSuffix(last, " ago"), yellow
	}
	longest := "-"
	if s.Longest > 0 {
		longest = length(s.Longest)
	}
	return []cell{
		word(fmt.Sprint(s.VRID)), word(s.Src.String()), word(fmt.Sprint(s.Priority)), word(fmt.Sprintf("%d", s.Version)),
		word(length(s.Interval)), word(longest), word(s.Auth), word(fmt.Sprint(s.Count)), inked(shade, last),
	}
}
