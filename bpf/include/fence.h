/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The fence. While user space holds virtual addresses it renews a lease. When
 * it dies or freezes the lease runs out, and the host falls silent for these
 * addresses: no answer by ARP or ND, no frame in for them. So the router that
 * takes over is alone. Adverts are never fenced.
 *
 * Every packet pays for the look-up of its address; the clock is read for a
 * hit only.
 */
#pragma once
#include "maps.h"

const volatile __u8 fence = 0; /* 1: compiled in by the loader */

static __always_inline int lease_is_over(const struct vip *v)
{
	__u32 zero = 0;
	const struct lease *l;

	if (!v || !v->lease_ns)
		return 0;
	l = bpf_map_lookup_elem(&leases, &zero);
	return l && l->armed && bpf_ktime_get_ns() - l->alive_ns > v->lease_ns;
}

static __always_inline struct vip *find_vip4(__be32 address, __u32 ifindex)
{
	struct vip4_key key = {.address = address, .ifindex = ifindex};

	return bpf_map_lookup_elem(&vips4, &key);
}

static __always_inline struct vip *find_vip6(const struct address *address, __u32 ifindex)
{
	struct vip6_key key = {.address = *address, .ifindex = ifindex};

	return bpf_map_lookup_elem(&vips6, &key);
}

static __always_inline __be32 join_halves(const __be16 half[2])
{
	__be32 whole;

	__builtin_memcpy(&whole, half, sizeof(whole));
	return whole;
}

/* parse_arp and parse_neighbour return NULL unless the whole message is there. */
static __always_inline struct arp *parse_arp(const struct frame *f)
{
	struct arp *a = f->cursor;

	if ((void *)(a + 1) > f->end || a->protocol_type != htons(ETHERTYPE_IPV4) || a->hardware_length != 6 ||
	    a->protocol_length != 4)
		return NULL;
	return a;
}

static __always_inline struct neighbour *parse_neighbour(const struct frame *f)
{
	struct ipv6 *ip = f->cursor;
	struct neighbour *n = (void *)(ip + 1);

	if ((void *)(n + 1) > f->end || ip->next_header != PROTOCOL_ICMPV6)
		return NULL;
	return n->type == ND_SOLICIT || n->type == ND_ADVERT ? n : NULL;
}

/* fences_out judges what the host sends: does it speak for an address that is fenced? */
static __always_inline int fences_out(const struct frame *f, __u32 ifindex)
{
	if (f->type == htons(ETHERTYPE_ARP)) {
		struct arp *a = parse_arp(f);

		return a && lease_is_over(find_vip4(join_halves(a->sender), ifindex));
	}
	if (f->type == htons(ETHERTYPE_IPV6)) {
		struct neighbour *n = parse_neighbour(f);
		struct ipv6 *ip = f->cursor;

		if (!n)
			return 0;
		return lease_is_over(find_vip6(n->type == ND_ADVERT ? &n->target : &ip->source, ifindex));
	}
	return 0;
}
