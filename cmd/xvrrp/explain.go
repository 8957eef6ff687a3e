package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/show"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:         "explain",
		Usage:        "why an instance is in its state: the last transitions with their evidence, what is wrong, what to do",
		ArgsUsage:    "INSTANCE",
		Description:  "Exit 0; 3: no daemon answers; 4: it has no such instance.",
		OnUsageError: usageError,
		Flags:        []cli.Flag{jsonFlag()},
		BashComplete: completeInstances,
		Action:       explain,
	}
}

func explain(c *cli.Context) error {
	name, err := oneArg(c, "the name of an instance")
	if err != nil {
		return err
	}
	story, err := inquire(c, name)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, struct {
			control.Instance
			Findings []show.Remark `json:"findings"`
		}{story.Instance, show.Diagnose(story)})
	}
	fmt.Fprint(c.App.Writer, paper(c).Explain(story))
	return nil
}

// inquire collects what is known about an instance.
func inquire(c *cli.Context, name string) (show.Case, error) {
	client, err := dial(c)
	if err != nil {
		return show.Case{}, err
	}
	s, err := client.Status(c.Context)
	if err != nil {
		return show.Case{}, code(err)
	}
	i, err := client.Instance(c.Context, name)
	if err != nil {
		return show.Case{}, noSuch(err, name, s)
	}
	story := show.NewCase(s, i)
	story.Firewall = firewallFor(i, s.PID)
	return story, nil
}

// noSuch adds to the error of a wrong name the names that there are.
func noSuch(err error, name string, s control.Status) error {
	if !errors.Is(err, control.ErrNoInstance) {
		return code(err)
	}
	var names []string
	for _, i := range s.Instances {
		names = append(names, i.Name)
	}
	return code(fmt.Errorf("%q: %w; there are: %s", name, err, strings.Join(names, ", ")))
}

// completeInstances offers the names of the daemon's instances to the shell.
func completeInstances(c *cli.Context) {
	client, err := dial(c)
	if err != nil {
		return // nothing to offer
	}
	s, err := client.Status(c.Context)
	if err != nil {
		return
	}
	for _, i := range s.Instances {
		fmt.Fprintln(c.App.Writer, i.Name)
	}
}
