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

func forceFlag() cli.Flag {
	return &cli.BoolFlag{Name: "force", Usage: "also when nobody is known who would take over"}
}

func release(c *cli.Context) error {
	name, err := oneArg(c, "the name of an instance")
	if err != nil {
		return err
	}
	req := control.ReleaseRequest{Drain: c.Bool("drain"), Resume: c.Bool("resume"), Force: c.Bool("force")}
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
