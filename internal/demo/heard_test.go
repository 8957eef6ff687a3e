package demo

import (
	"testing"
	"time"
)

// An outage is a silence in which the client asked; one in which it did not get to ask is its own.
func TestOutage(t *testing.T) {
	for _, c := range []struct {
		name string
		// What happens in the 100 ms between two spans of answers.
		asks, answers bool
		want          time.Duration
	}{
		{"all is well", true, true, probeEvery},
		{"the directors are silent", true, false, 102 * time.Millisecond},
		{"the client is held up", false, false, probeEvery},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			var h heard
			for at := time.Duration(0); at < 300*time.Millisecond; at += probeEvery {
				middle := at >= 100*time.Millisecond && at < 200*time.Millisecond
				if !middle || c.asks {
					h.asked = append(h.asked, begin.Add(at))
				}
				if !middle || c.answers {
					h.answers = append(h.answers, begin.Add(at))
				}
			}
			if got := h.outage(begin); got != c.want {
				t.Errorf("the outage is %v, want %v", got, c.want)
			}
			if got := h.outage(begin.Add(250 * time.Millisecond)); got != probeEvery {
				t.Errorf("of the end alone it is %v, want %v", got, probeEvery)
			}
		})
	}
}
