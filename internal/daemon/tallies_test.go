package daemon

import (
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/metrics"
)

// The tally of a moment is the last one before it, of the last minute or, with
// wider steps, of the quarter of an hour.
func TestTallies(t *testing.T) {
	start := time.Now()
	at := func(n int) time.Time { return start.Add(time.Duration(n) * tallyEvery) }
	var all tallies
	if _, ok := all.before(start); ok {
		t.Error("there is one before the first")
	}
	const reads = 2000
	for n := range reads {
		all.add(at(n), []metrics.KernelCount{{Interface: "eth0", Verdict: "ttl", Packets: uint64(n)}})
	}
	if len(all.fine) != keptFine || len(all.coarse) != keptCoarse {
		t.Errorf("%d and %d are kept", len(all.fine), len(all.coarse))
	}
	for _, c := range []struct{ moment, slack int }{{reads + 5, 6}, {reads - 1, 0}, {reads - keptFine, 0}, {reads - keptFine - 1, 10}, {reads - 1000, 10}} {
		got, ok := all.before(at(c.moment))
		n := int(got.counts[tallyKey{"eth0", "ttl"}])
		if !ok || n > c.moment || n < c.moment-c.slack {
			t.Errorf("before read %d: read %d, %v", c.moment, n, ok)
		}
	}
	if _, ok := all.before(start); ok {
		t.Error("what is long gone is still there")
	}
}
