package wire

import (
	"strings"
	"testing"
	"time"
)

func TestSignerSequence(t *testing.T) {
	ring := Auth{HMAC: testRing(t)}
	s, err := NewSigner(ring)
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Unix(1000, 500_000_000)
	const half = 1000<<32 | 0x8000<<16
	next := func(now time.Time) uint64 { s.Next(now); return s.sequence }
	for i, c := range []struct {
		now  time.Time
		want uint64
	}{
		{clock, half},
		{clock, half + 1},
		{clock.Add(-time.Second), half + 2},     // set back a little: go on
		{clock.Add(-5 * time.Second), half + 3}, // just inside the window
		{clock.Add(-6 * time.Second), half - 6<<32},
		{clock, half},
		{clock.Add(time.Hour), half + 3600<<32},
	} {
		if got := next(c.now); got != c.want {
			t.Errorf("step %d: %#x, want %#x", i, got, c.want)
		}
	}
	ring.HMAC.Replay = ReplayMonotonic
	if err := s.Update(ring); err != nil {
		t.Fatal(err)
	}
	if got := next(clock); got != half+3600<<32+1 {
		t.Errorf("monotonic: %#x, want to go on from the last", got)
	}
	// 2^32 seconds wrap to 0 and the sequence still grows.
	if s, err = NewSigner(ring); err != nil {
		t.Fatal(err)
	}
	before := next(time.Unix(1<<32-1, 999_999_999))
	after := next(time.Unix(1<<32, 0))
	if int64(after-before) <= 0 || after != 0 {
		t.Errorf("over the wrap: %#x then %#x", before, after)
	}
}

func TestAuthSettings(t *testing.T) {
	key := testKey(t, 7)
	good := Settings{Family: IPv4, Version: V2, VRID: 1, Interval: time.Second}
	for _, c := range []struct {
		want string // a part of the error; empty: no error
		auth Auth
	}{
		{"", Auth{}},
		{"", Auth{Type: AuthPass}},
		{"", Auth{HMAC: testRing(t)}},
		{"", Auth{HMAC: HMAC{Keys: []Key{key}, Mode: ReceiveOnly, Window: time.Second}}},
		{"type 3", Auth{Type: 3}},
		{"use one of them", Auth{Type: AuthPass, HMAC: testRing(t)}},
		{"twice", Auth{HMAC: HMAC{Keys: []Key{key, key}, Active: 7, Window: time.Second}}},
		{"NewKey", Auth{HMAC: HMAC{Keys: []Key{{}}}}},
		{"active key 8", Auth{HMAC: HMAC{Keys: []Key{key}, Active: 8, Window: time.Second}}},
		{"time window 0s", Auth{HMAC: HMAC{Keys: []Key{key}, Active: 7}}},
		{"time window 5m1s", Auth{HMAC: HMAC{Keys: []Key{key}, Active: 7, Window: 301 * time.Second}}},
		{"time window 1.5s", Auth{HMAC: HMAC{Keys: []Key{key}, Active: 7, Window: 1500 * time.Millisecond}}},
	} {
		s := good
		s.Auth = c.auth
		_, err := NewRules(s)
		checkError(t, err, c.want)
		_, err = NewSigner(c.auth)
		checkError(t, err, c.want)
	}
	for interval, window := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 5 * time.Second, time.Second: 5 * time.Second, 1900 * time.Millisecond: 5 * time.Second,
		2 * time.Second: 6 * time.Second, 255 * time.Second: MaxWindow,
	} {
		if got := DefaultWindow(interval); got != window {
			t.Errorf("DefaultWindow(%v) = %v, want %v", interval, got, window)
		}
	}
}

// checkError wants an error with this part, or none when it is empty.
func checkError(t testing.TB, err error, part string) {
	t.Helper()
	if (err == nil) != (part == "") || (err != nil && !strings.Contains(err.Error(), part)) {
		t.Errorf("error %v, want %q", err, part)
	}
}
