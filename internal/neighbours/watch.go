package neighbours

import (
	"context"
	"time"
)

// Config is whom a watch tells. Sampled gets every sample, Told what is worth a word; both on the watch's goroutine.
type Config struct {
	Sampled func([]Table)
	Told    func(News)
	Trouble func(error) // may be nil
}

// A News is a change that somebody should know of.
type News struct {
	Table
	Kind Kind
	Lost uint64 // for Overflow: how many entries found no room since the last sample
}

// Kind is what a News tells.
type Kind int

// The kinds.
const (
	// Near: the table is at four fifths of its limit or above. Told once until it is Over.
	Near Kind = iota + 1
	// Over: it is back below three fifths.
	Over
	// Overflow: entries found no room. Told with the first loss, then not before a pause without any.
	Overflow
)

// every is the time between two samples.
const every = 5 * time.Second

// Watch samples the tables until the context ends.
func Watch(ctx context.Context, cfg Config) {
	j := judge{}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		list, err := Read()
		if err != nil && cfg.Trouble != nil {
			cfg.Trouble(err)
		}
		if len(list) > 0 {
			cfg.Sampled(list)
		}
		for _, t := range list {
			for _, n := range j.look(t) {
				cfg.Told(n)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// judge remembers what was told of each table.
type judge map[string]*memory

type memory struct {
	near  bool
	full  uint64
	quiet int // samples without a loss
}

// calm is how many samples without a loss end an overflow.
const calm = 12

// look compares a sample with the one before.
func (j judge) look(t Table) (news []News) {
	m := j[t.Family]
	if m == nil {
		m = &memory{full: t.Full, quiet: calm} // what was lost before us is not ours to tell
		j[t.Family] = m
	}
	switch {
	case !m.near && 5*t.Entries >= 4*t.Limit:
		m.near = true
		news = append(news, News{Table: t, Kind: Near})
	case m.near && 5*t.Entries < 3*t.Limit:
		m.near = false
		news = append(news, News{Table: t, Kind: Over})
	}
	lost := t.Full - m.full
	if m.full = t.Full; lost == 0 {
		m.quiet = min(m.quiet+1, calm)
		return news
	}
	if m.quiet >= calm {
		news = append(news, News{Table: t, Kind: Overflow, Lost: lost})
	}
	m.quiet = 0
	return news
}
