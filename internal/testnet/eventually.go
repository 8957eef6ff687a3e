package testnet

import (
	"testing"
	"time"
)

// Eventually waits until fact returns nil and fails the test with its last error when that does not happen in time. A
// fact is asked for every 2 ms, so it should be cheap.
func Eventually(t testing.TB, within time.Duration, fact func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := fact()
		if err == nil {
			return
		}
		if !time.Now().Before(deadline) {
			t.Fatalf("not within %v: %v", within, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Throughout fails the test as soon as fact returns an error during the time given.
func Throughout(t testing.TB, during time.Duration, fact func() error) {
	t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if err := fact(); err != nil {
			t.Fatalf("not throughout %v: %v", during, err)
		}
	}
}
