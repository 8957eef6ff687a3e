/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The watch. ARP and neighbour discovery messages in which another host claims
 * one of our virtual addresses become events. Whether that is the Active
 * router at its work or a conflict is for user space to know.
 */
#pragma once
#include "fence.h"
#include "limit.h"

static __always_inline int same_mac(const __u8 *a, const __u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

static __always_inline void tell(__u32 ifindex, __u16 family, const struct address *address, enum claim_kind how,
				 const __u8 *mac)
{
	struct interface *nic = bpf_map_lookup_elem(&interfaces, &ifindex);
	__u64 now = bpf_ktime_get_ns();
	struct claim_event e = {
	    .kind = EVENT_CLAIM,
	    .ifindex = ifindex,
	    .arrived_ns = now,
	    .address = *address,
	    .how = how,
	    .family = family,
	};

	if (!nic || same_mac(nic->mac, mac) || !take(&nic->claims, now, CLAIM_INTERVAL, SECOND))
		return;
	__builtin_memcpy(e.mac, mac, sizeof(e.mac));
	bpf_ringbuf_output(&ring, &e, sizeof(e), 0);
}

/* watch_arp returns 1 when the message asks for an address that is fenced. */
static __always_inline int watch_arp(const struct frame *f, __u32 ifindex)
{
	struct arp *a = parse_arp(f);
	struct address address = {};
	enum claim_kind how;
	__be32 sender, target;

	if (!a)
		return 0;
	sender = join_halves(a->sender);
	target = join_halves(a->target);
	if (a->operation == htons(ARP_REQUEST))
		how = sender ? CLAIM_ARP_REQUEST : CLAIM_ARP_PROBE;
	else if (a->operation == htons(ARP_REPLY))
		how = CLAIM_ARP_REPLY;
	else
		return 0;
	if (sender == target)
		how = CLAIM_GRATUITOUS_ARP;

	address.word[0] = how == CLAIM_ARP_PROBE ? target : sender;
	if (find_vip4(address.word[0], ifindex))
		tell(ifindex, 4, &address, how, a->sender_mac);
	return fence && lease_is_over(find_vip4(target, ifindex));
}

/* claimant_mac is the address in the option of an advertisement, else the frame's source. */
static __always_inline const __u8 *claimant_mac(const struct frame *f, const struct neighbour *n)
{
	const struct neighbour_option *o = (void *)(n + 1);
	const struct ethernet *eth = f->start;

	if (n->type == ND_ADVERT && (void *)(o + 1) <= f->end && o->type == ND_TARGET_MAC && o->length == 1)
		return o->mac;
	return eth->source;
}

/* watch_neighbour is watch_arp for IPv6. */
static __always_inline int watch_neighbour(const struct frame *f, __u32 ifindex)
{
	static const struct address unspecified;
	struct neighbour *n = parse_neighbour(f);
	struct ipv6 *ip = f->cursor;
	const struct address *claimed;
	struct address address;
	enum claim_kind how;

	if (!n || ip->hop_limit != 255) /* RFC 4861 §7.1: else it comes from beyond the link */
		return 0;
	claimed = &n->target;
	if (n->type == ND_ADVERT) {
		how = CLAIM_NEIGHBOUR_ADVERT;
	} else if (same_address(&ip->source, &unspecified)) {
		how = CLAIM_NEIGHBOUR_PROBE;
	} else {
		how = CLAIM_NEIGHBOUR_SOLICIT;
		claimed = &ip->source;
	}
	address = *claimed;
	if (find_vip6(&address, ifindex))
		tell(ifindex, 6, &address, how, claimant_mac(f, n));
	return fence && n->type == ND_SOLICIT && lease_is_over(find_vip6(&n->target, ifindex));
}
