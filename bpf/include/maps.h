/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The maps. Sizes: a host with 1000 interfaces, or with some thousand virtual
 * routers, fits; user space gets E2BIG beyond and says so.
 */
#pragma once
#include "shared.h"

/* (interface, family, mode, VRID) -> virtual router of ours */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct router_key);
	__type(value, struct router);
} routers SEC(".maps");

/* the same key -> what was heard of it; outlives a change of the settings */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct router_key);
	__type(value, struct history);
} heard SEC(".maps");

/* (virtual router, address) -> own address or unicast peer */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct party_key);
	__type(value, struct party);
} parties SEC(".maps");

/* interface index -> its settings and buckets */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct interface);
} interfaces SEC(".maps");

/* (address, interface) -> virtual address of ours, IPv4 and IPv6 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vip4_key);
	__type(value, struct vip);
} vips4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vip6_key);
	__type(value, struct vip);
} vips6 SEC(".maps");

/* (interface, MAC) -> virtual MAC of a master: frames for it are for this host */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vmac_key);
	__type(value, struct vip);
} vmacs SEC(".maps");

/* (address, interface) -> virtual MAC that the host speaks of, IPv4 and IPv6 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vip4_key);
	__type(value, struct voice);
} voices4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vip6_key);
	__type(value, struct voice);
} voices6 SEC(".maps");

/* 0 -> the proof of life */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct lease);
} leases SEC(".maps");

/* interface index -> packets by verdict, one count per CPU */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct tally);
} counters SEC(".maps");

/* the stream to user space: 1 MiB holds 12,000 short adverts, or 250 of the longest; it counts twice as resident */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__type(value, union event);
} ring SEC(".maps");

/* virtual router -> the newest good advert that found the ring full */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct router_key);
	__type(value, struct advert_event);
} spilled SEC(".maps");

/* 0 -> what user space must know at once */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct signal);
} signals SEC(".maps");

/* where a record is put together; nothing preempts the program on its CPU */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct advert_event);
} scratch SEC(".maps");

static __always_inline void count(__u32 ifindex, enum verdict v)
{
	struct tally *t = bpf_map_lookup_elem(&counters, &ifindex);

	if (t)
		t->packets[v]++;
}
