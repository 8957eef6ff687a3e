package realtime

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbage decides when to collect.
type garbage struct {
	samples [3]metrics.Sample
	limit   int64
	settled bool
	sweeps  int // collections that are still to come in quiet moments, whatever there is
}

// sweepsAfterStart shrink the stacks that the start made grow: each collection
// halves those that are mostly unused. And what lies in a sync.Pool survives one.
const sweepsAfterStart = 3

const (
	used  = iota // what is on the heap, garbage included
	live         // what the last collection found alive
	spare        // held from the system and not used
)

// Collections are worth their trouble from this much garbage on.
const (
	someGarbage = 2 << 20
	muchGarbage = 16 << 20
)

// take leaves Go's own policy on, a little more eager: the start makes much
// garbage, and nothing depends on its pauses yet.
func (g *garbage) take(limit int64) {
	g.limit = limit
	g.samples[used].Name = "/memory/classes/heap/objects:bytes"
	g.samples[live].Name = "/gc/heap/live:bytes"
	g.samples[spare].Name = "/memory/classes/heap/free:bytes"
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(limit)
}

// settle ends the start: what it left behind is collected and given back, and
// from now on we choose the moments.
func (g *garbage) settle() {
	g.sweeps = sweepsAfterStart
	collect()
	debug.SetGCPercent(-1)
	g.bound()
}

// look collects when it is time to, and gives back what is left over.
func (g *garbage) look(quiet func() bool) {
	metrics.Read(g.samples[:])
	used, live, spare := g.value(used), g.value(live), g.value(spare)
	if !g.settled {
		return
	}
	if g.sweeps > 0 && (quiet == nil || quiet()) {
		g.sweeps--
	} else if !due(used, live, quiet) && !idle(spare, quiet) {
		return
	}
	debug.FreeOSMemory() // which collects first
	g.bound()
}

// collect gives back what is not used. What lies in a sync.Pool, as the log's
// buffers after a thousand lines, survives one collection.
func collect() {
	runtime.GC()
	debug.FreeOSMemory()
}

// bound sets the limit by what is alive: above it Go collects by itself.
func (g *garbage) bound() {
	g.settled = true
	metrics.Read(g.samples[:])
	debug.SetMemoryLimit(max(g.limit, 4*int64(g.value(live))))
}

func (g *garbage) value(i int) uint64 { return g.samples[i].Value.Uint64() }

// idle is the policy for memory that is held and not used, as the stacks of a
// thousand takeovers after they are over.
func idle(spare uint64, quiet func() bool) bool {
	return spare > muchGarbage || spare > someGarbage && (quiet == nil || quiet())
}

// due is the policy: an eighth as much garbage as living memory in a quiet moment,
// as much and more in any. In the steady state hardly any is made, so what the start
// of a thousand routers left would else stay for good.
func due(used, live uint64, quiet func() bool) bool {
	if used < live {
		return false
	}
	waste := used - live
	switch {
	case waste >= max(live, muchGarbage):
		return true
	case waste >= max(live/8, someGarbage):
		return quiet == nil || quiet()
	}
	return false
}
