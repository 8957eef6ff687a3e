package wire

import "time"

// unit is what one step of the interval field means.
func unit(version uint8) time.Duration {
	if version == V2 {
		return time.Second
	}
	return 10 * time.Millisecond
}

// maxInterval is the longest interval that the field of a version can say.
func maxInterval(version uint8) time.Duration {
	if version == V2 {
		return MaxIntervalV2
	}
	return MaxIntervalV3
}

// encodeInterval returns the value of the interval field. It rounds up, so that
// a peer never waits for less than we send.
func encodeInterval(version uint8, d time.Duration) uint16 {
	d = min(max(d, 1), maxInterval(version))
	u := unit(version)
	return uint16((d + u - 1) / u)
}
