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

// nextAdvert keeps the schedule free of drift, and the phases of many routers
// apart: the next deadline counts from the last one, however late this advert
// is. Deadlines that would bring two adverts within half an interval of each
// other are left out, so the next gap is below one and a half intervals. Only
// where a single missing advert lets others take over does a new schedule begin
// now, for they would not wait that long.
func (c *Config) nextAdvert(deadline, now time.Time) time.Time {
	next := deadline.Add(c.Interval)
	short := c.Interval/2 - next.Sub(now)
	switch {
	case short <= 0:
		return next
	case c.downAdverts() == 1:
		return now.Add(c.Interval)
	}
	return next.Add((short + c.Interval - 1) / c.Interval * c.Interval)
}
