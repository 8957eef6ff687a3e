package announce

import (
	"net/netip"
	"time"
)

// Target is one address to announce: that it is at MAC, to those on the link.
type Target struct {
	IfIndex int
	MAC     [6]byte // the virtual MAC, or the interface's own
	Addr    netip.Addr
	Extra   bool // it is also announced every Schedule.Extra
}

// Schedule says when and how often an owner's addresses are announced. The
// words in brackets are keepalived's.
type Schedule struct {
	Repeat        int           // rounds in each of the first two bursts (garp_master_repeat)
	Delay         time.Duration // from the first burst to the second (garp_master_delay); 0: no second
	Refresh       time.Duration // from one refresh to the next (garp_master_refresh); 0: never
	RefreshRepeat int           // rounds of a refresh (garp_master_refresh_repeat)
	LowerRepeat   int           // rounds of each burst after an advert of lower priority (garp_lower_prio_repeat)
	LowerDelay    time.Duration // from the first of these bursts to the second (garp_lower_prio_delay); 0: no second
	Extra         time.Duration // from one announcement of the extra targets alone to the next (garp_extra_if); 0: never

	// Replies also sends every gratuitous ARP as a reply, for neighbours
	// that learn from nothing else.
	Replies bool
}

// Reason says why a burst is sent.
type Reason uint8

// The reasons.
const (
	Takeover      Reason = iota // Announce was called
	TakeoverDelay               // Delay after that
	Refresh                     // the periodic refresh
	LowerPriority               // an advert of lower priority was heard while Active
	LowerDelay                  // LowerDelay after that
	LinkUp                      // the interface came back or changed its hardware address: a takeover anew
	Conflict                    // another MAC claims one of the addresses
	Extra                       // switches shall not forget the MACs of the extra targets
)

var reasons = [...]string{"takeover", "takeover, delayed", "refresh", "lower priority heard",
	"lower priority heard, delayed", "link up", "conflict", "extra interfaces"}

func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r]
	}
	return "unknown"
}

// Kind is what is sent. Its name is the metric label.
type Kind uint8

// The kinds.
const (
	GARP Kind = iota // gratuitous ARP
	NA               // unsolicited neighbour advertisement
)

func (k Kind) String() string {
	if k == NA {
		return "na"
	}
	return "garp"
}

// Pace is the time between two announcements, kept on average over a few
// milliseconds. Zero: as fast as they go.
type Pace struct {
	GARP time.Duration // vrrp_garp_interval, garp_interval
	NA   time.Duration // vrrp_gna_interval, gna_interval
}

func (p Pace) of(k Kind) time.Duration {
	if k == NA {
		return p.NA
	}
	return p.GARP
}

// Group is a set of interfaces that share one pace (garp_group): the time is
// kept between any two announcements that leave through any of them.
type Group struct {
	Interfaces []int
	Pace       Pace
}

// Pacing is the pace of all interfaces.
type Pacing struct {
	Default Pace // of every interface that is in no group, each by itself
	Groups  []Group
}
