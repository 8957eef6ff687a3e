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
//			do(g.Handle(fact.now, 0, vrrp.Timeout{Known: fact.wakeAt}))
//		}
//	}
//
// What always holds:
//
//   - The addresses are held (Claim, Release) exactly while Active.
//   - Each Transition has a Reason, and the Evidence that it was made from.
//   - A Timeout before the deadline does nothing, and a Backup judges silence
//     only up to its Known, when all that had arrived has been told. An advert arms the timer from
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
// Against two Active routers where adverts do not cross, a Backup can ask first:
//
//   - Config.Guard, Witness and DeafWait make it return an Ask in the last part
//     of the down interval (Deadline is that moment then, Due is still the
//     takeover). The shell asks by ARP or neighbour discovery, of everybody and
//     of the last known MAC of the router that was Active, and tells what came by
//     the time of its arrival: Answered, WitnessAnswered, and FrameHeard with the
//     stamp of the last frame of any kind.
//   - GuardAlarm takes over at the deadline and puts NoteStillAnswers, NoteDeaf or
//     NoteWitnessSilent before the Transition. GuardHold, or a Wait, puts the
//     takeover off (NoteHold) and asks again, window by window. The first
//     window without the obstacle ends it, an advert (NoteHoldOver), or HoldLimit
//     (ReasonHoldLimit). Evidence.Doubt says what was known. With silence the
//     takeover is where the RFC has it, to the nanosecond.
//   - A preempting router does not ask: it hears whom it replaces. Nor does an
//     owner that starts.
//   - Config.Paths are extra heartbeat paths. PathHeard holds a Backup as an
//     advert would, each path has its own down timer, and a takeover needs
//     silence on all; NotePathLost and NotePathBack tell of one, number 0 is the
//     interface itself. Every SendAdvert is to leave on them, too.
//   - A goodbye counts if it comes from the router that is followed (RFC: from
//     anybody); others are NoteForeignGoodbye.
//   - An Active router that is contradicted, by a losing advert or by an Answered,
//     keeps the first and the last sign: Evidence.Contrary when it yields,
//     NoteHealed and Announce{Healed} when the other one falls silent.
//   - With GuardHold a router also leaves Active where the RFC would have two for
//     ever: when it is not heard by a worse one that it hears (ReasonUnheard), when
//     the addresses still answer a down interval after its takeover
//     (ReasonAnswered), and to ask first after it stood still (ReasonStalled).
//     See standback.go. So where ARP crosses, two answer for no longer than one
//     down interval, whatever becomes of the adverts, until HoldLimit.
//
// Inside, the words are those of RFC 9568: Initialize, Backup, Active,
// Skew_Time. What keepalived calls FAULT is Initialize with a named Cause.
package vrrp
