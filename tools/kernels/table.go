package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// result is what the suite said on one kernel.
type result struct {
	pkg, release, accel string

	passed   int
	failed   []string
	features []feature // in the order in which they were told
	exit     int
	ended    bool
}

// feature is one line of TestFeatures.
type feature struct{ name, since, have string }

var (
	featureLine = regexp.MustCompile(`feature ([^:]+): since ([0-9.]+): (\S+)`)
	verdictLine = regexp.MustCompile(`^--- (PASS|FAIL): (\S+)`)
)

func read(text string) (r result) {
	for _, line := range strings.Split(text, "\n") {
		if m := featureLine.FindStringSubmatch(line); m != nil {
			r.features = append(r.features, feature{m[1], m[2], m[3]})
		}
		if m := verdictLine.FindStringSubmatch(line); m != nil {
			if m[1] == "PASS" {
				r.passed++
			} else {
				r.failed = append(r.failed, m[2])
			}
		}
		if _, err := fmt.Sscanf(line, "guest: exit %d", &r.exit); err == nil {
			r.ended = true
		}
	}
	return r
}

const head = `# Kernels

What the BPF suite (the tests of internal/datapath) found on the oldest and the newest kernel that Debian's apt offers,
booted by QEMU. Written by ` + "`make test-kernels`" + `, from what ran. (` + "`make test`" + ` runs the suite on the kernel
of the machine it is on.)

`

const foot = `
"since" is the release of Linux that brought the feature. The suite wants each from there on, and wants that the
daemon does without it before:

- before 6.6 a clsact filter stands in for tcx, and the fence has no egress part: what arrives for a silenced address
  is dropped all the same, what the host says by itself is not;
- before 5.15 a timerfd stands in for the BPF timer;
- before 5.18, or without the privilege, the program is not loaded and packet sockets receive. No firewall blinds them
  either; the fence is missing, and the ICMP error that answers a unicast advert is not suppressed.

A bond gets generic XDP: its native XDP runs on the ports and does not name the bond.
`

// report prints the table, and writes it with its explanation to a file.
func report(results []result, out string) error {
	t := table(results)
	fmt.Print("\n", t)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(head+t+foot), 0o644)
}

func table(results []result) string {
	var b strings.Builder
	b.WriteString("| feature | since |")
	for _, r := range results {
		fmt.Fprintf(&b, " %s |", r.release)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(results)) + "\n")
	if len(results) == 0 {
		return b.String()
	}
	for i, f := range results[0].features {
		fmt.Fprintf(&b, "| %s | %s |", f.name, f.since)
		for _, r := range results {
			have := "not told"
			if i < len(r.features) && r.features[i].name == f.name {
				have = r.features[i].have
			}
			fmt.Fprintf(&b, " %s |", have)
		}
		b.WriteByte('\n')
	}
	b.WriteString("| tests passed | |")
	for _, r := range results {
		fmt.Fprintf(&b, " %d of %d (%s) |", r.passed, r.passed+len(r.failed), r.accel)
	}
	b.WriteByte('\n')
	return b.String()
}
