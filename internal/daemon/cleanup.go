package daemon

import (
	"errors"
	"fmt"
	"slices"
)

// cleanup undoes what was done, last first.
type cleanup struct{ steps []step }

type step struct {
	name string
	undo func() error
}

func (c *cleanup) add(name string, undo func() error) { c.steps = append(c.steps, step{name, undo}) }

// keep drops every step but those of these names.
func (c *cleanup) keep(names ...string) {
	c.steps = slices.DeleteFunc(c.steps, func(s step) bool { return !slices.Contains(names, s.name) })
}

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
