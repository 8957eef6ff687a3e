package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	out, raw, binary string
	only             []string
	rows             *regexp.Regexp
	report, long     bool
	rounds           float64
}

func main() {
	if len(os.Args) == 2 { // perhaps we are a child of ours
		if kind, ok := strings.CutPrefix(os.Args[1], pressArg); ok {
			press(kind)
		}
		if target, ok := strings.CutPrefix(os.Args[1], probeArg); ok {
			probing(target)
		}
		if addr, ok := strings.CutPrefix(os.Args[1], witnessArg); ok {
			witnessing(addr)
		}
		if task, ok := strings.CutPrefix(os.Args[1], addArg); ok {
			adding(task)
		}
		if task, ok := strings.CutPrefix(os.Args[1], tickArg); ok {
			ticking(task)
		}
	}
	o, err := parse()
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse() (o options, err error) {
	var only, rows string
	flag.StringVar(&o.out, "out", "docs/benchmarks.md", "the page to write")
	flag.StringVar(&o.raw, "raw", "", "the folder of the raw data and plots (default: the page's name without .md)")
	flag.StringVar(&o.binary, "xvrrp", "bin/xvrrp", "the daemon under test")
	flag.StringVar(&only, "only", "", "run these scenarios alone, a list with commas: "+strings.Join(names(), ","))
	flag.BoolVar(&o.report, "report", false, "run nothing, write the page from the data that is there")
	flag.BoolVar(&o.long, "long", false, "look for false failovers for ten minutes each")
	flag.StringVar(&rows, "rows", "", "of the scenarios failover, stressed, jitter, split and addresses, only the rows that this regular expression matches; a row is \"10ms, idle, xvrrp\", \"100ms, xvrrp hold, dies\" or \"1000 addresses, keepalived\"")
	flag.Float64Var(&o.rounds, "rounds", 1, "multiply the number of rounds")
	flag.Parse()
	if o.raw == "" {
		o.raw = strings.TrimSuffix(o.out, ".md")
	}
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	if o.rows, err = regexp.Compile(rows); err != nil {
		return o, fmt.Errorf("-rows: %w", err)
	}
	return o, nil
}

// scenario is one part of the comparison and the raw file of its name.
type scenario struct {
	name string
	run  func(*bench) error
}

var scenarios = []scenario{
	{"failover", failovers},
	{"stressed", stressedFailovers},
	{"guard", guards},
	{"false", falseFailovers},
	{"jitter", jitters},
	{"fine", fine},
	{"addresses", takeovers},
	{"storm", storms},
	{"scale", scales},
	{"split", splits},
}

func names() []string {
	var list []string
	for _, s := range scenarios {
		list = append(list, s.name)
	}
	return list
}

func run(o options) error {
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("no scenario %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	if err := os.MkdirAll(o.raw, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, s := range scenarios {
		if o.report || len(o.only) > 0 && !slices.Contains(o.only, s.name) {
			continue
		}
		begin := time.Now()
		errs = append(errs, o.scenario(s))
		fmt.Fprintf(os.Stderr, "%s took %v\n", s.name, time.Since(begin).Round(time.Second))
	}
	return errors.Join(append(errs, report(o))...)
}

// scenario runs one scenario and keeps its data. What was measured before
// something failed is kept as well.
func (o options) scenario(s scenario) error {
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("%w (make build)", err)
	}
	b := &bench{options: o, binary: binary, scenario: s.name}
	b.add(thisMachine(binary))
	err = s.run(b)
	if err != nil {
		err = fmt.Errorf("%s: %w", s.name, err)
	}
	return errors.Join(err, b.save(filepath.Join(o.raw, s.name+".jsonl")))
}
