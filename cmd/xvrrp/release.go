package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
)

func releaseCommand() *cli.Command {
	return &cli.Command{
		Name:      "release",
		Usage:     "hand the addresses of an instance over, once or (--drain) until --resume",
		ArgsUsage: "INSTANCE",
		Description: "The other nodes are asked first: one with xvrrp answers and says whether it would take over. Where\n" +
			"none answers, another node that was heard at any time will do. Refused when nobody is known who would\n" +
			"take over, unless --force. Exit 0; 1: refused; 3: no daemon answers; 4: it has no such instance.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "drain", Usage: "stay away from mastership until --resume"},
			&cli.BoolFlag{Name: "resume", Usage: "take part again"},
			forceFlag(), jsonFlag(),
		},
		BashComplete: completeInstances,
		Action:       release,
	}
}

// drainCommand is release --drain by the word that people look for.
func drainCommand() *cli.Command {
	return &cli.Command{
		Name:      "drain",
		Usage:     "hand the addresses of an instance over and stay away until --resume",
		ArgsUsage: "INSTANCE",
		Description: "The same as `release --drain`. Refused when nobody is known who would take over, unless --force.\n" +
			"Exit 0; 1: refused; 3: no daemon answers; 4: it has no such instance.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "resume", Usage: "take part again"},
			forceFlag(), jsonFlag(),
		},
		BashComplete: completeInstances,
		Action:       drain,
	}
}

func forceFlag() cli.Flag {
	return &cli.BoolFlag{Name: "force", Usage: "also when nobody is known who would take over"}
}

func release(c *cli.Context) error {
	return handOver(c, c.Bool)
}

// drain is release with --drain, which --resume takes back.
func drain(c *cli.Context) error {
	return handOver(c, func(option string) bool { return c.Bool(option) || option == "drain" && !c.Bool("resume") })
}

// handOver has the daemon do it and prints what it answers. The options are
// asked for after the argument: some may stand behind it.
func handOver(c *cli.Context, given func(option string) bool) error {
	name, err := oneArg(c, "the name of an instance")
	if err != nil {
		return err
	}
	req := control.ReleaseRequest{Drain: given("drain"), Resume: given("resume"), Force: given("force")}
	if req.Drain && req.Resume {
		return coded{errors.New("release: --drain and --resume exclude each other"), exitUsage}
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	r, err := client.Release(c.Context, name, req)
	if err != nil {
		return named(c, client, err, name)
	}
	if c.Bool("json") {
		return printJSON(c, r)
	}
	_, err = fmt.Fprint(c.App.Writer, paper(c).Line(fmt.Sprintf("%s (was %s): %s", r.Instance, r.State, r.Text)))
	return err
}
