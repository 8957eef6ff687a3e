package show

import (
	"fmt"
	"strconv"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// length shows a length of time with three or four digits that matter:
// 78.1 µs, 312.4 ms, 2.31 s, 42 s, 4 m 12 s, 3 h 5 m, 12 d 4 h.
func length(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + length(-d)
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return decimals(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return decimals(float64(d)/float64(time.Millisecond)) + " ms"
	case d < 10*time.Second:
		return trimZeros(strconv.FormatFloat(d.Seconds(), 'f', 2, 64)) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return pair(d, time.Minute, "m", time.Second, "s")
	case d < 24*time.Hour:
		return pair(d, time.Hour, "h", time.Minute, "m")
	}
	return pair(d, 24*time.Hour, "d", time.Hour, "h")
}

func decimals(v float64) string { return trimZeros(strconv.FormatFloat(v, 'f', 1, 64)) }

func trimZeros(s string) string {
	for len(s) > 0 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

func pair(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if rest := d % big / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/big, bigName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/big, bigName)
}

func seconds(s control.Seconds) string { return length(s.Duration()) }

// exact is length for evidence: a few seconds are told to a tenth of a
// millisecond.
func exact(s control.Seconds) string {
	if d := s.Duration(); d >= time.Second && d < 10*time.Minute {
		return trimZeros(strconv.FormatFloat(d.Seconds(), 'f', 4, 64)) + " s"
	}
	return seconds(s)
}

// clock shows a moment as a person near it would say it: the time of day
// with milliseconds, with the date in front when that is not the day of now.
func (p Paper) clock(t, now time.Time) string {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, now = t.In(zone), now.In(zone)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05.000")
	}
	return t.Format("2006-01-02 15:04:05.000")
}

// since is clock and how long ago that was.
func (p Paper) since(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return p.clock(t, now) + " (" + length(whole(now.Sub(t))) + ")"
}

// whole leaves out the fractions of an age that nobody wants to read.
func whole(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Truncate(time.Second)
	}
	return d.Truncate(time.Millisecond)
}

func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatUint(n, 10) + " " + many
}
