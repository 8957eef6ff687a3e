package dump

import (
	"errors"
	"fmt"
	"testing"
)

func TestInterruptedListsAreAskedForAgain(t *testing.T) {
	const interruptions = 30
	calls := 0
	list, err := List(func() ([]int, error) {
		if calls++; calls <= interruptions {
			return []int{1}, fmt.Errorf("list: %w", ErrInterrupted)
		}
		return []int{1, 2}, nil
	})
	if err != nil || len(list) != 2 || calls != interruptions+1 {
		t.Errorf("%v, %v after %d calls", list, err, calls)
	}
}

func TestOtherErrorsAreNotRepeated(t *testing.T) {
	calls, failed := 0, errors.New("no such device")
	err := Whole(func() error { calls++; return failed })
	if !errors.Is(err, failed) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
