package survey

import (
	"context"
	"errors"
	"net"
)

// Watch captures on an interface until ctx ends, and tells every event with the
// conflicts that are new with it. The frame is valid during the call. When
// see returns an error Watch ends with it; the end of ctx is no error.
func Watch(ctx context.Context, ifindex int, judge *Judge, see func(Frame, Event, []Conflict) error) error {
	c, err := Open(ifindex)
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	for {
		f, err := c.Next()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := Decode(f)
		if !ok {
			continue
		}
		if err := see(f, e, judge.Take(e)); err != nil {
			return err
		}
	}
}
