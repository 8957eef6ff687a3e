package dump

import (
	"errors"
	"time"

	"github.com/vishvananda/netlink"
)

// Patience bounds the time between the first try and the last. Duplicate
// address detection takes up to two seconds on an interface (RFC 4862,
// sections 5.1 and 5.4.2: a random delay of up to one, then one probe).
const Patience = 5 * time.Second

const (
	shortest = time.Millisecond
	longest  = 20 * time.Millisecond
)

// ErrInterrupted is the error of a list that changed while it was read.
var ErrInterrupted = netlink.ErrDumpInterrupted

// Whole calls list until its error is not ErrInterrupted, for at most
// Patience, and returns the last error. What an interrupted call collected is
// for list to throw away.
func Whole(list func() error) error {
	began := time.Now()
	for pause := shortest; ; pause = min(2*pause, longest) {
		err := list()
		if !errors.Is(err, ErrInterrupted) || time.Since(began) >= Patience {
			return err
		}
		time.Sleep(pause)
	}
}

// List is Whole for a dump that returns its list.
func List[T any](ask func() ([]T, error)) (list []T, err error) {
	err = Whole(func() error {
		list, err = ask()
		return err
	})
	return list, err
}
