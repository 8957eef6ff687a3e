// Package announce tells a LAN where an address lives now: by gratuitous ARP
// for IPv4, by unsolicited neighbour advertisement for IPv6.
//
//	a, err := announce.Open(announce.Options{Sent: count, Done: measure, Failed: log})
//	...
//	a.Announce("VI_1", schedule, targets)        // we became Active: now, again later, and so on
//	a.Again("VI_1", announce.LowerPriority)      // somebody else claimed the addresses for a while
//	a.Stop("VI_1")                               // released: when it returns nothing more leaves
//
// What the schedule means is keepalived's: Repeat rounds at once, as many again
// after Delay, RefreshRepeat rounds every Refresh, and LowerRepeat rounds now
// and after LowerDelay when an advert of lower priority was heard.
//
// A round is one frame for every address. Rounds follow each other; so of a
// thousand addresses each is announced once before the first is announced
// again, and several owners take turns.
//
// The frames leave through packet sockets, so no firewall stops them, and no
// send ever waits: one goroutine serves all interfaces in chunks of about 50
// microseconds, and the plan that it follows is plain data, tested in virtual
// time. An interface that takes no frames at the moment is tried again every
// millisecond, for a second; one that is down or gone loses this burst, and the
// next of the schedule tries anew. Nobody who calls the package waits for either.
package announce
