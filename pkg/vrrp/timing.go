package vrrp

import "time"

// answerLimit is the least time between two answers to losing adverts, unless
// the advertisement interval is shorter.
const answerLimit = 100 * time.Millisecond

// skew is Skew_Time (RFC 9568 section 6.1): the extra wait of a lower priority.
// interval is the Active router's. In version 2 the skew does not depend on it
// (RFC 3768 section 6.1). Multiplied first and divided last, it is never zero:
// 781.25ns at priority 254 and 100µs.
func skew(version, priority uint8, interval time.Duration) time.Duration {
	if version == 2 {
		interval = time.Second
	}
	return time.Duration(256-int(priority)) * interval / 256
}

// downInterval is Active_Down_Interval for a router of that priority.
func (c *Config) downInterval(priority uint8, interval time.Duration) time.Duration {
	return c.downAdverts()*interval + skew(c.Version, priority, interval)
}

// nextAdvert keeps the schedule free of drift: the next deadline counts from
// the last one. Only if that would bring two adverts within half an interval
// of each other does a new schedule begin now.
func nextAdvert(deadline, now time.Time, interval time.Duration) time.Time {
	next := deadline.Add(interval)
	if next.Sub(now) < interval/2 {
		return now.Add(interval)
	}
	return next
}
