package track

import (
	"context"
	"fmt"
	"strings"
)

// bus is a socket on which systemd can be asked.
type bus struct {
	path string
	// hello: a bus with many members, which wants to be greeted; without it
	// systemd itself is at the other end.
	hello bool
}

// systemBuses are asked in turn until one can be reached. The first is for
// root only and works without a bus daemon.
var systemBuses = []bus{
	{"/run/systemd/private", false},
	{"/run/dbus/system_bus_socket", true},
}

// unitActive succeeds when systemd says that the unit is active, or is
// reloading, which serves too.
func unitActive(ctx context.Context, buses []bus, unit string) error {
	state, err := unitState(ctx, buses, unit)
	if err != nil {
		return fmt.Errorf("ask systemd: %w", err)
	}
	if state != "active" && state != "reloading" {
		return fmt.Errorf("%s is %s", unit, state)
	}
	return nil
}

func unitState(ctx context.Context, buses []bus, unit string) (string, error) {
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
		return c.property("org.freedesktop.systemd1", unitPath(unit), "org.freedesktop.systemd1.Unit", "ActiveState")
	}
	return "", first
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
	return "/org/freedesktop/systemd1/unit/" + b.String()
}
