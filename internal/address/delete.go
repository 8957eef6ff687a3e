package address

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// delete takes addresses of ours away. What the kernel refuses stays in leaving, and in the journal, and is tried again.
func (h *Holder) delete(list []place) error {
	for _, p := range list {
		h.leaving[p.key()] = p
	}
	return h.deletePlaces(list)
}

// deleteLeaving tries again what was refused before.
func (h *Holder) deleteLeaving() error {
	return h.deletePlaces(slices.Collect(maps.Values(h.leaving)))
}

func (h *Holder) deletePlaces(list []place) error {
	if len(list) == 0 {
		return nil
	}
	var errs []error
	restore, err := h.promoteSecondaries(list)
	if err != nil {
		errs = append(errs, err) // the addresses must go all the same
	}
	answers, err := h.req.batch(len(list), func(i int) request {
		p := list[i]
		return request{typ: unix.RTM_DELADDR, body: func(b []byte) []byte {
			return appendIfaddr(b, p.index, p.prefix, p.peer, 0)
		}}
	})
	if err != nil {
		errs = append(errs, err)
	}
	refused := 0
	for i, p := range list {
		switch answer := answers[i]; {
		case answer == nil:
			h.stats.Deleted++
			delete(h.leaving, p.key())
		case errors.Is(answer, unix.EADDRNOTAVAIL), errors.Is(answer, unix.ENODEV):
			delete(h.leaving, p.key()) // gone already
		default:
			h.stats.Refused++
			if refused++; refused == 1 {
				errs = append(errs, fmt.Errorf("delete %s from interface %d: %w", p.prefix, p.index, answer))
			}
		}
	}
	if refused > 1 {
		errs = append(errs, fmt.Errorf("and %d more could not be deleted", refused-1))
	}
	if h.leave = (retry{tries: h.leave.tries}); len(h.leaving) > 0 {
		h.leave.failed(time.Now())
	} else {
		h.leave.tries = 0
	}
	errs = append(errs, restore(), h.writeJournal())
	return errors.Join(errs...)
}

// A retry spaces the attempts at one thing: at once when something happened, else ever more slowly.
type retry struct {
	at    time.Time // zero: nothing to do
	tries int
	last  time.Time // when it was last added
}

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 30 * time.Second

	// restorePause is the least time between two restorations of one address: somebody who deletes it in a loop must not
	// have us loop with him. It is well below the 100 ms within which an address is to be back.
	restorePause = 40 * time.Millisecond
)

func (r *retry) failed(now time.Time) {
	wait := min(firstRetry<<min(r.tries, 10), lastRetry)
	r.tries++
	r.at = now.Add(wait)
}
