package daemon

import (
	"errors"
	"fmt"
)

// cleanup undoes what was done, last first.
type cleanup struct{ steps []step }

type step struct {
	name string
	undo func() error
}

func (c *cleanup) add(name string, undo func() error) { c.steps = append(c.steps, step{name, undo}) }

func (c *cleanup) run() error {
	var errs []error
	for i := len(c.steps) - 1; i >= 0; i-- {
		if err := c.steps[i].undo(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.steps[i].name, err))
		}
	}
	c.steps = nil
	return errors.Join(errs...)
}
