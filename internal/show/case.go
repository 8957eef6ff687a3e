package show

import (
	"slices"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// Case is everything that is known about one instance: what Explain tells and
// Diagnose judges.
type Case struct {
	control.Instance
	Now time.Time
	// Kernel are the verdicts on the instance's interface since the kernel
	// program was attached, of all virtual routers there.
	Kernel []control.KernelCount
	// Watched are the trackers that count for the instance.
	Watched   []control.TrackerStatus
	Dataplane control.Dataplane
	Reload    control.Reload
	// Firewall says what this host's firewall does to protocol 112, one line
	// for each rule; empty when nothing would stop it, or nobody looked.
	Firewall []string
}

// NewCase picks out of the daemon's status what belongs to the instance.
func NewCase(s control.Status, i control.Instance) Case {
	c := Case{Instance: i, Now: s.Now, Reload: s.Reload}
	for _, k := range s.Kernel {
		if k.Interface == i.Interface {
			c.Kernel = append(c.Kernel, k)
		}
	}
	for _, d := range s.Dataplanes {
		if d.Interface == i.Interface {
			c.Dataplane = d
		}
	}
	for _, t := range s.Trackers {
		if slices.Contains(i.Trackers, t.Kind+" "+t.Name) || slices.Contains(i.Trackers, t.Name) {
			c.Watched = append(c.Watched, t)
		}
	}
	return c
}

// verdict is how often the kernel program came to a verdict on the interface.
func (c Case) verdict(name string) uint64 {
	var n uint64
	for _, k := range c.Kernel {
		if k.Verdict == name {
			n += k.Packets
		}
	}
	return n
}

// heard says that an advert of another router was ever accepted.
func (c Case) heard() bool {
	return c.Counters.Received > 0 || c.Master != nil && !c.Master.Self
}

// aside says that the instance takes no part in the election, so that what it knows
// of a master is old.
func (c Case) aside() bool { return c.State == control.Fault || c.State == control.Init }

// last is the last transition, nil when none is kept.
func (c Case) last() *control.Event {
	for _, e := range slices.Backward(c.Events) {
		if e.Kind == control.KindTransition && e.Instance == c.Name {
			return &e
		}
	}
	return nil
}

// firstAddress is the first virtual address, without its prefix length.
func (c Case) firstAddress() string {
	if len(c.VIPs) == 0 {
		return "ADDRESS"
	}
	address, _, _ := strings.Cut(c.VIPs[0].Address, "/")
	return address
}

// group is where the instance's adverts go without unicast.
func (c Case) group() string {
	if c.Family == "ipv6" {
		return "ff02::12"
	}
	return "224.0.0.18"
}
