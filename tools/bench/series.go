package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// series is one line of raw data: all values of one quantity under one set of
// circumstances.
type series struct {
	Scenario string    `json:"scenario"`
	Daemon   string    `json:"daemon,omitempty"`
	Interval string    `json:"interval,omitempty"` // of the adverts
	Load     string    `json:"load,omitempty"`
	What     string    `json:"what"`
	Unit     string    `json:"unit,omitempty"`
	Values   []float64 `json:"values,omitempty"`
	Text     string    `json:"text,omitempty"`
	At       time.Time `json:"at"`
}

// bench is one scenario at work.
type bench struct {
	options
	binary   string
	scenario string
	data     []series
}

// stamped says where and when a series comes from.
func (b *bench) stamped(s series) series {
	s.Scenario, s.At = b.scenario, time.Now().UTC().Truncate(time.Second)
	return s
}

func (b *bench) add(s series) {
	s = b.stamped(s)
	b.data = append(b.data, s)
	if len(s.Values) > 0 {
		fmt.Fprintf(os.Stderr, "%-9s %-14s %-6s %-22s %-28s n=%-6d p50=%.4g p99=%.4g max=%.4g %s\n",
			s.Scenario, s.Daemon, s.Interval, s.Load, s.What, len(s.Values), s.quantile(0.5), s.quantile(0.99), s.quantile(1), s.Unit)
	}
}

// save replaces the raw file.
func (b *bench) save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, s := range b.data {
		if err := enc.Encode(s); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// load reads every raw file there is.
func load(folder string) ([]series, error) {
	var all []series
	for _, name := range names() {
		f, err := os.Open(filepath.Join(folder, name+".jsonl"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		dec := json.NewDecoder(f)
		for dec.More() {
			var s series
			if err := dec.Decode(&s); err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), err), f.Close())
			}
			all = append(all, s)
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// quantile of the values: the smallest that at least q of them do not exceed.
func (s series) quantile(q float64) float64 {
	if len(s.Values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s.Values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// round keeps raw files small: three digits behind the point are nanoseconds
// of a microsecond and microseconds of a millisecond.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }

func milliseconds(d time.Duration) float64 { return round(float64(d) / 1e6) }

func microseconds(d time.Duration) float64 { return round(float64(d) / 1e3) }
