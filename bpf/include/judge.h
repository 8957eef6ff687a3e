/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The judgement of one advert: every check that needs only the datagram and
 * the maps. It is the first half of the order that wire follows, and in doubt
 * it accepts, because wire checks everything again.
 */
#pragma once
#include "limit.h"

enum {
	VRRP_HEADER = 8,
	VRRP_V2_AUTH = 8,  /* bytes after the addresses in version 2 */
	HMAC_TRAILER = 28, /* bytes after the message when it is signed */
	TYPE_ADVERT = 1,
	TYPE_HEARTBEAT = 15, /* ours: an advert on a second path */
	GROUP_IPV4 = 0xe0000012,
};

/* One datagram, lying in the scratch record, and what was read of it. */
struct advert {
	struct advert_event *event;
	struct router_key key;
	__u32 total;   /* bytes of the datagram */
	__u32 message; /* where the VRRP message starts */
	struct address source;
	struct address destination;
	struct vrrp head;
	__u8 ttl;
};

/*
 * word_sum adds up the datagram in words of 32 bits, from byte start to byte
 * end, both multiples of 4. A function that the verifier checks by itself: its
 * loop would otherwise be multiplied with all paths that lead here.
 */
__noinline __u64 word_sum(__u32 start, __u32 end)
{
	__u32 zero = 0, i = start / 4;
	struct advert_event *event = bpf_map_lookup_elem(&scratch, &zero);
	const __u32 *words;
	__u64 sum = 0;
	int n;

	if (!event)
		return 0;
	words = (void *)event->ip;
	for (n = 0; n < MAX_DATAGRAM / 4; n++, i++) {
		pin(i);
		if (i >= end / 4 || i >= MAX_DATAGRAM / 4)
			break;
		sum += words[i];
	}
	return sum;
}

/* The one's complement sum of 16-bit words is right when it folds to all ones. */
static __always_inline int sums_to_ones(__u64 sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return sum == 0xffff;
}

static __always_inline __u64 address_sum(const struct address *a)
{
	return (__u64)a->word[0] + a->word[1] + a->word[2] + a->word[3];
}

/* checksum_fits tries every form that some peer sends; length is without the trailer. */
static __always_inline int checksum_fits(const struct advert *a, __u8 version, __u32 length)
{
	__u64 sum = word_sum(a->message, a->message + length);
	__u64 pseudo = address_sum(&a->source) + htons(PROTOCOL_VRRP) + htons(length);
	__u32 trailer = a->total - a->message - length;

	if (a->key.family == 6) {
		if (sums_to_ones(sum + pseudo + address_sum(&a->destination)))
			return 1;
		/* The kernel of a signing peer takes the trailer into the sum. */
		sum += word_sum(a->message + length, a->total) + htons(trailer);
		return trailer && sums_to_ones(sum + pseudo + address_sum(&a->destination));
	}
	if (sums_to_ones(sum)) /* version 2, and version 3 as RFC 9568 has it */
		return 1;
	if (version == 2)
		return 0;
	return sums_to_ones(sum + pseudo + address_sum(&a->destination)) ||
	       sums_to_ones(sum + pseudo + htonl(GROUP_IPV4)); /* old keepalived, unicast */
}

/* Each judge_… function finds the faults of one kind, or says VERDICT_ACCEPTED. */

static __always_inline enum verdict judge_path(const struct advert *a, const struct router *r,
					       const struct party *sender)
{
	static const struct address any;

	if (!same_address(&r->destination, &any) && !same_address(&r->destination, &a->destination))
		return VERDICT_DESTINATION;
	if (sender && sender->own)
		return VERDICT_OWN_SOURCE;
	return a->key.unicast || a->ttl == 255 ? VERDICT_ACCEPTED : VERDICT_TTL;
}

static __always_inline enum verdict judge_version(const struct advert *a)
{
	__u8 version = a->head.version_type >> 4;
	__u8 type = a->key.vrid & HEARTBEAT_KEY ? TYPE_HEARTBEAT : TYPE_ADVERT;

	if (version != 3 && (version != 2 || a->key.family == 6))
		return VERDICT_VERSION;
	return (a->head.version_type & 0x0f) == type ? VERDICT_ACCEPTED : VERDICT_TYPE;
}

static __always_inline enum verdict judge_sender(const struct advert *a, const struct router *r,
						 const struct party *sender)
{
	if (!sender)
		return r->peers_only ? VERDICT_UNKNOWN_PEER : VERDICT_ACCEPTED;
	if (a->key.unicast && (a->ttl < sender->min_ttl || a->ttl > sender->max_ttl))
		return VERDICT_TTL_RANGE;
	return VERDICT_ACCEPTED;
}

static __always_inline enum verdict judge_content(const struct advert *a)
{
	__u8 version = a->head.version_type >> 4;
	__u32 size = a->total - a->message;
	__u32 length = VRRP_HEADER + a->head.count * (a->key.family == 4 ? 4 : 16);

	if (version == 2)
		length += VRRP_V2_AUTH;
	if (size != length && size != length + HMAC_TRAILER)
		return VERDICT_LENGTH_MISMATCH;
	return checksum_fits(a, version, length) ? VERDICT_ACCEPTED : VERDICT_CHECKSUM;
}

/* judge finds the first fault, in wire's order. */
static __always_inline enum verdict judge(const struct advert *a, const struct router *r, const struct party *sender)
{
	enum verdict v = judge_path(a, r, sender);

	if (v == VERDICT_ACCEPTED)
		v = judge_version(a);
	if (v == VERDICT_ACCEPTED)
		v = judge_sender(a, r, sender);
	if (v == VERDICT_ACCEPTED)
		v = judge_content(a);
	return v;
}
