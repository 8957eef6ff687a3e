package show

import (
	"fmt"
	"strings"

	"github.com/xvrrp/xvrrp/internal/control"
)

// paths are the lines of an instance's second paths, and of its own interface
// when the adverts do not come there any more.
func (p Paper) paths(b *strings.Builder, i control.InstanceStatus) {
	if i.MainPathLost {
		text := wrap("    adverts: ", fmt.Sprintf("lost on %s, a second path holds this node in BACKUP", clean(i.Interface)))
		b.WriteString(p.paint(red, strings.TrimRight(text, "\n")) + "\n")
	}
	for _, s := range i.Paths {
		shade := plain
		switch s.State {
		case control.PathAlive, control.PathSending:
			shade = green
		case control.PathLost, control.PathSilent, control.PathDown:
			shade = red
		}
		text := wrap("    path  ", pathText(s))
		b.WriteString(p.paint(shade, strings.TrimRight(text, "\n")) + "\n")
	}
}

// pathText says of a second path what is known.
func pathText(s control.PathStatus) string {
	text := fmt.Sprintf("%s over %s", clean(s.Name), clean(s.Interface))
	if len(s.Peers) > 0 {
		text += " to " + clean(strings.Join(s.Peers, ", "))
	}
	switch s.State {
	case control.PathAlive:
		text += ": alive"
	case control.PathLost:
		text += ": LOST"
	case control.PathSilent:
		text += ": SILENT, nothing came since this node is backup"
	case control.PathSending:
		text += ": this node sends there"
	case control.PathDown:
		text += ": DOWN, " + clean(s.Why)
	default:
		text += ": " + clean(string(s.State))
	}
	if s.LastHeard != nil {
		text += fmt.Sprintf(", %s heard %s ago", clean(s.From), seconds(s.LastHeardAge))
	}
	if len(s.Rejected) > 0 {
		text += "; refused " + total(s.Rejected, "heartbeat", "heartbeats")
	}
	return text
}
