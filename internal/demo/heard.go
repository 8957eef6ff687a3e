package demo

import "time"

// heard is when the client asked and when it was answered.
type heard struct {
	sent           int
	asked, answers []time.Time // asked also counts what could not be sent: no neighbour is an outage
}

// stall is how late the client itself may be with its next question before that counts as its own absence.
const stall = 10 * probeEvery

// outage is the longest silence between two answers, from shortly before a moment until now. The client lives on the machine of the
// directors, and is held up where one of them keeps a processor busy, as the kernel does while it verifies a BPF program. A silence
// in which it hardly asked is its own, and counts as the few questions that it has.
func (h *heard) outage(from time.Time) time.Duration {
	var longest time.Duration
	next := 0 // the first question after the answer before
	for i := 1; i < len(h.answers); i++ {
		before, answer := h.answers[i-1], h.answers[i]
		asked := 0
		for ; next < len(h.asked) && !h.asked[next].After(answer); next++ {
			if h.asked[next].After(before) {
				asked++
			}
		}
		if !answer.After(from) {
			continue
		}
		silence := answer.Sub(before)
		if questions := time.Duration(asked) * probeEvery; silence > stall && questions < stall/2 {
			silence = questions
		}
		longest = max(longest, silence)
	}
	return longest
}

// heldUp is the longest that the client did not get to ask, or 0 if it always did.
func (h *heard) heldUp() time.Duration {
	var longest time.Duration
	for i := 1; i < len(h.asked); i++ {
		if pause := h.asked[i].Sub(h.asked[i-1]); pause > stall {
			longest = max(longest, pause)
		}
	}
	return longest
}
