package daemon

import (
	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
)

// kit is what a claim needs to know, worked out beforehand: for a thousand
// addresses that takes milliseconds. It holds as long as the settings and the
// interfaces stay as they are.
type kit struct {
	cfg   *config.Instance
	moves uint64 // nics.moves

	wanted  belongings
	err     error // what is wrong with wanted
	fenced  []datapath.FencedVIP
	targets []announce.Target
	ranks   []int // of the targets, among the instance's addresses
}

// packed is the instance's kit as of now. On the router's goroutine. What it
// returns is not to be changed.
func (in *instance) packed() *kit {
	cfg, moves := in.cfg(), in.d.nics.moves.Load()
	if k := in.kit; k != nil && k.cfg == cfg && k.moves == moves {
		return k
	}
	k := &kit{cfg: cfg, moves: moves}
	k.wanted, k.err = in.belongings()
	k.fenced = in.toFence()
	k.targets, k.ranks = in.ranked()
	in.kit = nil
	if !in.hasVirtual() { // those interfaces come and go without a word to nics
		in.kit = k
	}
	return k
}

// hasVirtual reports whether the settings give the instance virtual MAC interfaces.
func (in *instance) hasVirtual() bool {
	cfg := in.cfg()
	_, has := mainVMAC(in.virtual.prefixes, cfg)
	for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for i := range list {
			_, ok := vmacOf(in.virtual.prefixes, cfg, &list[i])
			has = has || ok
		}
	}
	return has
}
