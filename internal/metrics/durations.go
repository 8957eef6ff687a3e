package metrics

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// durations is a histogram that also knows its greatest value, which no
// bucket tells.
type durations struct {
	observer prometheus.Observer
	max      atomic.Int64 // nanoseconds
}

// observe is silent for the record that belongs to no instance, which has no
// histograms.
func (d *durations) observe(v time.Duration) {
	if d == nil {
		return
	}
	d.observer.Observe(v.Seconds())
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
// name without its prefix: advert_interarrival_seconds and so on.
func (i *Instance) Histograms() (map[string]Histogram, error) {
	all := map[string]Histogram{}
	for name, d := range map[string]*durations{
		"advert_interarrival_seconds": i.interarrival,
		"advert_delivery_seconds":     i.delivery,
		"timer_lateness_seconds":      i.lateness,
		"takeover_seconds":            i.takeover,
	} {
		h, err := d.read()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		all[name] = h
	}
	return all, nil
}

func (d *durations) read() (Histogram, error) {
	if d == nil {
		return Histogram{}, nil
	}
	metric, ok := d.observer.(prometheus.Metric)
	if !ok {
		return Histogram{}, fmt.Errorf("a %T cannot be read back", d.observer)
	}
	var m dto.Metric
	if err := metric.Write(&m); err != nil {
		return Histogram{}, err
	}
	h := Histogram{
		Count: m.GetHistogram().GetSampleCount(),
		Sum:   nanoseconds(m.GetHistogram().GetSampleSum()),
		Max:   time.Duration(d.max.Load()),
	}
	for _, b := range m.GetHistogram().GetBucket() {
		h.Buckets = append(h.Buckets, Bucket{Le: nanoseconds(b.GetUpperBound()), Count: b.GetCumulativeCount()})
	}
	return h, nil
}

func nanoseconds(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * 1e9))
}
