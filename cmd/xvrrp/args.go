package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// noArgs refuses arguments.
func noArgs(c *cli.Context) error {
	if c.Args().Present() {
		return coded{fmt.Errorf("%s takes no argument, got %q", c.Command.Name, c.Args().First()), exitUsage}
	}
	return nil
}

// oneArg returns the argument that a command needs. Options may stand behind
// it as well, which the library does not expect: `who 10.0.0.1 -i eth0`.
func oneArg(c *cli.Context, what string) (string, error) {
	args, err := someArgs(c, 1, what)
	if err != nil {
		return "", err
	}
	return args[0], nil
}

// someArgs is oneArg for as many as a command needs.
func someArgs(c *cli.Context, need int, what string) ([]string, error) {
	var found []string
	for rest := c.Args().Slice(); len(rest) > 0; {
		if len(found) < need && !strings.HasPrefix(rest[0], "-") {
			found, rest = append(found, rest[0]), rest[1:]
			continue
		}
		n, err := lateFlag(c, rest)
		if err != nil {
			return nil, coded{err, exitUsage}
		}
		rest = rest[n:]
	}
	if len(found) < need {
		return nil, coded{fmt.Errorf("%s needs %s, see `xvrrp %s --help`", c.Command.Name, what, c.Command.Name), exitUsage}
	}
	return found, nil
}

// lateFlag sets the option that args begins with and says how many words it was.
func lateFlag(c *cli.Context, args []string) (int, error) {
	name, value, given := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
	if !strings.HasPrefix(args[0], "-") {
		return 0, fmt.Errorf("%s: one argument too many: %q", c.Command.Name, args[0])
	}
	for _, f := range c.Command.Flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		_, isBool := f.(*cli.BoolFlag)
		switch {
		case given:
			return 1, setFlag(c, f, value)
		case isBool:
			return 1, setFlag(c, f, "true")
		case len(args) < 2:
			return 0, fmt.Errorf("option %s needs a value", args[0])
		}
		return 2, setFlag(c, f, args[1])
	}
	return 0, fmt.Errorf("%s has no option %s", c.Command.Name, args[0])
}

// setFlag sets an option under all its names: the library joins them only
// while it parses.
func setFlag(c *cli.Context, f cli.Flag, value string) error {
	for _, name := range f.Names() {
		if err := c.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}
