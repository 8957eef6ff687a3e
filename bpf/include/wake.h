/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The wake-up. User space hands its earliest deadline to a timer of the kernel,
 * which answers through the ring that carries the adverts. So a process that
 * was starved reads the adverts that came in time before the wake-up that they
 * disprove.
 */
#pragma once
#include "maps.h"

#define WAKE_RETRY 1000000ULL /* ns, while the ring is full */

struct alarm {
	struct bpf_timer timer;
	__u64 deadline_ns;
};

/* 0 -> the one timer; it lives as long as user space holds the map */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

static int wake(void *map, __u32 *key, struct alarm *a)
{
	struct wake_event e = {.kind = EVENT_WAKE, .deadline_ns = a->deadline_ns, .fired_ns = bpf_ktime_get_ns()};

	(void)map;
	(void)key;
	if (bpf_ringbuf_output(&ring, &e, sizeof(e), 0))
		bpf_timer_start(&a->timer, WAKE_RETRY, 0);
	return 0;
}

/* set_wake is called by user space through the kernel's test-run. */
SEC("syscall")
int set_wake(struct wake_request *request)
{
	__u32 zero = 0;
	struct alarm *a = bpf_map_lookup_elem(&alarms, &zero);
	__u64 deadline = request->deadline_ns, now;
	long err;

	if (!a)
		return -1;
	err = bpf_timer_init(&a->timer, &alarms, CLOCK_MONOTONIC);
	if (err && err != -EBUSY) /* busy: it was initialized before */
		return err;
	err = bpf_timer_set_callback(&a->timer, wake);
	if (err)
		return err;
	a->deadline_ns = deadline;
	if (!deadline) {
		bpf_timer_cancel(&a->timer);
		return 0;
	}
	now = bpf_ktime_get_ns();
	return bpf_timer_start(&a->timer, deadline > now ? deadline - now : 0, 0);
}
