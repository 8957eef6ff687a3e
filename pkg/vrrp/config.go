package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The protocol's numbers (RFC 9568 section 5.2, RFC 3768 section 5.3).
const (
	// PriorityOwner is the priority of the router that has the addresses.
	PriorityOwner = wire.PriorityOwner
	// PriorityDefault is the priority when none is configured.
	PriorityDefault = wire.PriorityDefault
	// DownAdvertsDefault is how many adverts may go missing.
	DownAdvertsDefault = 3

	maxIntervalV2 = 255 * time.Second
	maxIntervalV3 = 4095 * 10 * time.Millisecond
	minIntervalV3 = 100 * time.Microsecond
)

// Config is what one router is told at birth. The zero value of each optional
// field is the RFC's behaviour, except LowerPriorityAdvert, which RFC 9568
// wants set and RFC 3768 unset.
type Config struct {
	// Version is 2 or 3.
	Version uint8
	// Family is the address family; version 2 is IPv4 only.
	Family wire.Family
	// Priority is the configured priority, 1..255.
	Priority uint8
	// Interval is our own advertisement interval: whole seconds 1s..255s in
	// version 2, 100µs..40.95s in version 3 (what is finer than a centisecond
	// is between routers that agree on it).
	Interval time.Duration
	// Primary is the address that adverts are sent from, for the tie-break.
	// Without one the router starts with the fault CauseAddress.
	Primary netip.Addr
	// NoPreempt keeps a Backup from replacing an Active router of a lower
	// priority. It means nothing to an owner.
	NoPreempt bool
	// PreemptDelay is how long adverts of a lower priority are accepted before
	// they are preempted, counted from the first of them.
	PreemptDelay time.Duration
	// DownAdverts is the number of intervals in the down interval, 1..100;
	// 0 is the default, 3.
	DownAdverts int
	// IntervalFloor is the least interval to be learned from an advert. It
	// stops a spoofed interval from hurrying every Backup; 0 is no floor.
	IntervalFloor time.Duration
	// LowerPriorityAdvert answers a losing advert in Active at once: RFC 9568
	// in version 3, keepalived in both versions.
	LowerPriorityAdvert bool
	// HigherPriorityAdvert sends one more advert before yielding to a better
	// router (higher_prio_send_advert).
	HigherPriorityAdvert bool
	// OwnerIgnoresAdverts makes an Active owner deaf (owner_ignore_adverts).
	OwnerIgnoresAdverts bool
	// OwnerWaits makes an owner start as a Backup (state BACKUP with 255).
	OwnerWaits bool
	// StartupDelay is the time after Startup in which the router stays out.
	StartupDelay time.Duration
	// TimerExpiredBackup makes an Active router step down by itself if it was
	// late by more than the down interval of a peer with this priority,
	// 1..254; 0 is off. It needs NoPreempt.
	TimerExpiredBackup uint8
	// Guard is what the down timer's end means while the addresses answer.
	Guard Guard
	// HoldLimit is how long a takeover is put off at most; 0 is the default.
	HoldLimit time.Duration
	// DeafWait is what a router does that heard not one frame since the last
	// advert, WitnessWait one whose witnesses do not answer.
	DeafWait, WitnessWait Wait
	// Witness says that there is a witness to ask.
	Witness bool
	// Paths is the number of extra heartbeat paths.
	Paths uint8
}

// check returns every complaint about the settings.
func (c *Config) check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case c.Version == 3 && (c.Interval < minIntervalV3 || c.Interval > maxIntervalV3):
		complain("interval %v: want %v to %v in version 3", c.Interval, minIntervalV3, maxIntervalV3)
	case c.Version == 2 && (c.Interval < time.Second || c.Interval > maxIntervalV2 || c.Interval%time.Second != 0):
		complain("interval %v: want whole seconds from 1s to 255s in version 2", c.Interval)
	case c.Version != 2 && c.Version != 3:
		complain("version %d: want 2 or 3", c.Version)
	}
	switch {
	case c.Family != wire.IPv4 && c.Family != wire.IPv6:
		complain("family %d: want 4 or 6", c.Family)
	case c.Version == 2 && c.Family == wire.IPv6:
		complain("version 2 is not defined for IPv6")
	case c.Primary.IsValid() && c.Primary.Is4() != (c.Family == wire.IPv4):
		complain("primary address %v: want family %v", c.Primary, c.Family)
	}
	if c.Priority == 0 {
		complain("priority 0: want 1 to 255")
	}
	if c.DownAdverts < 0 || c.DownAdverts > 100 {
		complain("down timer adverts %d: want 1 to 100", c.DownAdverts)
	}
	if c.PreemptDelay < 0 || c.StartupDelay < 0 || c.IntervalFloor < 0 {
		complain("negative delay or floor")
	}
	if c.TimerExpiredBackup == PriorityOwner || c.TimerExpiredBackup != 0 && !c.NoPreempt {
		complain("timer expired backup %d: want 1 to 254, and no preemption", c.TimerExpiredBackup)
	}
	if c.Guard > GuardHold || c.DeafWait > WaitAlways || c.WitnessWait > WaitAlways {
		complain("guard %d, waits %d and %d: no such mode", c.Guard, c.DeafWait, c.WitnessWait)
	}
	if c.HoldLimit < 0 {
		complain("hold limit %v: want a positive one", c.HoldLimit)
	}
	if c.WitnessWait != WaitNot && !c.Witness {
		complain("a wait for a witness without one")
	}
	if c.Paths > MaxPaths {
		complain("%d extra paths: want %d at most", c.Paths, MaxPaths)
	}
	return errors.Join(errs...)
}

func (c *Config) downAdverts() time.Duration {
	if c.DownAdverts == 0 {
		return DownAdvertsDefault
	}
	return time.Duration(c.DownAdverts)
}

func (c *Config) owner() bool { return c.Priority == PriorityOwner }
