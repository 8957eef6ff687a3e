package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/daemon"
)

func fenceCommand() *cli.Command {
	return &cli.Command{
		Name:         "fence",
		Usage:        "what keeps the addresses of a dead or frozen master silent",
		OnUsageError: usageError,
		Subcommands: []*cli.Command{{
			Name:  "off",
			Usage: "open the fence that a dead daemon left, and remove everything it left in the kernel",
			Description: "Addresses that still stand on this host answer again afterwards. A living daemon is refused: it opens\n" +
				"its fence when it stops.",
			OnUsageError: usageError,
			Action: func(c *cli.Context) error {
				log, err := newLogger(c, os.Stderr)
				if err != nil {
					return err
				}
				return daemon.LiftFence(daemon.Options{RuntimeDir: c.String("runtime-dir"), Log: log})
			},
		}},
	}
}
