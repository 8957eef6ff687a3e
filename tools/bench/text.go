package main

import (
	"errors"
	"strings"
)

// join is errors.Join for a deferred close.
func join(err, closing error) error { return errors.Join(err, closing) }

// tail is the end of a daemon's log.
func tail(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
