package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed method.md
var method string

// report writes the page and its plots from the raw data.
func report(o options) error {
	all, err := load(o.raw)
	if err != nil {
		return err
	}
	p := &page{options: o, data: all}
	head, limits, found := strings.Cut(method, "<!-- results -->\n")
	if !found {
		return fmt.Errorf("method.md has no place for the results")
	}
	p.text.WriteString(head)
	for _, part := range []func(*page) error{machines, crashes, guarded, quietness, evenness, held, stormy, many, finest, settled} {
		if err := part(p); err != nil {
			return err
		}
	}
	p.text.WriteString(limits)
	return os.WriteFile(o.out, []byte(p.text.String()), 0o644)
}

// page is benchmarks.md in the making.
type page struct {
	options
	data results
	text strings.Builder
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.text, format, args...) }

// plot writes a drawing and shows it.
func (p *page) plot(name, title, unit string, least float64, curves []curve) error {
	if len(curves) == 0 {
		return nil
	}
	p.printf("\n![%s](%s/%s.svg)\n", title, filepath.Base(p.raw), name)
	return os.WriteFile(filepath.Join(p.raw, name+".svg"), []byte(distribution(title, unit, least, curves)), 0o644)
}

func machines(p *page) error {
	p.printf("## Machine\n\n")
	for _, s := range p.data.where("", "", "", "", "machine") {
		p.printf("- `%s`, %s: %s\n", s.Scenario, s.At.Format("2006-01-02 15:04 MST"), s.Text)
	}
	return nil
}

// crashes is the failover of a killed master, idle and stressed.
func crashes(p *page) error {
	p.printf("\n## Crash failover\n\nMilliseconds from the end of the protocol's bound to what the judge saw first from the successor.\n\n")
	data := append(p.data.where("failover", "", "", "", ""), p.data.where("stressed", "", "", "", "")...)
	var t table
	t.row("advert_int", "load", "daemon", "rounds", "advert p50", "announcement p50", "answer p50", "answer p99", "answer max", "answer p50 against keepalived", "not steady")
	var err error
	data.each(func(interval, load string) {
		theirs, _ := data.where("", "keepalived", interval, load, "first answer").one()
		for _, d := range data.daemons() {
			s, ok := data.where("", d, interval, load, "first answer").one()
			if !ok {
				continue
			}
			advert, _ := data.where("", d, interval, load, "first advert").one()
			told, _ := data.where("", d, interval, load, "first announcement").one()
			t.row(interval, load, d, fmt.Sprint(len(advert.Values)), quantile(advert, 0.5), quantile(told, 0.5), quantile(s, 0.5), quantile(s, 0.99),
				quantile(s, 1), times(s.quantile(0.5), theirs.quantile(0.5)), data.where("", d, interval, load, "rounds without a steady master").value("%.0f"))
		}
	})
	p.printf("%s", t.String())
	data.each(func(interval, load string) {
		if err == nil {
			title := fmt.Sprintf("First answer of the successor, advert_int %s, %s", interval, load)
			err = p.plot(file("failover", interval, load), title, "ms after the protocol's bound", 0.1, data.curves(interval, load, "first answer"))
		}
	})
	return err
}

// quantile of a series as a cell.
func quantile(s series, q float64) string {
	if len(s.Values) == 0 {
		return "–"
	}
	return figure(s.quantile(q))
}

// curves are all daemons' values of one quantity.
func (r results) curves(interval, load, what string) []curve {
	var list []curve
	for _, s := range r.where("", "", interval, load, what) {
		if len(s.Values) > 1 {
			list = append(list, curve{s.Daemon, s.Values})
		}
	}
	return list
}

// file is a name without blanks.
func file(parts ...string) string { return strings.ReplaceAll(strings.Join(parts, "-"), " ", "-") }
