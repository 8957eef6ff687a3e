package main

import (
	"fmt"
	"strings"
)

// held is the takeover of many addresses.
func held(p *page) error {
	p.printf("\n## Many addresses\n\nMilliseconds from the end of the protocol's bound, as the judge saw it.\n\n")
	data := p.data.where("addresses", "", "", "", "")
	var t table
	t.row("addresses", "what", "rounds", "xvrrp p50", "xvrrp max", "keepalived p50", "keepalived max", "p50 against keepalived")
	var shares []string
	data.each(func(_, load string) {
		size := strings.TrimSuffix(load, " addresses")
		alone, measured := data.where("", kernelAlone.name, "", load, addedAlone).one()
		for _, s := range data.where("", "xvrrp", "", load, "") {
			theirs, _ := data.where("", "keepalived", "", load, s.What).one()
			t.row(size, s.What, fmt.Sprint(len(s.Values)), quantile(s, 0.5), quantile(s, 1), quantile(theirs, 0.5), quantile(theirs, 1),
				times(s.quantile(0.5), theirs.quantile(0.5)))
			if measured && s.What == lastAnnounced {
				shares = append(shares, fmt.Sprintf("%s of keepalived's time for %s", times(alone.quantile(0.5), theirs.quantile(0.5)), load))
			}
		}
		if measured {
			t.row(size, "kernel alone, "+addedAlone, fmt.Sprint(len(alone.Values)), quantile(alone, 0.5), quantile(alone, 1), "", "", "")
		}
	})
	p.printf("%s", t.String())
	if len(shares) > 0 {
		p.printf("\nKernel alone is a bare program on a quiet host of the same lab that has the kernel add as many addresses in one write, with "+
			"real-time priority, nobody listening and nothing announced: with IPv4 no daemon can be sooner. It is %s (last address announced). "+
			"The kernel walks through all IPv4 addresses of the interface twice for each new one, and for one with a /32 of its own (rows without a prefix) through all routes of the interface besides, "+
			"so a thousand cost far more than ten times a hundred. "+
			"Each IPv6 address leaves work to a kernel thread, which takes the same lock while the next are being added: therefore the spread, and a bare program that leaves that thread a "+
			"processor can take longer than a daemon that needs both.\n", strings.Join(shares, ", "))
	}
	return nil
}

// stormy is how even the adverts of a master are while 250 other routers become master.
func stormy(p *page) error {
	data := p.data.where("storm", "", "", "", "")
	p.printf("\n## 250 takeovers at once\n\nA director is master of one router at %v. The master of %d others, one address each, dies (a keepalived, whose adverts all leave at one moment), "+
		"and the director takes all of them over. How far the time between two adverts of its first router is off meanwhile, from the first of the others' adverts until half a second later, in milliseconds; "+
		"and from that first advert until the last of the addresses is announced.\n\n", otherInterval, stormRouters)
	var t table
	t.row("daemon", "adverts", "off p50", "off p99", "off max", "last address announced p50", "max", "rounds")
	for _, d := range data.daemons() {
		off, _ := data.where("", d, "", "", stormOff).one()
		told, _ := data.where("", d, "", "", lastAnnounced).one()
		t.row(d, fmt.Sprint(len(off.Values)), quantile(off, 0.5), quantile(off, 0.99), quantile(off, 1), quantile(told, 0.5), quantile(told, 1), fmt.Sprint(len(told.Values)))
	}
	p.printf("%s", t.String())
	return nil
}
