package realtime

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbage decides when to collect.
type garbage struct {
	samples [2]metrics.Sample
}

const (
	used = iota // what is on the heap, garbage included
	live        // what the last collection found alive
)

// Collections are worth their trouble from this much garbage on.
const (
	someGarbage = 4 << 20
	muchGarbage = 32 << 20
)

// take switches Go's own policy off, below the limit.
func (g *garbage) take(limit int64) {
	g.samples[used].Name = "/memory/classes/heap/objects:bytes"
	g.samples[live].Name = "/gc/heap/live:bytes"
	debug.SetMemoryLimit(limit)
	debug.SetGCPercent(-1)
}

// settle collects what the start left behind and gives it back to the system.
func (g *garbage) settle() { debug.FreeOSMemory() }

// look collects when it is time to.
func (g *garbage) look(quiet func() bool) {
	metrics.Read(g.samples[:])
	used, live := g.samples[used].Value.Uint64(), g.samples[live].Value.Uint64()
	if due(used, live, quiet) {
		runtime.GC()
	}
}

// due is the policy: as much garbage as living memory in a quiet moment, twice
// as much and more in any.
func due(used, live uint64, quiet func() bool) bool {
	if used < live {
		return false
	}
	waste := used - live
	switch {
	case waste >= max(2*live, muchGarbage):
		return true
	case waste >= max(live/2, someGarbage):
		return quiet == nil || quiet()
	}
	return false
}
