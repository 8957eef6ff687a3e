/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From a frame that carries protocol 112 or 51 to a ring record: read it whole,
 * judge it, count it, hand it up. The same for XDP and for tc.
 */
#pragma once
#include "judge.h"
#include "fence.h"

/* The hook decides how bytes are read and how a verdict is said. */
enum hook {
	HOOK_XDP,
	HOOK_TC,
};

struct packet {
	void *ctx;
	enum hook hook;
	__u32 ifindex;
	struct frame frame;
};

/* What to do with the frame. */
enum action {
	PASS,
	DROP,
};

static __always_inline long load_bytes(struct packet *p, __u32 offset, void *to, __u32 length)
{
	if (p->hook == HOOK_XDP)
		return bpf_xdp_load_bytes(p->ctx, offset, to, length);
	return bpf_skb_load_bytes(p->ctx, offset, to, length);
}

/* received is the number of bytes from the cursor to the end of the frame, all its buffers included. */
static __always_inline __u32 received(struct packet *p)
{
	__u32 whole;

	if (p->hook == HOOK_XDP)
		whole = bpf_xdp_get_buff_len(p->ctx);
	else
		whole = ((struct __sk_buff *)p->ctx)->len;
	return whole - (p->frame.cursor - p->frame.start);
}

/* read_ipv4 reads the IPv4 header; VERDICT_ACCEPTED means that it is sane. */
static __always_inline enum verdict read_ipv4(const struct ipv4 *ip, __u32 bytes, struct advert *a)
{
	__u32 header = (ip->version_ihl & 0x0f) * 4;

	a->total = ntohs(ip->total_length);
	a->message = header;
	a->ttl = ip->ttl;
	a->source.word[0] = ip->source;
	a->destination.word[0] = ip->destination;
	a->key.family = 4;
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || header > bytes)
		return VERDICT_IP_HEADER;
	return header <= a->total && a->total <= bytes ? VERDICT_ACCEPTED : VERDICT_IP_TOTAL_LENGTH;
}

static __always_inline enum verdict read_ipv6(const struct ipv6 *ip, __u32 bytes, struct advert *a)
{
	a->total = sizeof(*ip) + ntohs(ip->payload_length);
	a->message = sizeof(*ip);
	a->ttl = ip->hop_limit;
	a->source = ip->source;
	a->destination = ip->destination;
	a->key.family = 6;
	if (*(__u8 *)ip >> 4 != 6)
		return VERDICT_IP_HEADER;
	return a->total <= bytes ? VERDICT_ACCEPTED : VERDICT_IP_TOTAL_LENGTH;
}

/* at gives the place of length bytes at an offset into the scratch record, or NULL. */
static __always_inline const void *at(const struct advert *a, __u32 offset, __u32 length)
{
	if (offset + length > a->total)
		return NULL;
	pin(offset);
	if (offset > MAX_DATAGRAM - length)
		return NULL;
	return &a->event->ip[offset];
}

/*
 * skip_ah steps over an authentication header (RFC 4302 §2). It fails when
 * something else than VRRP follows.
 */
static __always_inline int skip_ah(struct advert *a)
{
	const struct ah *h = at(a, a->message, sizeof(*h));

	if (!h || h->next_header != PROTOCOL_VRRP)
		return -1;
	a->message += (h->length + 2) * 4;
	return 0;
}

/* submit sends the record that lies in the scratch map. */
static __always_inline long submit(struct packet *p, struct advert *a, enum verdict v, __u64 now)
{
	struct advert_event *e = a->event;
	struct ethernet *eth = p->frame.start;
	__u32 length = a->total;

	pin(length);
	if (length > MAX_DATAGRAM)
		return -1;
	e->kind = EVENT_ADVERT;
	e->ifindex = p->ifindex;
	e->arrived_ns = now;
	e->verdict = v;
	e->length = length;
	if ((void *)(eth + 1) <= p->frame.end)
		__builtin_memcpy(e->source_mac, eth->source, sizeof(e->source_mac));
	return bpf_ringbuf_output(&ring, e, ADVERT_HEADER + length, 0);
}

/*
 * refuse drops a bad advert for a virtual router of ours. A few each second
 * are shown to user space all the same, so that it can say who sends them.
 */
static __always_inline enum verdict refuse(struct packet *p, struct advert *a, struct interface *nic, enum verdict v,
					   __u64 now)
{
	if (take(&nic->reports, now, REPORT_INTERVAL, SECOND))
		submit(p, a, v, now);
	return v;
}

/*
 * spill keeps what finds the ring full, the newest of each virtual router: its
 * reader must not believe that it heard nothing.
 */
static __always_inline void spill(struct advert *a)
{
	__u32 zero = 0;
	struct signal *s = bpf_map_lookup_elem(&signals, &zero);

	bpf_map_update_elem(&spilled, &a->key, a->event, 0);
	if (s)
		__sync_fetch_and_add(&s->spills, 1);
}

/* accept hands a good advert up, if the limits let it, and remembers when it came. */
static __always_inline enum verdict accept(struct packet *p, struct advert *a, struct interface *nic,
					   struct party *sender, __u64 now)
{
	struct history *h = bpf_map_lookup_elem(&heard, &a->key);
	enum verdict v = a->key.unicast || a->key.vrid & HEARTBEAT_KEY ? VERDICT_CONSUMED : VERDICT_ACCEPTED;
	enum verdict limit;

	if (!h)
		return VERDICT_VRID_UNKNOWN;
	limit = admit(nic, h, sender, &a->key, &a->source, now);
	if (limit != VERDICT_ACCEPTED)
		return limit;
	h->good_ns = now;
	h->source = a->source;
	if (!submit(p, a, v, now))
		return v;
	spill(a);
	return VERDICT_RING_FULL;
}

/*
 * read_datagram copies the datagram at the cursor into the scratch record and
 * finds the VRRP message in it.
 */
static __always_inline enum verdict read_datagram(struct packet *p, struct advert *a, __u8 protocol)
{
	__u32 offset = p->frame.cursor - p->frame.start;
	__u32 length = a->total;
	const struct vrrp *head;

	pin(length);
	if (length > MAX_DATAGRAM) /* no advert is that long */
		return VERDICT_IP_TOTAL_LENGTH;
	if (length < sizeof(struct ipv4) || load_bytes(p, offset, a->event->ip, length))
		return VERDICT_IP_HEADER;
	if (protocol == PROTOCOL_AH && skip_ah(a))
		return VERDICT_COUNT; /* AH in front of something else */
	head = at(a, a->message, sizeof(*head));
	if (!head)
		return VERDICT_PACKET_TOO_SHORT;
	a->head = *head;
	return VERDICT_ACCEPTED;
}

/* find_router finds whose advert it is. Without one, the other mode tells why. */
static __always_inline struct router *find_router(struct advert *a, enum verdict *v)
{
	struct router *r;

	if (unlikely((a->head.version_type & 0x0f) == TYPE_HEARTBEAT)) {
		a->key.vrid |= HEARTBEAT_KEY;
		r = bpf_map_lookup_elem(&routers, &a->key);
		if (r)
			return r;
		a->key.vrid &= ~HEARTBEAT_KEY;
	}
	r = bpf_map_lookup_elem(&routers, &a->key);
	if (r)
		return r;
	a->key.unicast = !a->key.unicast;
	*v = bpf_map_lookup_elem(&routers, &a->key) ? VERDICT_DESTINATION : VERDICT_VRID_UNKNOWN;
	return NULL;
}

/*
 * names_ours says whether one of the addresses in the scratch record is a virtual
 * address of ours. A function of its own for the verifier, see word_sum.
 */
__noinline int names_ours(__u32 start, __u32 count, __u32 family, __u32 ifindex)
{
	__u32 zero = 0, i, offset = start, size = family == 4 ? 4 : 16;
	struct advert_event *event = bpf_map_lookup_elem(&scratch, &zero);

	if (!event)
		return 0;
	for (i = 0; i < 255 && i < count; i++, offset += size) {
		pin(offset);
		if (offset > MAX_DATAGRAM - sizeof(struct address))
			return 0;
		if (family == 4) {
			if (find_vip4(*(__be32 *)&event->ip[offset], ifindex))
				return 1;
		} else if (find_vip6((struct address *)&event->ip[offset], ifindex)) {
			return 1;
		}
	}
	return 0;
}

/*
 * foreign shows user space an advert for no virtual router of ours that lists an
 * address of ours: another virtual router has it, too. A few each second.
 */
static __always_inline enum verdict foreign(struct packet *p, struct advert *a, struct interface *nic, enum verdict v)
{
	__u32 start = a->message + VRRP_HEADER;
	__u32 size = a->head.count * (a->key.family == 4 ? 4 : 16);
	__u64 now = bpf_ktime_get_ns();

	if ((a->head.version_type & 0x0f) != TYPE_ADVERT || start + size > a->total ||
	    !take(&nic->scans, now, SCAN_INTERVAL, SECOND / 4))
		return v;
	if (names_ours(start, a->head.count, a->key.family, p->ifindex) &&
	    take(&nic->rivals, now, REPORT_INTERVAL, SECOND))
		submit(p, a, v, now);
	return v;
}

/* receive gives the verdict on a datagram whose IP header is sane. */
static __always_inline enum verdict receive(struct packet *p, struct advert *a, struct interface *nic, __u8 protocol)
{
	struct party_key sender_key;
	struct party *sender;
	struct router *r;
	enum verdict v;
	__u64 now;

	v = read_datagram(p, a, protocol);
	if (v != VERDICT_ACCEPTED)
		return v;
	a->key.ifindex = p->ifindex;
	a->key.unicast = !is_multicast(&a->destination, a->key.family);
	a->key.vrid = a->head.vrid;
	r = find_router(a, &v);
	if (!r)
		return foreign(p, a, nic, v);

	now = bpf_ktime_get_ns();
	sender_key.router = a->key;
	sender_key.address = a->source;
	sender = bpf_map_lookup_elem(&parties, &sender_key);
	v = judge(a, r, sender);
	if (v == VERDICT_ACCEPTED)
		return accept(p, a, nic, sender, now);
	return v == VERDICT_DESTINATION ? v : refuse(p, a, nic, v, now);
}

/* conclude counts the verdict and turns it into an action. */
static __always_inline enum action conclude(struct packet *p, enum verdict v)
{
	if (v >= VERDICT_COUNT)
		return PASS;
	count(p->ifindex, v);
	if (v == VERDICT_ACCEPTED || (v >= VERDICT_IP_HEADER && v <= VERDICT_DESTINATION))
		return PASS;
	return DROP;
}

/* receive_ipv4 and receive_ipv6 take a frame whose header names protocol 112 or 51. */
static __always_inline enum action receive_ipv4(struct packet *p, const struct ipv4 *ip)
{
	__u32 zero = 0, ifindex = p->ifindex;
	struct advert a = {.event = bpf_map_lookup_elem(&scratch, &zero)};
	struct interface *nic = bpf_map_lookup_elem(&interfaces, &ifindex);
	__u8 protocol = ip->protocol;
	enum verdict v;

	if (!a.event || !nic || ip->fragment & htons(IPV4_FRAGMENT) || (protocol == PROTOCOL_AH && !nic->ah))
		return PASS;
	v = read_ipv4(ip, received(p), &a);
	if (v == VERDICT_ACCEPTED)
		v = receive(p, &a, nic, protocol);
	return conclude(p, v);
}

static __always_inline enum action receive_ipv6(struct packet *p, const struct ipv6 *ip)
{
	__u32 zero = 0, ifindex = p->ifindex;
	struct advert a = {.event = bpf_map_lookup_elem(&scratch, &zero)};
	struct interface *nic = bpf_map_lookup_elem(&interfaces, &ifindex);
	enum verdict v;

	if (!a.event || !nic)
		return PASS;
	v = read_ipv6(ip, received(p), &a);
	if (v == VERDICT_ACCEPTED)
		v = receive(p, &a, nic, PROTOCOL_VRRP);
	return conclude(p, v);
}
