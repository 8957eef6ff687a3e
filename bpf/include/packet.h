/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The headers on the wire, and the way to the network header of a frame.
 */
#pragma once
#include "kernel.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_IPV6 = 0x86dd,

	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_VRRP = 112,

	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	ND_SOLICIT = 135,
	ND_ADVERT = 136,
	ND_SOURCE_MAC = 1, /* options */
	ND_TARGET_MAC = 2,
	ND_ROUTER = 0x80000000, /* flag of an advertisement */

	VLAN_ID = 0x0fff,
	IPV4_FRAGMENT = 0x3fff, /* more-fragments flag and fragment offset */
};

/* An IPv4 address stands in the first word, the others are zero. */
struct address {
	__be32 word[4];
};

struct ethernet {
	__u8 destination[6];
	__u8 source[6];
	__be16 type;
};

struct vlan {
	__be16 tci;
	__be16 type;
};

struct ipv4 {
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

struct ipv6 {
	__be32 version_class_flow;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	struct address source;
	struct address destination;
};

struct ah {
	__u8 next_header;
	__u8 length; /* of the whole header, in words of 4 bytes, less 2 */
	__be16 reserved;
	__be32 spi;
	__be32 sequence;
};

struct vrrp {
	__u8 version_type;
	__u8 vrid;
	__u8 priority;
	__u8 count;
	__be16 auth_interval; /* v2: type and seconds; v3: centiseconds */
	__be16 checksum;
};

/* ARP for IPv4 over Ethernet. Addresses stand on odd words, hence the halves. */
struct arp {
	__be16 hardware_type;
	__be16 protocol_type;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__be16 sender[2];
	__u8 target_mac[6];
	__be16 target[2];
};

/* Neighbour solicitation or advertisement (RFC 4861 §4.3, §4.4), and its first option. */
struct neighbour {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 flags;
	struct address target;
};

struct neighbour_option {
	__u8 type;
	__u8 length; /* in units of 8 bytes */
	__u8 mac[6];
};

/* As much of a frame as is read in place: Ethernet, tag, IPv6, neighbour advertisement, option. */
#define HEADERS (14 + 4 + 40 + 24 + 8)

/* One frame, with a cursor that stands at the network header. */
struct frame {
	void *start;
	void *cursor;
	void *end;
	__be16 type; /* of what the cursor points to */
};

/*
 * parse_ethernet moves the cursor over the Ethernet header and over a priority
 * tag (VLAN 0). It fails for runts and for frames of another VLAN: these belong
 * to the sub-interface, which has a program of its own if it needs one.
 */
static __always_inline int parse_ethernet(struct frame *f)
{
	struct ethernet *eth = f->start;
	struct vlan *tag;

	if (unlikely((void *)(eth + 1) > f->end))
		return -1;
	f->cursor = eth + 1;
	f->type = eth->type;
	if (likely(f->type != htons(ETHERTYPE_VLAN) && f->type != htons(ETHERTYPE_QINQ)))
		return 0;

	tag = f->cursor;
	if ((void *)(tag + 1) > f->end || tag->tci & htons(VLAN_ID))
		return -1;
	f->cursor = tag + 1;
	f->type = tag->type;
	return 0;
}

static __always_inline int is_multicast(const struct address *a, __u8 family)
{
	const __u8 *first = (const __u8 *)a;

	return family == 4 ? *first >> 4 == 14 : *first == 0xff;
}

static __always_inline int same_address(const struct address *a, const struct address *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2] &&
	       a->word[3] == b->word[3];
}
