package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/daemon"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "read the configuration and say what is wrong with it, or will be",
		Description: "Exit 0: no errors (with --strict: no warnings either); 1: errors. With --peer the files of the other\n" +
			"nodes are held against this one, and who becomes master after each single failure is worked out.",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			configFlag(), configIDFlag(),
			&cli.StringSliceFlag{Name: "peer", Usage: "`FILE` of another node, or FILE@ID if they share one; may be repeated"},
			&cli.BoolFlag{Name: "strict", Usage: "warnings count as errors"},
			&cli.BoolFlag{Name: "json", Usage: "findings as JSON"},
			&cli.BoolFlag{Name: "offline", Usage: "do not look at this host's interfaces, users and scripts"},
		},
		Action: check,
	}
}

func check(c *cli.Context) error {
	load := daemon.Load
	if c.Bool("offline") {
		load = loadOffline
	}
	mine, findings := load(files(c), c.String("i"))
	withLines(findings)
	var comparison *config.Comparison
	if peers := c.StringSlice("peer"); len(peers) > 0 && !config.Failed(findings) {
		nodes := []*config.Settings{mine}
		for _, p := range peers {
			other, found := loadOffline(peerFile(p))
			for _, f := range found { // of a file that several nodes share, it is said once
				if !slices.ContainsFunc(findings, f.Same) {
					findings = append(findings, f)
				}
			}
			if config.Failed(found) {
				break
			}
			nodes = append(nodes, other)
		}
		if !config.Failed(findings) {
			compared := config.Compare(nodes)
			comparison = &compared
			findings = append(findings, withLines(compared.Findings)...)
		}
	}
	if err := report(c, mine, findings, comparison); err != nil {
		return err
	}
	if worst := config.Worst(findings); worst == config.Error || c.Bool("strict") && worst == config.Warning {
		return silent(exitFailed)
	}
	return nil
}

// loadOffline reads files that may be another host's.
func loadOffline(files []string, id string) (*config.Settings, []config.Finding) {
	return config.Load(files, config.Options{ConfigID: id})
}

// peerFile splits FILE@ID. A file that has such a name is meant as it is.
func peerFile(p string) (files []string, id string) {
	if at := strings.LastIndexByte(p, '@'); at > 0 {
		if _, err := os.Stat(p); err != nil {
			return []string{p[:at]}, p[at+1:]
		}
	}
	return []string{p}, ""
}

func report(c *cli.Context, s *config.Settings, findings []config.Finding, comparison *config.Comparison) error {
	w := c.App.Writer
	if c.Bool("json") {
		out := struct {
			Findings []config.Finding `json:"findings"`
			Outlooks []config.Outlook `json:"outlooks,omitempty"`
		}{Findings: findings}
		if out.Findings == nil {
			out.Findings = []config.Finding{}
		}
		if comparison != nil {
			out.Outlooks = comparison.Outlooks
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	printFindings(w, findings, config.Note)
	if comparison != nil {
		fmt.Fprint(w, comparison.Words())
	}
	counts := map[config.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
	}
	holds := ""
	if s != nil {
		holds = fmt.Sprintf("%d instances; ", len(s.Instances))
	}
	fmt.Fprintf(w, "%s%d errors, %d warnings\n", holds, counts[config.Error], counts[config.Warning])
	return nil
}

// printFindings prints all findings of at least the given severity.
func printFindings(w io.Writer, findings []config.Finding, least config.Severity) {
	for _, f := range findings {
		if f.Severity >= least {
			fmt.Fprint(w, f.Format())
		}
	}
}

func configCommand() *cli.Command {
	return &cli.Command{
		Name:         "config",
		Usage:        "print the effective settings of the daemon (or, with -f, of a file) in canonical form",
		OnUsageError: usageError,
		Flags: []cli.Flag{
			configFlag(), configIDFlag(),
			&cli.BoolFlag{Name: "json", Usage: "as JSON"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "with -f: print passwords and keys too"},
		},
		Action: func(c *cli.Context) error {
			if !c.IsSet("f") {
				return configOfDaemon(c)
			}
			s, findings := config.Load(files(c), config.Options{ConfigID: c.String("i")})
			printFindings(os.Stderr, findings, config.Error)
			if config.Failed(findings) {
				return silent(exitFailed)
			}
			fmt.Fprint(c.App.Writer, config.Print(s, config.PrintOptions{ShowSecrets: c.Bool("show-secrets")}))
			return nil
		},
	}
}
