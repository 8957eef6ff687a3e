// Package vrrp decides who is Active: the election of VRRP version 2 (RFC 3768)
// and 3 (RFC 9568), for one virtual router and for a sync group of several.
//
// It is pure. Time is an argument, a deadline is a value, effects are values,
// and there is no clock, no goroutine and no I/O. Whoever drives it feeds facts
// in the order of the kernel, and does what comes out in the order it comes:
//
//	g := vrrp.NewGroup("VI_1", router)
//	do(g.Handle(now, 0, vrrp.Startup{}))
//	for {
//		wakeAt(g.Deadline())
//		switch fact := <-facts; {
//		case fact.isAdvert:
//			do(g.Handle(fact.arrived, 0, fact.advert)) // vrrp.Received
//		case fact.isWakeup:
//			do(g.Handle(fact.now, 0, vrrp.Timeout{}))
//		}
//	}
//
// What always holds:
//
//   - The addresses are held (Claim, Release) exactly while Active.
//   - Each Transition has a Reason, and the Evidence that it was made from.
//   - A Timeout before the deadline does nothing. An advert arms the timer from
//     its arrival, not from its handling. So a process that was asleep reads
//     the adverts that came in time, and no false failover follows; an advert
//     that came after the deadline but before the wake-up was handled is taken
//     as proof of life, too, and a Note counts it.
//   - A rejected packet is evidence and touches no timer.
//   - A handed-out deadline is never in the past of the event that set it, and
//     is missing only in Initialize.
//   - The members of a group are Active all together or not at all.
//   - Nothing is allocated for an advert, a wake-up or a rejected packet that
//     changes no state.
//
// Inside, the words are those of RFC 9568: Initialize, Backup, Active,
// Skew_Time. What keepalived calls FAULT is Initialize with a named Cause.
package vrrp
