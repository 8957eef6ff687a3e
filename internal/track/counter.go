package track

// Counter is keepalived's rule for when repeated results change an opinion.
//
// It counts from 0 to rise+fall-1 and is up from rise on. It starts at
// rise-1: at start one success suffices whatever rise says, and the first
// failure counts at once. Later it takes rise successes in a row to come up
// and fall failures in a row to go down.
type Counter struct {
	rise, fall int
	n          int
}

// NewCounter starts before the first result. With initFail it starts as if
// failed: then rise successes are needed. Less than one counts as one.
func NewCounter(rise, fall int, initFail bool) Counter {
	c := Counter{rise: max(rise, 1), fall: max(fall, 1)}
	if !initFail {
		c.n = c.rise - 1
	}
	return c
}

// Resume takes over the opinion of a predecessor.
func (c *Counter) Resume(up bool) {
	c.n = 0
	if up {
		c.n = c.rise + c.fall - 1
	}
}

// Up reports the opinion so far.
func (c *Counter) Up() bool { return c.n >= c.rise }

// Add takes in a result and returns the opinion.
func (c *Counter) Add(success bool) bool {
	up := c.Up()
	switch {
	case success:
		c.n++
		if up || c.Up() {
			c.n = c.rise + c.fall - 1
		}
	default:
		c.n--
		if !up || !c.Up() {
			c.n = 0
		}
	}
	return c.Up()
}
