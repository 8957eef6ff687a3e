/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Token buckets. A flood may cost us a bounded number of ring records per
 * second, and must not shut out the sender that a virtual router lives by.
 *
 * A bucket is one number: the time at which it would be full again. A packet
 * moves that time on by one interval, and is refused when the time lies more
 * than a burst ahead. Two CPUs that race let one packet too many through.
 */
#pragma once
#include "maps.h"

#define SECOND 1000000000ULL

/* Set by user space before loading. */
const volatile __u64 stranger_interval_ns = SECOND / 2000; /* per interface, all unknown senders together */
const volatile __u64 source_interval_ns = SECOND / 1000;   /* per sender */
const volatile __u64 limit_burst_ns = SECOND / 4;	   /* how far a bucket may be overdrawn */

#define REPORT_INTERVAL (SECOND / 50) /* refused adverts shown to user space, per interface */
#define CLAIM_INTERVAL (SECOND / 100) /* claims shown to user space, per interface */
#define SCAN_INTERVAL (SECOND / 1000) /* adverts of other virtual routers that are read through, per interface */
#define INCUMBENT_SILENCE (3 * SECOND)

struct source_key {
	__u32 ifindex;
	__u32 family;
	struct address address;
};

/* (interface, sender) -> bucket. Who falls out of it starts with a full bucket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct source_key);
	__type(value, __u64);
} sources SEC(".maps");

static __always_inline int take(__u64 *bucket, __u64 now, __u64 interval, __u64 burst)
{
	__u64 full = *bucket;

	if (full < now)
		full = now;
	if (full - now > burst)
		return 0;
	*bucket = full + interval;
	return 1;
}

static __always_inline int take_source(__u32 ifindex, __u32 family, const struct address *source, __u64 now)
{
	struct source_key key = {.ifindex = ifindex, .family = family, .address = *source};
	__u64 *bucket = bpf_map_lookup_elem(&sources, &key);
	__u64 fresh = now + source_interval_ns;

	if (bucket)
		return take(bucket, now, source_interval_ns, limit_burst_ns);
	bpf_map_update_elem(&sources, &key, &fresh, 0);
	return 1;
}

/*
 * admit decides whether a good advert may cost a ring record. A unicast peer
 * and the incumbent of a multicast router have buckets of their own; all other
 * senders first need a token of theirs and then share those of the interface.
 */
static __always_inline enum verdict admit(struct interface *nic, struct history *h, struct party *peer,
					  const struct router_key *key, const struct address *source, __u64 now)
{
	if (peer)
		return take(&peer->bucket, now, source_interval_ns, limit_burst_ns) ? VERDICT_ACCEPTED
										    : VERDICT_FLOOD_SOURCE;
	if (same_address(&h->incumbent, source)) {
		if (!take(&h->incumbent_bucket, now, source_interval_ns, limit_burst_ns))
			return VERDICT_FLOOD_SOURCE;
		h->incumbent_ns = now;
		return VERDICT_ACCEPTED;
	}
	if (!take_source(key->ifindex, key->family, source, now))
		return VERDICT_FLOOD_SOURCE;
	if (!take(&nic->strangers, now, stranger_interval_ns, limit_burst_ns))
		return VERDICT_FLOOD_INTERFACE;
	if (now - h->incumbent_ns > INCUMBENT_SILENCE) {
		h->incumbent = *source;
		h->incumbent_ns = now;
		h->incumbent_bucket = now;
	}
	return VERDICT_ACCEPTED;
}
