package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// timing is one histogram of the table below.
type timing struct {
	name, help string
	of         func(*timings) *durations
}

var timingRows = []timing{
	{
		"xvrrp_advert_interarrival_seconds", "Between two accepted adverts of one sender, by the kernel's time.",
		func(t *timings) *durations { return &t.interarrival },
	},
	{
		"xvrrp_advert_delivery_seconds", "From the kernel's timestamp of an advert to the state machine.",
		func(t *timings) *durations { return &t.delivery },
	},
	{
		"xvrrp_timer_lateness_seconds", "From a deadline to its handling.",
		func(t *timings) *durations { return &t.lateness },
	},
	{
		"xvrrp_takeover_seconds", "From the deadline to the last gratuitous ARP or neighbour advertisement sent.",
		func(t *timings) *durations { return &t.takeover },
	},
}

var timingDescs = func() (list []*prometheus.Desc) {
	for _, t := range timingRows {
		list = append(list, prometheus.NewDesc(t.name, t.help, whole.names(), nil))
	}
	return list
}()

func collectTimings(ch chan<- prometheus.Metric, instances []*Instance) {
	for n, t := range timingRows {
		for _, i := range instances {
			h := t.of(i.timings).read()
			m, err := prometheus.NewConstHistogramWithCreatedTimestamp(
				timingDescs[n], h.Count, h.Sum.Seconds(), nil, time.Unix(0, i.created.Load()), whole.values(i)...)
			if err != nil {
				ch <- prometheus.NewInvalidMetric(timingDescs[n], err)
				continue
			}
			ch <- bucketed{m, h.Buckets}
		}
	}
}

// bucketed is a histogram of the client library, to which it adds the buckets: the
// library would have them in a map, a new one for each series of each scrape.
type bucketed struct {
	prometheus.Metric
	buckets []Bucket
}

// Write implements prometheus.Metric.
func (b bucketed) Write(out *dto.Metric) error {
	if err := b.Metric.Write(out); err != nil {
		return err
	}
	list := make([]dto.Bucket, len(b.buckets))
	out.Histogram.Bucket = make([]*dto.Bucket, len(b.buckets))
	for i := range b.buckets {
		list[i].CumulativeCount, list[i].UpperBound = &b.buckets[i].Count, &bucketBounds[i]
		out.Histogram.Bucket[i] = &list[i]
	}
	return nil
}
