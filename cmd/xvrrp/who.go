package main

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/show"
	"github.com/xvrrp/xvrrp/internal/survey"
)

func interfaceFlag() cli.Flag {
	return &cli.StringFlag{Name: "i", Aliases: []string{"interface"}, Usage: "`INTERFACE` whose LAN is meant"}
}

func whoCommand() *cli.Command {
	return &cli.Command{
		Name:      "who",
		Usage:     "every MAC that answers for an address, asked by ARP or neighbour discovery; needs no daemon",
		ArgsUsage: "ADDRESS -i INTERFACE",
		Description: "Exit 0: one MAC answers; 5: nobody; 6: more than one, a split brain. Ask from any host of the LAN,\n" +
			"a backup included. Without -i the interface is the one whose network holds the address.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			interfaceFlag(),
			&cli.DurationFlag{Name: "wait", Value: time.Second, Usage: "how long to collect answers"},
			jsonFlag(),
		},
		Action: who,
	}
}

func who(c *cli.Context) error {
	arg, err := oneArg(c, "an address")
	if err != nil {
		return err
	}
	address, err := netip.ParseAddr(arg)
	if err != nil {
		return coded{fmt.Errorf("who %s: not an IP address", arg), exitUsage}
	}
	if c.Duration("wait") <= 0 {
		return coded{fmt.Errorf("--wait %v: use a time like 500ms", c.Duration("wait")), exitUsage}
	}
	link, err := linkFor(c.String("i"), address)
	if err != nil {
		return coded{err, exitUsage}
	}
	answers, err := survey.Who(c.Context, link.Index, address, c.Duration("wait"))
	if err != nil {
		return err
	}
	holders := show.Holders(answers)
	if c.Bool("json") {
		err = printJSON(c, struct {
			Address   netip.Addr    `json:"address"`
			Interface string        `json:"interface"`
			Answers   []show.Holder `json:"answers"`
		}{address, link.Name, holders})
	} else {
		_, err = fmt.Fprint(c.App.Writer, paper(c).Who(address.String(), link.Name, holders))
	}
	switch n := show.Claimants(holders); {
	case err != nil:
		return err
	case n == 0:
		return silent(exitNobody)
	case n > 1:
		return silent(exitSeveral)
	}
	return nil
}

// linkFor is the interface of that name or, without one, the only interface
// whose network holds the address.
func linkFor(name string, address netip.Addr) (*net.Interface, error) {
	if name != "" {
		link, err := net.InterfaceByName(name)
		if err != nil {
			return nil, fmt.Errorf("interface %q: %w", name, err)
		}
		return link, nil
	}
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found []net.Interface
	for _, l := range links {
		if l.Flags&net.FlagLoopback == 0 && holds(l, address) {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d interfaces have a network that holds %v: name one with -i", len(found), address)
	}
	return &found[0], nil
}

func holds(l net.Interface, address netip.Addr) bool {
	addresses, err := l.Addrs()
	if err != nil {
		return false // it has just gone
	}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && !p.IsSingleIP() && p.Contains(address) {
			return true
		}
	}
	return false
}
