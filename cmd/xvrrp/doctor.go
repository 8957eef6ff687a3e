package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/daemon"
	"github.com/xvrrp/xvrrp/internal/doctor"
	"github.com/xvrrp/xvrrp/internal/show"
	"github.com/xvrrp/xvrrp/internal/survey"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "look at the host and its LAN for what will hurt VRRP; each finding with why and remedy",
		Description: "Exit 0: fine; 1: something breaks VRRP. It changes nothing. Without -f it reads the default file\n" +
			"if that exists. docs/doctor.md explains each code.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			configFlag(), configIDFlag(),
			&cli.DurationFlag{Name: "listen", Value: 2 * time.Second, Usage: "how long to ask and listen on the LAN; 0: not at all"},
			jsonFlag(),
		},
		Action: diagnose,
	}
}

func diagnose(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	needs, found := doctorNeeds(c)
	pid := 0
	if client, err := control.Dial(c.String("runtime-dir")); err == nil {
		if s, err := client.Status(c.Context); err == nil {
			pid, needs.Daemon = s.PID, true
			if c.Duration("listen") > 0 {
				found = append(found, outside(askPeers(c.Context, client, s.Instances))...)
			}
		}
	}
	facts := doctor.Gather(needs, pid)
	if within := c.Duration("listen"); within > 0 {
		answers, conflicts := lan(c.Context, needs, within)
		facts.LAN = answers
		found = append(found, conflicts...)
	}
	found = append(found, doctor.Judge(facts, needs)...)
	doctor.Sort(found)
	var err error
	if c.Bool("json") {
		err = printJSON(c, struct {
			Findings []doctor.Finding `json:"findings"`
		}{found})
	} else {
		_, err = fmt.Fprint(c.App.Writer, paper(c).Doctor(found))
	}
	if err == nil && doctor.Broken(found) {
		return silent(exitFailed)
	}
	return err
}

// outside are the findings of the other nodes that run xvrrp: whether the
// addresses answer where they are.
func outside(list []control.AskResult) []doctor.Finding {
	var found []doctor.Finding
	for _, r := range list {
		for _, m := range show.JudgeAsked(r) {
			found = append(found, doctor.Outside(m.Code, r.Instance+": "+m.What, m.Why, m.Remedy))
		}
	}
	return found
}

// doctorNeeds reads the configuration. One with errors is a finding by itself.
func doctorNeeds(c *cli.Context) (doctor.Needs, []doctor.Finding) {
	found := []doctor.Finding{}
	if !c.IsSet("f") {
		if _, err := os.Stat(defaultConfig); err != nil {
			return doctor.Needs{}, found // a host without a configuration yet
		}
	}
	s, findings := daemon.Load(files(c), c.String("i"))
	for _, f := range findings {
		if f.Severity == config.Error {
			found = append(found, doctor.BadConfig(f.String()))
		}
	}
	if s == nil {
		return doctor.Needs{}, found
	}
	return needsOf(s), found
}

// needsOf is what the settings want of the host.
func needsOf(s *config.Settings) doctor.Needs {
	var n doctor.Needs
	for i := range s.Instances {
		in := &s.Instances[i]
		one := doctor.Instance{
			Name: in.Name, Interface: in.Interface, VRID: in.VRID, IPv6: in.Family == wire.IPv6, Version: in.Version,
			AdvertInterval: in.AdvertInterval, Group: in.McastGroup, Source: in.McastSource,
		}
		if in.Unicast.Enabled() {
			one.Source = in.Unicast.Source
			for _, p := range in.Unicast.Peers {
				one.Peers = append(one.Peers, p.Addr)
			}
		}
		for _, list := range [][]config.Address{in.Addresses, in.Excluded} {
			for _, a := range list {
				one.Addresses = append(one.Addresses, doctor.Virtual{Prefix: a.Prefix, Interface: a.Interface})
			}
		}
		n.Instances = append(n.Instances, one)
	}
	return n
}

// maxAsked bounds how many addresses are asked for: a LAN is not to be flooded.
const maxAsked = 32

// lan asks who has the virtual addresses and listens for contradicting
// adverts, all at once.
func lan(ctx context.Context, n doctor.Needs, within time.Duration) ([]doctor.Answers, []doctor.Finding) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers, conflicts := []doctor.Answers{}, []doctor.Finding{}
	heard, asked := map[string]bool{}, map[netip.Addr]bool{}
	for _, i := range n.Instances {
		link, err := net.InterfaceByName(i.Interface)
		if err != nil {
			continue // a finding of its own
		}
		if !heard[i.Interface] {
			heard[i.Interface] = true
			wg.Go(func() {
				found := listen(ctx, link, within)
				mu.Lock()
				defer mu.Unlock()
				conflicts = append(conflicts, found...)
			})
		}
		for _, v := range i.Addresses {
			address := v.Prefix.Addr()
			if asked[address] || len(asked) >= maxAsked || v.Interface != i.Interface {
				continue
			}
			asked[address] = true
			wg.Go(func() {
				if a, ok := claimants(ctx, link, address, within); ok {
					mu.Lock()
					defer mu.Unlock()
					answers = append(answers, a)
				}
			})
		}
	}
	wg.Wait()
	return answers, conflicts
}

func claimants(ctx context.Context, link *net.Interface, address netip.Addr, within time.Duration) (doctor.Answers, bool) {
	got, err := survey.Who(ctx, link.Index, address, within)
	if err != nil {
		return doctor.Answers{}, false // no permission, or the link is down: findings of their own
	}
	a := doctor.Answers{Address: address, Interface: link.Name}
	seen := map[survey.MAC]bool{}
	for _, one := range got {
		if !one.Unasked && !seen[one.MAC] {
			seen[one.MAC] = true
			a.MACs = append(a.MACs, one.MAC.String())
		}
	}
	return a, true
}

// listen judges the adverts of a LAN for a while.
func listen(ctx context.Context, link *net.Interface, within time.Duration) []doctor.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	capture, err := survey.Open(link.Index)
	if err != nil {
		return nil
	}
	context.AfterFunc(ctx, func() { capture.Close() }) // ends Next
	judge := survey.NewJudge()
	for {
		frame, err := capture.Next()
		if err != nil {
			break // the time is over
		}
		if e, ok := survey.Decode(frame); ok {
			judge.Take(e)
		}
	}
	var found []doctor.Finding
	for _, k := range judge.Conflicts() {
		found = append(found, doctor.Conflict(link.Name, string(k.Code), fmt.Sprintf("VRID %d: %s", k.VRID, k.Text), k.Remedy))
	}
	return found
}
