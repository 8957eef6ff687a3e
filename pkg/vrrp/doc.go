// Package vrrp decides who is Active: the election of VRRP version 2 (RFC 3768)
// and 3 (RFC 9568), for one virtual router and for a sync group of several.
//
// It is pure. Time is an argument, a deadline is a value, effects are values,
// and there is no clock, no goroutine and no I/O:
//
//	group := vrrp.NewGroup("VI_1", router)
//	do(group.Handle(now, 0, vrrp.Startup{}))
//	for {
//		wake(group.Deadline())
//		switch fact := next(); {        // adverts and wake-ups, in one order
//		case fact.advert:
//			do(group.Handle(fact.arrived, 0, vrrp.Received{...}))
//		case fact.wakeup:
//			do(group.Handle(now, 0, vrrp.Timeout{}))
//		}
//	}
package vrrp
