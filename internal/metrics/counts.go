package metrics

import (
	"maps"
	"sync"
	"sync/atomic"
)

// counts is a set of counters that learns its keys. Adding to a key it has
// seen takes no lock and no memory; a new key copies the map once.
type counts[K comparable] struct {
	known atomic.Pointer[map[K]*atomic.Uint64]
	mu    sync.Mutex // held by those who add a key
}

func (c *counts[K]) add(key K, n uint64) {
	if known := c.known.Load(); known != nil {
		if v, ok := (*known)[key]; ok {
			v.Add(n)
			return
		}
	}
	c.learn(key).Add(n)
}

func (c *counts[K]) learn(key K) *atomic.Uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[K]*atomic.Uint64{}
	if known := c.known.Load(); known != nil {
		if v, ok := (*known)[key]; ok {
			return v
		}
		next = maps.Clone(*known)
	}
	v := new(atomic.Uint64)
	next[key] = v
	c.known.Store(&next)
	return v
}

// each calls f for every key seen so far, in no order.
func (c *counts[K]) each(f func(K, uint64)) {
	known := c.known.Load()
	if known == nil {
		return
	}
	for k, v := range *known {
		f(k, v.Load())
	}
}

// sum adds up the given keys; a key never seen counts as zero.
func (c *counts[K]) sum(keys ...K) uint64 {
	known := c.known.Load()
	if known == nil {
		return 0
	}
	var total uint64
	for _, k := range keys {
		if v, ok := (*known)[k]; ok {
			total += v.Load()
		}
	}
	return total
}
