package survey

import (
	"net/netip"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Sender is one router that sends adverts of one virtual router, as seen on the LAN.
type Sender struct {
	Family    string        `json:"family"`
	VRID      uint8         `json:"vrid"`
	Src       netip.Addr    `json:"src"`
	MAC       MAC           `json:"mac"`
	Version   uint8         `json:"version"`
	Priority  uint8         `json:"priority"`
	Interval  time.Duration `json:"interval"` // as it says
	Auth      string        `json:"auth"`
	Addresses []netip.Addr  `json:"addresses"`
	First     time.Time     `json:"first"`
	Last      time.Time     `json:"last"`
	Count     int           `json:"count"`
	// Gaps between its adverts while it went on sending: the mean, and the longest.
	Mean    time.Duration `json:"mean"`
	Longest time.Duration `json:"longest"`
	// Left: its last advert had priority 0.
	Left bool `json:"left"`

	last     *Advert
	dst      netip.Addr // the destination whose copies are timed: unicast sends one for each peer
	timed    time.Time  // when the last timed one came
	prev     time.Time  // and the one before
	gaps     int
	compared time.Time // when it was last held against the others
}

// down is how long a Backup waits for the sender at least: three intervals
// (RFC 9568 §6.1), without the skew, which is smallest for the best Backup.
func (s *Sender) down() time.Duration { return 3 * s.Interval }

// alive reports whether a Backup would take the sender for Active at the time.
func (s *Sender) alive(at time.Time) bool { return !s.Left && at.Sub(s.Last) <= s.down() }

// take notes an advert of the sender, and how long after its last one it came
// if it did not pause in between.
func (s *Sender) take(e Event) (gap time.Duration, measured bool) {
	a := e.Advert
	if a.Dst == s.dst || !s.timed.Add(s.down()).After(e.At) {
		if s.Count > 0 && !s.Left && a.Priority != wire.PriorityRelease {
			gap, measured = e.At.Sub(s.timed), true
		}
		s.dst, s.prev, s.timed = a.Dst, s.timed, e.At
	}
	s.Last, s.MAC = e.At, e.From
	s.Version, s.Priority, s.Interval, s.Auth, s.last = a.Version, a.Priority, a.Interval, a.Auth, a
	if a.Priority != wire.PriorityRelease || len(a.Addresses) > 0 {
		s.Addresses = a.Addresses
	}
	s.Left = a.Priority == wire.PriorityRelease
	s.Count++
	return gap, measured
}

// due reports whether the sender is to be held against the others: when it
// says something new, and every second.
func (s *Sender) due(e Event) bool {
	a, b := e.Advert, s.last
	news := b == nil || a.Version != b.Version || a.Interval != b.Interval || a.Auth != b.Auth || a.secret != b.secret ||
		a.Priority != b.Priority || !slices.Equal(a.Addresses, b.Addresses)
	if !news && e.At.Sub(s.compared) < time.Second {
		return false
	}
	s.compared = e.At
	return true
}

// measure takes a gap into the figures.
func (s *Sender) measure(gap time.Duration) {
	s.gaps++
	s.Mean += (gap - s.Mean) / time.Duration(s.gaps)
	s.Longest = max(s.Longest, gap)
}

// sameSet compares two lists of addresses whatever their order.
func sameSet(a, b []netip.Addr) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.SortFunc(x, netip.Addr.Compare)
	slices.SortFunc(y, netip.Addr.Compare)
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}
