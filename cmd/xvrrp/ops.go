package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// operatorCommands are those that a person types at three in the morning.
func operatorCommands() []*cli.Command {
	return []*cli.Command{
		statusCommand(), explainCommand(), eventsCommand(), reloadCommand(),
		whoCommand(), watchCommand(), doctorCommand(), drillCommand(), releaseCommand(), drainCommand(), priorityCommand(), adviseCommand(),
		completionCommand(), manCommand(),
	}
}

// configOfDaemon is `xvrrp config` without a file.
func configOfDaemon(c *cli.Context) error {
	client, err := dial(c)
	if err != nil {
		return err
	}
	cfg, err := client.Config(c.Context)
	if err != nil {
		return code(err)
	}
	if c.Bool("json") {
		return printJSON(c, cfg)
	}
	fmt.Fprint(c.App.Writer, cfg.Text)
	return nil
}
