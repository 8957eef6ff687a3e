// Package dump repeats a netlink dump that a change interrupted.
//
// The kernel marks a list that changed while it was read (NLM_F_DUMP_INTR):
// entries may be missing or twice in it. A thousand IPv6 addresses whose
// duplicate address detection ends one by one interrupt for seconds on end, so
// the pauses between the tries grow until a dump fits between two changes.
package dump
