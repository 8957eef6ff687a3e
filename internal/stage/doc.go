// Package stage rehearses. What a processor has not done for a while it does at a tenth of its pace: the kernel adds an address
// in 60 µs after a pause, and in 15 half a millisecond after it has added another. So there is a network namespace that nobody sees, with a
// loopback interface alone, where an address is added and removed and a frame sent half a millisecond before a takeover is
// due. Nothing of it leaves that namespace, and no monitor of the real one hears of it.
//
// To make a namespace takes CAP_SYS_ADMIN, or a user namespace. Where neither is to be had there is no stage, and a takeover is
// some 50 µs later.
package stage
