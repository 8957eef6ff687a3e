package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/daemon"
)

func commands() []*cli.Command {
	return append([]*cli.Command{
		runCommand(), checkCommand(), configCommand(), demoCommand(), fenceCommand(),
	}, operatorCommands()...)
}

func runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "run the daemon in the foreground; logs on stderr",
		Description: "Reads keepalived.conf's VRRP part. SIGTERM and SIGINT release the addresses and stop, SIGHUP reloads,\n" +
			"SIGUSR1 writes the status as JSON to the runtime directory. keepalived's own options are accepted.",
		OnUsageError: usageError,
		Flags: append([]cli.Flag{
			configFlag(), configIDFlag(),
			&cli.StringFlag{Name: "p", Aliases: []string{"pid"}, Usage: "also write the pid to `FILE`"},
			&cli.BoolFlag{Name: "t", Aliases: []string{"config-test"}, Usage: "only check the configuration, like the command check"},
			&cli.BoolFlag{Name: "D", Aliases: []string{"log-detail"}, Count: new(int), Usage: "detailed log (the same as --log-level debug)"},
			&cli.BoolFlag{Name: "takeover", Usage: "go on where the running daemon is, which ends without a failover"},
			&cli.BoolFlag{Name: "caretaker", Hidden: true},
			&cli.BoolFlag{Name: "V", Aliases: []string{"dont-release-vrrp"}, Usage: "keep the addresses at the stop"},
			&cli.StringFlag{Name: "s", Aliases: []string{"namespace"}, Usage: "run in the network namespace `NAME` (of `ip netns`)"},
		}, habitFlags()...),
		Action: run,
	}
}

func run(c *cli.Context) error {
	if c.Args().Present() {
		return coded{fmt.Errorf("run takes no argument, got %q", c.Args().First()), exitUsage}
	}
	if c.Bool("t") {
		return check(c)
	}
	if err := enterNamespace(c.String("s")); err != nil {
		return err
	}
	if c.Bool("D") && !c.IsSet("log-level") {
		if err := c.Set("log-level", "debug"); err != nil {
			return fmt.Errorf("-D: %w", err)
		}
	}
	log, err := newLogger(c, os.Stderr)
	if err != nil {
		return err
	}
	warnHabits(c, log)
	if c.Bool("caretaker") {
		log = log.With("role", "caretaker")
	}

	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err = daemon.Run(ctx, daemon.Options{
		Files:      files(c),
		ConfigID:   c.String("i"),
		RuntimeDir: c.String("runtime-dir"),
		PIDFile:    c.String("p"),
		Keep:       c.Bool("V"),
		Takeover:   c.Bool("takeover") || c.Bool("caretaker"),
		Caretaker:  c.Bool("caretaker"),

		CaretakerCommand: append(slices.Clone(os.Args), "--caretaker"),

		Version: version,
		Log:     log,
	})
	var bad *daemon.ConfigError
	if errors.As(err, &bad) {
		printFindings(os.Stderr, bad.Findings, config.Warning)
		return silent(exitUsage)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
