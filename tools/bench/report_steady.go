package main

import "fmt"

// quietness is how often a living master was taken for dead.
func quietness(p *page) error {
	p.printf("\n## False failovers\n\nA pair at 10 ms that nothing happens to but load. Changes: how often somebody else than before sent an advert.\n\n")
	falseTable(p, p.data.where("false", "", "", "", ""))
	return nil
}

func falseTable(p *page, data results) {
	var t table
	t.row("advert_int", "load", "daemon", "watched, s", "changes of the sender", "longest silence, ms", "adverts")
	data.each(func(interval, load string) {
		for _, d := range data.daemons() {
			of := func(what string) results { return data.where("", d, interval, load, what) }
			if len(of("watched")) > 0 {
				t.row(interval, load, d, of("watched").value("%.0f"), of("changes of the sender").value("%.0f"), of("longest silence").value("%.1f"), of("adverts").value("%.0f"))
			}
		}
	})
	p.printf("%s", t.String())
}

// evenness is jitter and drift.
func evenness(p *page) error {
	p.printf("\n## Jitter and drift\n\nHow far the time between two adverts of a master was from the interval, in microseconds, and how far the mean interval was, in parts per million.\n\n")
	data := p.data.where("jitter", "", "", "", "")
	jitterTable(p, data)
	var err error
	data.each(func(interval, load string) {
		if err == nil {
			title := fmt.Sprintf("Deviation of the advert interval, advert_int %s, %s", interval, load)
			err = p.plot(file("jitter", interval, load), title, "µs", 1, data.curves(interval, load, "deviation"))
		}
	})
	return err
}

func jitterTable(p *page, data results) {
	var t table
	t.row("advert_int", "load", "daemon", "adverts", "p50", "p99", "p99.9", "max", "p99.9 against keepalived", "drift, ppm")
	data.each(func(interval, load string) {
		theirs, _ := data.where("", "keepalived", interval, load, "deviation").one()
		for _, d := range data.daemons() {
			if s, ok := data.where("", d, interval, load, "deviation").one(); ok {
				t.row(interval, load, d, fmt.Sprint(len(s.Values)+1), quantile(s, 0.5), quantile(s, 0.99), quantile(s, 0.999), quantile(s, 1),
					times(s.quantile(0.999), theirs.quantile(0.999)), data.where("", d, interval, load, "drift").value("%.2f"))
			}
		}
	})
	p.printf("%s", t.String())
}

// many is scale.
func many(p *page) error {
	p.printf("\n## Scale\n\nA pair with many virtual routers, one address each, on both processors of the machine.\n\n")
	data := p.data.where("scale", "", "", "", "")
	var t table
	t.row("what", "xvrrp", "keepalived", "xvrrp against keepalived")
	data.each(func(interval, load string) {
		t.row(fmt.Sprintf("**%s at %s**", load, interval), "", "", "")
		for _, s := range data.where("", "xvrrp", interval, load, "") {
			theirs, _ := data.where("", "keepalived", interval, load, s.What).one()
			what := s.What
			if s.Unit != "" {
				what += ", " + s.Unit
			}
			t.row(what, quantile(s, 0.5), quantile(theirs, 0.5), times(s.quantile(0.5), theirs.quantile(0.5)))
		}
	})
	p.printf("%s", t.String())
	return nil
}

// finest is operation below what the protocol can say.
func finest(p *page) error {
	data := p.data.where("fine", "", "", "", "")
	p.printf("\n## Faster than the protocol can say\n\n`advert_int 0.001` between two xvrrp that agreed on it; nobody else can, so there is nothing to compare with.\n\n")
	var t table
	t.row("after a crash, ms after the bound of 3.6 ms", "rounds", "p50", "p99", "max")
	for _, what := range []string{"first advert", "first announcement", "first answer"} {
		if s, ok := data.where("", "", "", "", what).one(); ok {
			t.row(what, fmt.Sprint(len(s.Values)), quantile(s, 0.5), quantile(s, 0.99), quantile(s, 1))
		}
	}
	p.printf("%s\n", t.String())
	falseTable(p, data)
	p.printf("\n")
	jitterTable(p, data)
	return nil
}
