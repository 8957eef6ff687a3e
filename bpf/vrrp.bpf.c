/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * vrrp_xdp and vrrp_tc pick VRRP adverts off an interface before any firewall
 * can judge them. They are the same program behind two hooks.
 *
 * Takes   every frame that arrives. What is not VRRP passes untouched, at once.
 * Gives   ring records: each good advert for a virtual router of ours with its
 *         arrival time, each foreign claim to a virtual address, and the
 *         wake-up that user space asked for; and counts, one for each verdict.
 *
 *   not VRRP, other VLAN, fragment, extension header   pass, not counted
 *   unknown VRID, other destination, broken header     pass, counted
 *   ours, but forged, looped back or malformed         drop, counted, a few shown
 *   ours and good, multicast                           ring, pass
 *   ours and good, unicast or a second path's          ring, drop: nothing may answer it
 *   for a virtual address whose lease is over          drop, counted
 *
 * There is no election here. Priority and state are for user space.
 *
 *   kernel.h   the kernel's interface      packet.h   headers on the wire
 *   shared.h   types that Go sees too      maps.h     the maps
 *   judge.h    is this advert right?       limit.h    token buckets
 *   receive.h  frame, verdict, record      watch.h    who claims our addresses?
 *   fence.h    silence of the dead         wake.h     deadlines
 *   virtual_mac.h   a MAC without an interface
 */
#include "kernel.h"
#include "packet.h"
#include "shared.h"
#include "maps.h"
#include "receive.h"
#include "watch.h"
#include "wake.h"
#include "virtual_mac.h"

char _license[] SEC("license") = "Dual MIT/GPL";

static __always_inline enum action fenced(__u32 ifindex)
{
	count(ifindex, VERDICT_FENCED);
	return DROP;
}

static __always_inline enum action ingress_ipv4(struct packet *p)
{
	struct ipv4 *ip = p->frame.cursor;

	if ((void *)(ip + 1) > p->frame.end)
		return PASS;
	if (unlikely(ip->protocol == PROTOCOL_VRRP || ip->protocol == PROTOCOL_AH))
		return receive_ipv4(p, ip);
	if (fence && lease_is_over(find_vip4(ip->destination, p->ifindex)))
		return fenced(p->ifindex);
	return PASS;
}

static __always_inline enum action ingress_ipv6(struct packet *p)
{
	struct ipv6 *ip = p->frame.cursor;

	if ((void *)(ip + 1) > p->frame.end)
		return PASS;
	if (unlikely(ip->next_header == PROTOCOL_VRRP))
		return receive_ipv6(p, ip);
	if (ip->next_header == PROTOCOL_ICMPV6 && watch_neighbour(&p->frame, p->ifindex))
		return fenced(p->ifindex);
	if (fence && lease_is_over(find_vip6(&ip->destination, p->ifindex)))
		return fenced(p->ifindex);
	return PASS;
}

/* ingress sends the frame where its network header belongs. */
static __always_inline enum action ingress(struct packet *p)
{
	if (parse_ethernet(&p->frame))
		return PASS;
	if (p->frame.type == htons(ETHERTYPE_IPV4))
		return ingress_ipv4(p);
	if (p->frame.type == htons(ETHERTYPE_IPV6))
		return ingress_ipv6(p);
	if (p->frame.type == htons(ETHERTYPE_ARP) && watch_arp(&p->frame, p->ifindex))
		return fenced(p->ifindex);
	return PASS;
}

/* In front of the network stack: in the driver, or generic. Frames of many buffers are fine. */
SEC("xdp.frags")
int vrrp_xdp(struct xdp_md *xdp)
{
	struct packet p = {
	    .ctx = xdp,
	    .hook = HOOK_XDP,
	    .ifindex = xdp->ingress_ifindex,
	    .frame = {.start = (void *)(long)xdp->data, .end = (void *)(long)xdp->data_end},
	};

	return ingress(&p) == DROP ? XDP_DROP : XDP_PASS;
}

/*
 * recap notices a frame that comes without its Ethernet header, and brings that
 * back. The kernel forgets how long it is when a generic XDP program that takes
 * frames of several buffers had the frame copied.
 */
static __always_inline void recap(struct __sk_buff *skb)
{
	struct ethernet *eth = (void *)(long)skb->data, header;

	if ((void *)(eth + 1) > (void *)(long)skb->data_end || likely(eth->type == skb->protocol))
		return;
	if (bpf_skb_load_bytes_relative(skb, 0, &header, sizeof(header), BPF_HDR_START_MAC) ||
	    header.type != skb->protocol || bpf_skb_change_head(skb, sizeof(header), 0))
		return;
	bpf_skb_store_bytes(skb, 0, &header, sizeof(header), 0);
}

/*
 * Behind another XDP program: tcx, or a clsact filter. Here the NIC may have
 * taken off the VLAN tag, and the headers may lie outside the linear part.
 */
SEC("tc")
int vrrp_tc(struct __sk_buff *skb)
{
	struct packet p = {.ctx = skb, .hook = HOOK_TC, .ifindex = skb->ifindex};

	if (skb->vlan_present && skb->vlan_tci & VLAN_ID)
		return TC_NEXT;
	recap(skb);
	if (unlikely(skb->data_end - skb->data < HEADERS && skb->data_end - skb->data < skb->len))
		bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS);
	p.frame.start = (void *)(long)skb->data;
	p.frame.end = (void *)(long)skb->data_end;
	return ingress(&p) == DROP ? TC_SHOT : TC_NEXT;
}

/* What the host sends: attached beside the others while the fence is on. */
SEC("tc")
int vrrp_egress(struct __sk_buff *skb)
{
	struct frame f = {.start = (void *)(long)skb->data, .end = (void *)(long)skb->data_end};

	if (parse_ethernet(&f) || !fences_out(&f, skb->ifindex))
		return TC_NEXT;
	count(skb->ifindex, VERDICT_FENCED);
	return TC_SHOT;
}

/* The virtual MAC, coming in and going out: attached where an instance has one without an interface of its own. */
SEC("tc")
int vmac_ingress(struct __sk_buff *skb)
{
	if (skb->pkt_type == PACKET_OTHERHOST)
		accept_virtual(skb);
	return TC_NEXT;
}

SEC("tc")
int vmac_egress(struct __sk_buff *skb)
{
	struct frame f = {.start = (void *)(long)skb->data, .end = (void *)(long)skb->data_end};

	if (parse_ethernet(&f) || (skb->vlan_present && skb->vlan_tci & VLAN_ID))
		return TC_NEXT;
	if (f.type == htons(ETHERTYPE_ARP))
		speak_arp(skb, &f);
	else if (f.type == htons(ETHERTYPE_IPV6))
		speak_neighbour(skb, &f);
	return TC_NEXT;
}
