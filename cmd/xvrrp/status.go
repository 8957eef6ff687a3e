package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:         "status",
		Usage:        "every instance: state, since when, priority, the master and how old its last advert is, addresses",
		Description:  "Exit 0; 3: no daemon answers on the runtime directory.",
		OnUsageError: usageError,
		Flags:        []cli.Flag{jsonFlag()},
		Action:       status,
	}
}

func status(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	s, err := client.Status(c.Context)
	if err != nil {
		return code(err)
	}
	if c.Bool("json") {
		return printJSON(c, s)
	}
	fmt.Fprint(c.App.Writer, paper(c).Status(s))
	return nil
}
