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

/* speak_arp gives the sender of an ARP message the MAC that goes with its address. */
static __always_inline void speak_arp(const struct frame *f, __u32 ifindex)
{
	struct arp *a = parse_arp(f);
	struct ethernet *eth = f->start;
	struct vip4_key key = {.ifindex = ifindex};
	const struct voice *voice;

	if (!a)
		return;
	key.address = join_halves(a->sender);
	voice = bpf_map_lookup_elem(&voices4, &key);
	if (!voice)
		return;
	__builtin_memcpy(eth->source, voice->mac, sizeof(eth->source));
	__builtin_memcpy(a->sender_mac, voice->mac, sizeof(a->sender_mac));
}

/* What of a neighbour message may change: the flags and the first option. */
struct said {
	__be32 flags;
	struct neighbour_option option;
};

/* patch corrects the checksum for what was said and is said now. */
static __always_inline void patch(struct neighbour *n, const struct said *was, const struct said *is)
{
	__u64 sum = (__u32)bpf_csum_diff(was, sizeof(*was), is, sizeof(*is), (__u16)~n->checksum);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	n->checksum = (__be16)~sum;
}

/*
 * speak_neighbour is speak_arp for IPv6. An advertisement also says that the
 * address is a router's, as our announcements do: a host forgets a default
 * router that denies being one (RFC 4861 7.2.5).
 */
static __always_inline void speak_neighbour(const struct frame *f, __u32 ifindex)
{
	struct neighbour *n = parse_neighbour(f);
	struct ipv6 *ip = f->cursor;
	struct ethernet *eth = f->start;
	struct vip6_key key = {.ifindex = ifindex};
	struct neighbour_option *o;
	struct said was = {}, is;
	const struct voice *voice;
	int advert;

	if (!n)
		return;
	advert = n->type == ND_ADVERT;
	key.address = advert ? n->target : ip->source;
	voice = bpf_map_lookup_elem(&voices6, &key);
	if (!voice)
		return;
	__builtin_memcpy(eth->source, voice->mac, sizeof(eth->source));

	was.flags = n->flags;
	is = was;
	if (advert)
		is.flags |= htonl(ND_ROUTER);
	o = (void *)(n + 1);
	if ((void *)(o + 1) <= f->end && o->length == 1 && o->type == (advert ? ND_TARGET_MAC : ND_SOURCE_MAC)) {
		was.option = *o;
		is.option = *o;
		__builtin_memcpy(is.option.mac, voice->mac, sizeof(is.option.mac));
		*o = is.option;
	}
	n->flags = is.flags;
	patch(n, &was, &is);
}
