package test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// advice is what a test looks at in `advise --json`.
type advice struct {
	Instance, Why               string
	Interval, Observed, Longest float64
	Gaps                        uint64
	Adverts                     int `json:"down_timer_adverts"`
	Best, Fastest               int
	Options                     []struct {
		Interval, Down, Worst float64
		False                 uint64 `json:"false_failovers"`
		Safe                  bool
		Needs                 int     `json:"needs_down_timer_adverts"`
		NeedsDown             float64 `json:"needs_down"`
	}
}

func (n *node) advice() (a advice) {
	n.t.Helper()
	out, _ := n.ask("advise", "--json")
	var list []advice
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 {
		n.t.Fatalf("advise --json: %v: %s", err, out)
	}
	return list[0]
}

// measuredGaps is what /metrics counts of VI_1's gaps.
func (n *node) measuredGaps() uint64 {
	n.t.Helper()
	for line := range strings.Lines(n.get(metricsURL)) {
		if strings.HasPrefix(line, "xvrrp_advert_interarrival_seconds_count") && strings.Contains(line, `instance="VI_1"`) {
			f := strings.Fields(line)
			v, err := strconv.ParseFloat(f[len(f)-1], 64)
			if err != nil {
				n.t.Fatal(err)
			}
			return uint64(v)
		}
	}
	n.t.Fatal("no histogram of gaps in /metrics")
	return 0
}

// advise speaks of what this daemon has measured on this LAN: its numbers are
// those of the live histogram, and a gap that is made in the network moves them.
func TestOperatorAdvise(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	pair := func(priority int) string {
		return strings.Replace(conf(3, "BACKUP", priority, "0.02"), "advert_int 0.02", "advert_int 0.02\n    down_timer_adverts 100", 1)
	}
	l.a.serving(pair(200))
	l.owned(peersVIP, "a", patience)
	l.b.serving(pair(100))
	enough := func(n uint64) func() error {
		return func() error {
			if got := l.b.measuredGaps(); got < n {
				return fmt.Errorf("%d gaps measured, %d wanted", got, n)
			}
			return nil
		}
	}
	testnet.Eventually(t, patience, enough(400))
	before := l.b.measuredGaps()
	a := l.b.advice()
	after := l.b.measuredGaps()
	if a.Gaps < before || a.Gaps > after || before == 0 {
		t.Errorf("advise speaks of %d gaps, /metrics of %d before and %d after", a.Gaps, before, after)
	}
	if a.Interval != 0.02 || a.Adverts != 100 || a.Observed < 0.02*float64(a.Gaps)*0.9 {
		t.Errorf("not what runs here: %+v", a)
	}
	l.b.tells(0, words("advise VI_1"), "VI_1: ", "sent every 20 ms", "20 ms now", "with down_timer_adverts 100 as now", "Nobody has tried that here", "Measured over")
	// Half a second without an advert: many intervals long, and shorter than the down interval.
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	time.Sleep(500 * time.Millisecond)
	l.sw.Forward()
	testnet.Eventually(t, patience, enough(l.b.measuredGaps()+200))
	b := l.b.advice()
	if b.Longest < 0.5 || b.Gaps <= a.Gaps || len(b.Options) == 0 {
		t.Errorf("half a second without adverts, and advise says %+v", b)
	}
	for _, o := range b.Options {
		// A standstill of that length would have been one at any interval.
		wrong := o.Down < 0.48 && o.False == 0 || o.Down > o.Worst && o.False > 0 || o.Safe && o.Worst*1.5 > o.Down*1.001
		if o.Worst < 0.48 || wrong {
			t.Errorf("of a longest gap of %v s: %+v", b.Longest, o)
		}
	}
	if len(a.Options) == 0 || a.Best < 0 || a.Options[a.Best].Interval >= 0.02 || b.Best >= 0 && b.Options[b.Best].Down < 0.5 {
		t.Errorf("the advice did not follow: before %+v, after %+v", a, b)
	}
	l.a.tells(0, words("advise VI_1"), "a master hears nobody: ask on the backup")
}
