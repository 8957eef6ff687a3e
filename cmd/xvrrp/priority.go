package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
)

func priorityCommand() *cli.Command {
	return &cli.Command{
		Name:      "priority",
		Usage:     "give an instance another priority for a while, or `reset` it",
		ArgsUsage: "INSTANCE 1..254|reset",
		Description: "It counts instead of the configured priority and of the weights of all trackers; faults count all\n" +
			"the same. It ends with its time, with reset, with a reload that configures another priority, and with\n" +
			"the daemon, a restart by --takeover included; any other reload leaves it. `xvrrp status` and `explain`\n" +
			"show it. Exit 0; 1: refused (an address owner); 2: no such priority; 3: no daemon answers; 4: it has no\n" +
			"such instance.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "for", Usage: "end it after this `TIME`, for example 30m", DefaultText: "never"},
			jsonFlag(),
		},
		BashComplete: completeInstances,
		Action:       priority,
	}
}

func priority(c *cli.Context) error {
	args, err := someArgs(c, 2, "the name of an instance, and a priority or the word reset")
	if err != nil {
		return err
	}
	req := control.PriorityRequest{Reset: args[1] == "reset", For: control.Seconds(c.Duration("for"))}
	if !req.Reset {
		if req.Priority, err = strconv.Atoi(args[1]); err != nil || req.Priority < 1 || req.Priority > 254 {
			return coded{fmt.Errorf("priority %s: 1 to 254, or the word reset", args[1]), exitUsage}
		}
	}
	switch {
	case req.For < 0, c.IsSet("for") && req.For == 0:
		return coded{fmt.Errorf("--for %v: use a time like 30m", c.Duration("for")), exitUsage}
	case req.Reset && req.For > 0:
		return coded{errors.New("priority: reset and --for exclude each other"), exitUsage}
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	r, err := client.SetPriority(c.Context, args[0], req)
	if err != nil {
		return named(c, client, err, args[0])
	}
	if c.Bool("json") {
		return printJSON(c, r)
	}
	text := r.Text
	if r.Temporary != nil && r.Temporary.Until != nil {
		text = "for " + c.Duration("for").String() + ", until " + r.Temporary.Until.Local().Format(time.DateTime)
	}
	_, err = fmt.Fprint(c.App.Writer, paper(c).Line(fmt.Sprintf("%s: priority %d, it was %d; %s", r.Instance, r.Priority, r.Before, text)))
	return err
}

// named adds the names that there are to the error of a wrong one.
func named(c *cli.Context, client *control.Client, err error, name string) error {
	if !errors.Is(err, control.ErrNoInstance) {
		return code(err)
	}
	s, bad := client.Status(c.Context)
	if bad != nil {
		return code(err)
	}
	return noSuch(err, name, s)
}
