package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Drill is what a rehearsed failover measured. Lengths count from the release;
// zero means that it was not seen.
type Drill struct {
	Instance  string    `json:"instance"`
	Interface string    `json:"interface"`
	Addresses []string  `json:"addresses"`
	Released  time.Time `json:"released"`
	// Goodbye: our advert of priority 0 was seen leaving.
	Goodbye bool `json:"goodbye"`

	NewMaster   string `json:"new_master,omitempty"`
	NewPriority int    `json:"new_priority,omitempty"`
	// FirstAdvert is the new master's, Announced its announcement of the last
	// of our addresses.
	FirstAdvert control.Seconds `json:"first_advert"`
	Announced   control.Seconds `json:"announced"`
	// Bound is the skew time of the new master's priority: what the protocol
	// lets it wait after a goodbye.
	Bound control.Seconds `json:"bound"`
	// Answering are the MACs that answered for the first address meanwhile.
	Answering []Holder `json:"answering"`

	// Back is when we were master again; zero when that did not happen.
	Back control.Seconds `json:"back"`
	// Expected: by our settings we come back by ourselves.
	Expected bool `json:"expected_back"`
}

// Failure says why the rehearsal failed, nothing when it went well.
func (d Drill) Failure() string {
	switch {
	case d.NewMaster == "":
		return "nobody took over: a real failure of this node is an outage"
	case len(d.Answering) > 0 && Claimants(d.Answering) > 1:
		return "more than one MAC answered for the address meanwhile"
	case d.Expected && d.Back == 0:
		return "this node did not become master again in time"
	}
	return ""
}

// Drill is `xvrrp drill`: the report.
func (p Paper) Drill(d Drill) string {
	var b strings.Builder
	head, verdict, shade := "drill of "+clean(d.Instance)+": ", "OK", green
	why := d.Failure()
	if why != "" {
		verdict, shade = "FAILED", red
		why = ": " + why
	}
	b.WriteString(strings.Replace(wrap("", head+verdict+why), " "+verdict, " "+p.paint(shade, verdict), 1))
	how := "; no goodbye (priority 0) was seen on the wire"
	if d.Goodbye {
		how = " with a goodbye (priority 0)"
	}
	b.WriteString(wrap("  ", fmt.Sprintf("released %s on %s at %s%s", clean(strings.Join(d.Addresses, ", ")), clean(d.Interface), p.clock(d.Released, d.Released), how)))
	if d.NewMaster != "" {
		text := fmt.Sprintf("%s was master after %s", clean(d.NewMaster), seconds(d.FirstAdvert))
		if d.NewPriority > 0 {
			text += fmt.Sprintf("; the protocol lets its priority %d wait %s", d.NewPriority, seconds(d.Bound))
		}
		b.WriteString(wrap("  ", text))
	}
	switch {
	case d.Announced > 0:
		b.WriteString(wrap("  ", fmt.Sprintf("the LAN was told of the new owner after %s: so long the addresses were out of reach", seconds(d.Announced))))
	case d.NewMaster != "":
		b.WriteString(wrap("  ", "no announcement (gratuitous ARP, neighbour advertisement) for all addresses was seen here"))
	}
	for _, h := range d.Answering {
		if !h.Local && !h.Unasked {
			text := fmt.Sprintf("asked meanwhile, %s answered for %s", h.MAC, clean(d.Addresses[0]))
			if h.Owner != "" {
				text += " (" + clean(h.Owner) + ")"
			}
			b.WriteString(wrap("  ", text))
		}
	}
	switch {
	case d.Back > 0:
		b.WriteString(wrap("  ", fmt.Sprintf("this node was master again after %s", seconds(d.Back))))
	case !d.Expected && d.NewMaster != "":
		b.WriteString(wrap("  ", "by priority or nopreempt this node does not take the addresses back: drill the new master to hand back"))
	}
	return b.String()
}
