/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A virtual MAC without an interface of its own. While this host is master,
 * frames for the MAC are for this host, and whatever the host says by ARP or
 * neighbour discovery of a virtual address bears the MAC, whoever asked. All
 * other frames leave with the interface's own.
 *
 * A dead or frozen master's virtual MAC belongs to the next one: once the lease
 * is over frames for it are strangers again.
 */
#pragma once
#include "fence.h"

static __always_inline void accept_virtual(struct __sk_buff *skb)
{
	struct vmac_key key = {.ifindex = skb->ifindex};
	const struct vip *v;

	if (skb->vlan_present && skb->vlan_tci & VLAN_ID)
		return;
	/* Not by skb->data: behind generic XDP that may point to the network header. */
	if (bpf_skb_load_bytes_relative(skb, 0, key.mac, sizeof(key.mac), BPF_HDR_START_MAC))
		return;
	v = bpf_map_lookup_elem(&vmacs, &key);
	if (v && !lease_is_over(v))
		bpf_skb_change_type(skb, PACKET_HOST);
}

/*
 * What leaves is changed by the helper and not in place: a program that writes
 * in place has the kernel copy each cloned frame first, and TCP's are.
 */
static __always_inline void put(struct __sk_buff *skb, __u32 offset, const void *bytes, __u32 length)
{
	bpf_skb_store_bytes(skb, offset, bytes, length, 0);
}

/* speak_arp gives the sender of an ARP message the MAC that goes with its address. */
static __always_inline void speak_arp(struct __sk_buff *skb, const struct frame *f)
{
	__u32 offset = f->cursor - f->start;
	struct arp *a = parse_arp(f);
	struct vip4_key key = {.ifindex = skb->ifindex};
	const struct voice *voice;

	if (!a)
		return;
	key.address = join_halves(a->sender);
	voice = bpf_map_lookup_elem(&voices4, &key);
	if (!voice)
		return;
	put(skb, __builtin_offsetof(struct ethernet, source), voice->mac, sizeof(voice->mac));
	put(skb, offset + __builtin_offsetof(struct arp, sender_mac), voice->mac, sizeof(voice->mac));
}

/* What of a neighbour message may change: the flags and the first option. */
struct said {
	__be32 flags;
	struct neighbour_option option;
};

/* corrected is a checksum that fits what is said now, of one that fitted what was said. */
static __always_inline __be16 corrected(__be16 checksum, const struct said *was, const struct said *is)
{
	__u64 sum = (__u32)bpf_csum_diff(was, sizeof(*was), is, sizeof(*is), (__u16)~checksum);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__be16)~sum;
}

/*
 * speak_neighbour is speak_arp for IPv6. An advertisement also says that the
 * address is a router's, as our announcements do: a host forgets a default
 * router that denies being one (RFC 4861 7.2.5).
 */
static __always_inline void speak_neighbour(struct __sk_buff *skb, const struct frame *f)
{
	__u32 offset = f->cursor - f->start + sizeof(struct ipv6);
	struct neighbour *n = parse_neighbour(f);
	struct ipv6 *ip = f->cursor;
	struct vip6_key key = {.ifindex = skb->ifindex};
	struct neighbour_option *o;
	struct said was = {}, is;
	const struct voice *voice;
	int advert, option = 0;
	__be16 checksum;

	if (!n)
		return;
	advert = n->type == ND_ADVERT;
	key.address = advert ? n->target : ip->source;
	voice = bpf_map_lookup_elem(&voices6, &key);
	if (!voice)
		return;

	was.flags = n->flags;
	o = (void *)(n + 1);
	if ((void *)(o + 1) <= f->end && o->length == 1 && o->type == (advert ? ND_TARGET_MAC : ND_SOURCE_MAC)) {
		was.option = *o;
		option = 1;
	}
	is = was;
	if (advert)
		is.flags |= htonl(ND_ROUTER);
	if (option)
		__builtin_memcpy(is.option.mac, voice->mac, sizeof(is.option.mac));
	checksum = corrected(n->checksum, &was, &is);

	put(skb, __builtin_offsetof(struct ethernet, source), voice->mac, sizeof(voice->mac));
	put(skb, offset + __builtin_offsetof(struct neighbour, checksum), &checksum, sizeof(checksum));
	put(skb, offset + __builtin_offsetof(struct neighbour, flags), &is.flags, sizeof(is.flags));
	if (option)
		put(skb, offset + sizeof(*n), &is.option, sizeof(is.option));
}
