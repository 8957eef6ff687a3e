/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the program and user space say to each other. bpf2go makes the Go twins
 * of these types, so nothing here is ever copied by hand. The order of the
 * fields leaves no padding.
 */
#pragma once
#include "packet.h"

/* What became of one packet. Go knows the metric label of each. */
enum verdict {
	VERDICT_ACCEPTED, /* multicast: ring, passed on */
	VERDICT_CONSUMED, /* unicast: ring, not passed on */
	/* Not ours, as far as we can tell: passed on. */
	VERDICT_IP_HEADER,
	VERDICT_IP_TOTAL_LENGTH,
	VERDICT_PACKET_TOO_SHORT,
	VERDICT_VRID_UNKNOWN,
	VERDICT_DESTINATION,
	/* For a virtual router of ours, and bad: dropped. */
	VERDICT_OWN_SOURCE,
	VERDICT_TTL,
	VERDICT_VERSION,
	VERDICT_TYPE,
	VERDICT_UNKNOWN_PEER,
	VERDICT_TTL_RANGE,
	VERDICT_LENGTH_MISMATCH,
	VERDICT_CHECKSUM,
	/* Good, but too much of it. */
	VERDICT_FLOOD_SOURCE,
	VERDICT_FLOOD_INTERFACE,
	VERDICT_RING_FULL,
	/* Not protocol 112. */
	VERDICT_FENCED, /* for a virtual address that the fence silences */
	VERDICT_COUNT,
};

/*
 * The longest advert that can be right: IPv6 header, 255 addresses and the
 * authentication trailer. IPv4 with all its options and AH is shorter.
 */
#define MAX_DATAGRAM (40 + 8 + 16 * 255 + 28)

/* What a ring record is; the first word of each. */
enum event_kind {
	EVENT_ADVERT = 1,
	EVENT_CLAIM = 2,
	EVENT_WAKE = 3,
};

/* A datagram, from the IP header on. Only the first length bytes of ip are sent. */
struct advert_event {
	enum event_kind kind;
	__u32 ifindex;
	__u64 arrived_ns;     /* CLOCK_MONOTONIC, as all our times */
	enum verdict verdict; /* accepted, consumed, or why it was refused */
	__u16 length;	      /* bytes of ip */
	__u8 source_mac[6];
	__u8 ip[MAX_DATAGRAM];
};

#define ADVERT_HEADER (sizeof(struct advert_event) - MAX_DATAGRAM)

/*
 * The mode of VRRP is part of the key: one VRID may be used in both. So is the
 * bit that tells a second path from a router with the same VRID beside it.
 */
struct router_key {
	__u32 ifindex;
	__u8 family;  /* 4 or 6 */
	__u8 unicast; /* 0 or 1 */
	__u16 vrid;   /* 1 to 255, with HEARTBEAT_KEY for a second path */
};

enum {
	HEARTBEAT_KEY = 0x100,
};

/* What user space says of a virtual router. */
struct router {
	struct address destination; /* group, or our address; zero: any */
	__u32 peers_only;	    /* unicast: only peers may send */
};

struct party_key {
	struct router_key router;
	struct address address;
};

/* An address that means something to a virtual router: our own, or a unicast peer. */
struct party {
	__u64 bucket; /* see limit.h */
	__u8 own;
	__u8 min_ttl; /* range of TTL or hop limit of a peer's adverts */
	__u8 max_ttl;
	__u8 unused[5];
};

/* What the program remembers of a virtual router; user space only reads it. */
struct history {
	__u64 good_ns; /* arrival of the last good advert */
	struct address source;
	struct address incumbent; /* the sender that came first and still comes */
	__u64 incumbent_ns;
	__u64 incumbent_bucket;
};

/* An interface that the program is attached to. The buckets: see limit.h. */
struct interface {
	__u64 strangers;
	__u64 reports;
	__u64 claims;
	__u64 scans;
	__u64 rivals;
	__u8 ah;     /* some virtual router here takes protocol 51 */
	__u8 mac[6]; /* of the interface: what comes from it is a loop */
	__u8 unused;
};

/* A virtual address on an interface: watched, and fenced when lease_ns is not 0. */
struct vip4_key {
	__be32 address;
	__u32 ifindex;
};

struct vip6_key {
	struct address address;
	__u32 ifindex;
};

struct vip {
	__u64 lease_ns; /* how long after the last heartbeat the host may answer for it */
};

/* A virtual MAC that an interface accepts frames for; its value is a struct vip. */
struct vmac_key {
	__u32 ifindex;
	__u8 mac[6];
	__u16 unused;
};

/* What the host's ARP and neighbour discovery say of a virtual address. */
struct voice {
	__u8 mac[6];
	__u16 unused;
};

/* The proof of life, in memory that user space maps. */
struct lease {
	__u64 alive_ns; /* the last heartbeat */
	__u64 armed;	/* 0: nothing is fenced */
};

/* What user space looks at without a system call. */
struct signal {
	__u64 spills; /* how often the ring was full */
};

enum claim_kind {
	CLAIM_ARP_REQUEST = 1,	 /* asks for another address, from the claimed one */
	CLAIM_ARP_REPLY,	 /* says who has the claimed address */
	CLAIM_GRATUITOUS_ARP,	 /* says so unasked */
	CLAIM_ARP_PROBE,	 /* asks whether the address is free, before taking it (RFC 5227) */
	CLAIM_NEIGHBOUR_ADVERT,	 /* ICMPv6 type 136 */
	CLAIM_NEIGHBOUR_SOLICIT, /* ICMPv6 type 135 from the claimed address */
	CLAIM_NEIGHBOUR_PROBE,	 /* duplicate address detection, ICMPv6 type 135 from :: */
};

/* Another host claims one of the watched addresses. */
struct claim_event {
	enum event_kind kind;
	__u32 ifindex;
	__u64 arrived_ns;
	struct address address;
	enum claim_kind how;
	__u16 family;
	__u8 mac[6];
	__u32 unused;
};

/* The deadline has come. */
struct wake_event {
	enum event_kind kind;
	__u32 unused;
	__u64 deadline_ns; /* as it was asked for */
	__u64 fired_ns;
};

/* One ring record. */
union event {
	struct advert_event advert;
	struct claim_event claim;
	struct wake_event wake;
};

/* The argument of set_wake. */
struct wake_request {
	__u64 deadline_ns; /* 0: none */
};

struct tally {
	__u64 packets[VERDICT_COUNT];
};
