package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/demo"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:         "demo",
		Usage:        "run two directors and a client in network namespaces, kill the active one, show what the client saw",
		Description:  "Needs root and nothing else. Nothing outside the namespaces is touched, and they are gone at the end.",
		OnUsageError: usageError,
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "verbose", Usage: "also print what the daemons log"}},
		Action: func(c *cli.Context) error {
			ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			self, err := os.Executable()
			if err != nil {
				return err
			}
			return demo.Run(ctx, c.App.Writer, demo.Options{Binary: self, Verbose: c.Bool("verbose")})
		},
	}
}
