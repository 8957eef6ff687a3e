package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/show"
)

func eventsCommand() *cli.Command {
	return &cli.Command{
		Name:         "events",
		Usage:        "the daemon's history: transitions, priorities, conflicts, trackers, each with its evidence",
		Description:  "Exit 0; 3: no daemon answers. --json prints one object a line.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Usage: "go on with what happens until interrupted"},
			&cli.IntFlag{Name: "last", Aliases: []string{"n"}, Usage: "only the last `NUMBER`", DefaultText: "all"},
			&cli.StringFlag{Name: "instance", Usage: "only those of this `INSTANCE`"},
			jsonFlag(),
		},
		Action: events,
	}
}

func events(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	if c.Int("last") < 0 {
		return coded{fmt.Errorf("--last %d: a number of events is at least 0", c.Int("last")), exitUsage}
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	q := control.Query{Instance: c.String("instance"), Last: c.Int("last")}
	if c.Bool("json") || c.Bool("follow") {
		return stream(ctx, c, client, q)
	}
	var list []control.Event
	for e, err := range client.Events(ctx, q, false) {
		if err != nil {
			return code(err)
		}
		list = append(list, e)
	}
	fmt.Fprint(c.App.Writer, paper(c).Events(list, time.Now()))
	return nil
}

// stream prints each event as it comes.
func stream(ctx context.Context, c *cli.Context, client *control.Client, q control.Query) error {
	enc := json.NewEncoder(c.App.Writer)
	enc.SetEscapeHTML(false)
	p, earlier := paper(c), false
	for e, err := range client.Events(ctx, q, c.Bool("follow")) {
		if err != nil {
			return code(err)
		}
		if !c.Bool("json") {
			if earlier && !e.Earlier {
				fmt.Fprintln(c.App.Writer, show.Border)
			}
			earlier = e.Earlier
			_, err = fmt.Fprint(c.App.Writer, p.Event(e, time.Now()))
		} else {
			err = enc.Encode(e)
		}
		if err != nil {
			return err // the reader is gone
		}
	}
	return nil
}
