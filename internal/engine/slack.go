package engine

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// mostSlack bounds slack: more would be seen on the wire and save little.
const mostSlack = time.Millisecond

// slack is how long before its deadline a lone Active router's advert may leave
// together with another's: a fortieth of the interval, as one wake-up for
// each of a thousand routers costs more than all that they send.
//
// The deadlines of the routers stay where they are, so that the same adverts
// leave together every time and none drifts or jitters. A Backup's deadline is
// never moved: silence is judged by the clock alone.
func (g *group) slack() time.Duration {
	if len(g.members) > 1 || g.machine.State() != vrrp.Active {
		return 0
	}
	return min(g.members[0].spec.Election.Interval/40, mostSlack)
}
