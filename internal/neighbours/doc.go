// Package neighbours tells how full the kernel's neighbour tables are, ARP's and neighbour discovery's.
//
// A table that is full takes no new entry: a host then cannot answer somebody it has not heard of yet, and what others
// announce is not learnt. The kernel says so in its own log alone ("neighbor table overflow!").
//
//	go neighbours.Watch(ctx, neighbours.Config{Sampled: show, Told: warn})
//
// The tables and their limits are the whole machine's: every network namespace sees the same figures. Permanent entries,
// which do not count against the limit, are counted as well, since the kernel does not tell them apart in its total.
package neighbours
