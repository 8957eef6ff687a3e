package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "every instance: state, since when, priority, the master and how old its last advert is, addresses",
		Description: "Exit 0; 3: no daemon answers on the runtime directory. With --ask-peers the other nodes that run xvrrp\n" +
			"are asked, by the way of the adverts, who answers there for each instance's first address.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "ask-peers", Usage: "also ask the other nodes whether the addresses answer where they are"},
			jsonFlag(),
		},
		Action: status,
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
	var asked []control.AskResult
	if c.Bool("ask-peers") {
		asked = askPeers(c.Context, client, s.Instances)
	}
	if c.Bool("json") {
		return printJSON(c, struct {
			control.Status
			Asked []control.AskResult `json:"asked,omitempty"`
		}{s, asked})
	}
	text := paper(c).Status(s)
	if c.Bool("ask-peers") {
		text += paper(c).Asked(asked)
	}
	_, err = fmt.Fprint(c.App.Writer, text)
	return err
}
