package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// guardedBy is xvrrp with a guard, and nothing else about it changed.
func guardedBy(guard string) kind {
	return kind{"xvrrp " + guard, func(b *bench, n *node, c config) (*lab.Process, error) {
		return b.startXVRRP(n, c, "    split_brain_guard "+guard+"\n    guard_hold_limit 1h\n")
	}, (*node).mac, (*node).mac, (*node).clear}
}

// guards kills the master of a pair that guards its takeovers and of one that does not, in turn, in one run: what holding costs
// when nobody answers.
func guards(b *bench) (err error) {
	const rounds = 12
	c := one(100 * time.Millisecond)
	type side struct {
		kind
		*pair
		procs   [2]*lab.Process
		crashes []crash
		spoiled int
	}
	var sides []*side
	for _, guard := range []string{"off", "hold"} {
		p, err := newPair(1)
		if err != nil {
			return err
		}
		defer func() { err = join(err, p.close()) }()
		s := &side{kind: guardedBy(guard), pair: p}
		sides = append(sides, s)
		for i, n := range p.nodes {
			if s.procs[i], err = s.start(b, n, c); err != nil {
				return err
			}
		}
		if _, err := p.probe(probeEvery, virtual(0, vrid)); err != nil {
			return err
		}
	}
	for range max(1, int(rounds*b.rounds)) {
		for _, s := range sides {
			r, err := b.crash(s.pair, s.kind, c, &s.procs)
			switch {
			case errors.Is(err, errRestless):
				s.spoiled++
			case err != nil:
				return fmt.Errorf("%s: %w", s.name, err)
			default:
				s.crashes = append(s.crashes, r)
			}
		}
	}
	for _, s := range sides {
		b.addCrashes(s.kind, c, idle, s.crashes, s.spoiled)
	}
	return nil
}

// guarded is what the guard costs.
func guarded(p *page) error {
	data := p.data.where("guard", "", "", "", "")
	if len(data) == 0 {
		return nil
	}
	p.printf("\n## What holding costs\n\nThe master of two pairs is killed in turn, of one with `split_brain_guard off` and of one with `hold`. Nobody answers for the address " +
		"any more, so `hold` has nothing to wait for. Milliseconds from the end of the protocol's bound.\n\n")
	var t table
	t.row("advert_int", "first", "rounds", "off p50", "off max", "hold p50", "hold max", "hold later by, p50", "and max")
	data.each(func(interval, load string) {
		for _, what := range []string{"first advert", "first announcement", "first answer"} {
			off, _ := data.where("", "xvrrp off", interval, load, what).one()
			hold, _ := data.where("", "xvrrp hold", interval, load, what).one()
			if len(off.Values) == 0 || len(hold.Values) == 0 {
				continue
			}
			t.row(interval, what[len("first "):], fmt.Sprint(len(hold.Values)), quantile(off, 0.5), quantile(off, 1), quantile(hold, 0.5), quantile(hold, 1),
				fmt.Sprintf("%+.2f", hold.quantile(0.5)-off.quantile(0.5)), fmt.Sprintf("%+.2f", hold.quantile(1)-off.quantile(1)))
		}
	})
	p.printf("%s", t.String())
	return nil
}
