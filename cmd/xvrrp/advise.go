package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/show"
)

func adviseCommand() *cli.Command {
	return &cli.Command{
		Name:      "advise",
		Usage:     "the fastest safe advert_int and down_timer_adverts by the measured gaps, and what others would have done",
		ArgsUsage: "[INSTANCE]",
		Description: "Without an instance, all of them. Exit 0; 3: no daemon answers; 4: it has no such instance.\n" +
			"The gaps are measured on a backup, by the kernel's clock.",
		OnUsageError: usageError,
		Flags:        []cli.Flag{jsonFlag()},
		BashComplete: completeInstances,
		Action:       advise,
	}
}

func advise(c *cli.Context) error {
	only := ""
	if c.Args().Present() {
		name, err := oneArg(c, "the name of an instance")
		if err != nil {
			return err
		}
		only = name
	}
	client, err := dial(c)
	if err != nil {
		return err
	}
	s, err := client.Status(c.Context)
	if err != nil {
		return code(err)
	}
	names := []string{only}
	if only == "" {
		names = nil
		for _, i := range s.Instances {
			names = append(names, i.Name)
		}
	}
	list, measured := []show.Advice{}, []control.Histogram{}
	for _, name := range names {
		i, err := client.Instance(c.Context, name)
		if err != nil {
			return noSuch(err, name, s)
		}
		list = append(list, show.Advise(i))
		measured = append(measured, i.Histograms["advert_interarrival_seconds"])
	}
	if c.Bool("json") {
		return printJSON(c, list)
	}
	for n, a := range list {
		if n > 0 {
			fmt.Fprintln(c.App.Writer)
		}
		fmt.Fprint(c.App.Writer, paper(c).Advice(a, measured[n]))
	}
	return nil
}
