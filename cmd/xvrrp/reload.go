package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
)

func reloadCommand() *cli.Command {
	return &cli.Command{
		Name:         "reload",
		Usage:        "have the daemon read its configuration again; a bad file changes nothing",
		Description:  "Exit 0; 1: the new configuration has errors and nothing has changed; 3: no daemon answers.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would change, and change nothing"},
			jsonFlag(),
		},
		Action: reload,
	}
}

func reload(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	r, err := client.Reload(c.Context, control.ReloadRequest{DryRun: c.Bool("dry-run")})
	if err != nil {
		return code(err)
	}
	if c.Bool("json") {
		if err := printJSON(c, r); err != nil {
			return err
		}
	} else {
		fmt.Fprint(c.App.Writer, paper(c).Reload(r, c.Bool("dry-run")))
	}
	if !r.OK {
		return silent(exitFailed)
	}
	return nil
}
