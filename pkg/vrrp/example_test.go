package vrrp_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A Backup hears the Active router say goodbye, and takes over.
func Example() {
	router, err := vrrp.New(vrrp.Config{
		Version: 3, Family: wire.IPv4, Priority: 150, Interval: time.Second,
		Primary: netip.MustParseAddr("192.0.2.2"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Date(2024, time.April, 1, 12, 0, 0, 0, time.UTC)
	show := func(now time.Time, actions []vrrp.Action) {
		for _, a := range actions {
			switch a := a.(type) {
			case vrrp.Transition:
				fmt.Printf("%v: %v, because: %s\n", now.Sub(start), a.To, a.Reason.Text())
			case vrrp.SendAdvert:
				fmt.Printf("%v: advert with priority %d\n", now.Sub(start), a.Priority)
			case vrrp.Claim:
				fmt.Printf("%v: claim the addresses\n", now.Sub(start))
			}
		}
	}
	show(start, router.Handle(start, vrrp.Startup{}))
	goodbye := vrrp.Received{From: netip.MustParseAddr("192.0.2.3"), Priority: 0, Interval: time.Second}
	show(start, router.Handle(start.Add(time.Second), goodbye))
	due := router.Deadline()
	show(due, router.Handle(due, vrrp.Timeout{}))
	// Output:
	// 0s: Backup, because: start
	// 1.4140625s: Active, because: the active router said goodbye (priority 0)
	// 1.4140625s: advert with priority 150
	// 1.4140625s: claim the addresses
}
