package systemd

import (
	"context"
	"fmt"
	"strings"
)

// Bus is a socket on which systemd can be asked.
type Bus struct {
	Path string
	// Hello: a bus with many members, which wants to be greeted; without it
	// systemd itself is at the other end.
	Hello bool
}

const (
	manager          = "org.freedesktop.systemd1"
	managerPath      = "/org/freedesktop/systemd1"
	managerInterface = "org.freedesktop.systemd1.Manager"
	unitInterface    = "org.freedesktop.systemd1.Unit"
	jobInterface     = "org.freedesktop.systemd1.Job"
)

// Buses are asked in turn until one can be reached. The first is for
// root only and works without a bus daemon.
var Buses = []Bus{
	{"/run/systemd/private", false},
	{"/run/dbus/system_bus_socket", true},
}

// Active succeeds when systemd says that the unit is active, or is
// reloading, which serves too.
func Active(ctx context.Context, buses []Bus, unit string) error {
	state, err := UnitState(ctx, buses, unit)
	if err != nil {
		return fmt.Errorf("ask systemd: %w", err)
	}
	if state != "active" && state != "reloading" {
		return fmt.Errorf("%s is %s", unit, state)
	}
	return nil
}

// UnitState is what systemd calls the unit's ActiveState: active, failed, and so on.
func UnitState(ctx context.Context, buses []Bus, unit string) (state string, err error) {
	err = ask(ctx, buses, func(c *busConn) error {
		state, err = c.text(unitPath(unit), unitInterface, "ActiveState")
		return err
	})
	return state, err
}

// ask makes a connection to the first bus that can be reached.
func ask(ctx context.Context, buses []Bus, question func(*busConn) error) error {
	var first error
	for _, b := range buses {
		c, err := dialBus(ctx, b)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		defer c.close()
		return question(c)
	}
	return first
}

// unitPath is the unit's object: every byte that is no letter or digit is
// written as _ and two hexadecimal digits, and so is a leading digit.
func unitPath(unit string) string {
	if !strings.Contains(unit, ".") {
		unit += ".service"
	}
	var b strings.Builder
	for i, c := range []byte(unit) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if letter || i > 0 && c >= '0' && c <= '9' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "_%02x", c)
	}
	return managerPath + "/unit/" + b.String()
}
