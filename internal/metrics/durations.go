package metrics

import (
	"math"
	"strings"
	"sync/atomic"
	"time"
)

// durations is a histogram in as few words as it takes: a thousand virtual routers
// have four each, and what the client library makes of one is seven times that. It
// also knows its greatest value, which no bucket tells.
type durations struct {
	sum    atomic.Int64                   // nanoseconds
	max    atomic.Int64                   // nanoseconds
	counts [len(bounds) + 1]atomic.Uint64 // by bounds, the last: longer than any
}

// timings are the histograms of one instance.
type timings struct{ interarrival, delivery, lateness, takeover durations }

// bounds are the upper bounds of the buckets, from 10 µs, the kernel's own noise,
// to 10 s, a slow failover: five in each decade.
var bounds [31]time.Duration

// bucketBounds are the same in seconds.
var bucketBounds = func() (list []float64) {
	for _, decade := range []float64{1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1} {
		for _, step := range []float64{1, 2, 3, 5, 7} {
			list = append(list, step*decade)
		}
	}
	list = append(list, 10)
	for i := range bounds {
		bounds[i] = nanoseconds(list[i])
	}
	return list
}()

func (d *durations) observe(v time.Duration) {
	from, to := 0, len(bounds)
	for from < to {
		if half := (from + to) / 2; bounds[half] < v {
			from = half + 1
		} else {
			to = half
		}
	}
	d.counts[from].Add(1)
	d.sum.Add(int64(v))
	for {
		seen := d.max.Load()
		if int64(v) <= seen || d.max.CompareAndSwap(seen, int64(v)) {
			return
		}
	}
}

// Histogram is what was measured, to be read back.
type Histogram struct {
	Count uint64
	Sum   time.Duration
	// Max is the longest.
	Max time.Duration
	// Buckets are cumulative; what is longer than the last is in Count only.
	Buckets []Bucket
}

// Bucket counts what was not longer than Le.
type Bucket struct {
	Le    time.Duration
	Count uint64
}

// Histograms reads back what was measured for the instance, by the metric's
// name without its prefix: advert_interarrival_seconds and so on. Nothing is
// measured for the record of adverts that belong to no instance.
func (i *Instance) Histograms() map[string]Histogram {
	all := map[string]Histogram{}
	for _, t := range timingRows {
		var h Histogram
		if i.timings != nil {
			h = t.of(i.timings).read()
		}
		all[strings.TrimPrefix(t.name, "xvrrp_")] = h
	}
	return all
}

// read is consistent in itself although others observe meanwhile, but for the sum,
// which may know one more or one less.
func (d *durations) read() Histogram {
	h := Histogram{Sum: time.Duration(d.sum.Load()), Max: time.Duration(d.max.Load()), Buckets: make([]Bucket, len(bounds))}
	for n := range bounds {
		h.Count += d.counts[n].Load()
		h.Buckets[n] = Bucket{Le: bounds[n], Count: h.Count}
	}
	h.Count += d.counts[len(bounds)].Load()
	return h
}

func nanoseconds(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * 1e9))
}
