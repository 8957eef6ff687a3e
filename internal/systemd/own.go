package systemd

import (
	"context"
	"fmt"
	"os"
)

// Unit is a unit as one of the buses knows it.
type Unit struct {
	buses []Bus
	path  string
}

// Own finds the unit that this process belongs to.
func Own(ctx context.Context, buses []Bus) (u Unit, err error) {
	u.buses = buses
	err = ask(ctx, buses, func(c *busConn) error {
		body, err := c.call(manager, managerPath, managerInterface, "GetUnitByPID", uint32(os.Getpid()))
		if err != nil {
			return err
		}
		u.path, err = body.str()
		return err
	})
	if err != nil {
		return u, fmt.Errorf("ask systemd which unit this is: %w", err)
	}
	return u, nil
}

// Job is the type of the job that systemd works on for the unit, "" when there
// is none. During a restart it is "restart" until the unit has stopped, then
// "start".
func (u Unit) Job(ctx context.Context) (kind string, err error) {
	err = ask(ctx, u.buses, func(c *busConn) error {
		signature, value, err := c.property(u.path, unitInterface, "Job")
		if err != nil {
			return err
		}
		if signature != "(uo)" {
			return fmt.Errorf("a job of type %q", signature)
		}
		number, path, err := value.pair()
		if err != nil || number == 0 {
			return err
		}
		kind, err = c.text(path, jobInterface, "JobType")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("ask systemd for the job: %w", err)
	}
	return kind, nil
}

// State is the unit's ActiveState.
func (u Unit) State(ctx context.Context) (state string, err error) {
	err = ask(ctx, u.buses, func(c *busConn) error {
		state, err = c.text(u.path, unitInterface, "ActiveState")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("ask systemd for the state: %w", err)
	}
	return state, nil
}
