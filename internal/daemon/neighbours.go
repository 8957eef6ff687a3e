package daemon

import (
	"context"
	"fmt"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/internal/neighbours"
)

// watchNeighbours warns before the kernel's neighbour tables are full: then
// announcements are lost, those of others on this host and ours on a host like
// it (field case 2).
func (d *Daemon) watchNeighbours(ctx context.Context) {
	neighbours.Watch(ctx, neighbours.Config{
		Sampled: func(list []neighbours.Table) {
			var show []metrics.NeighbourTable
			for _, t := range list {
				show = append(show, metrics.NeighbourTable(t))
			}
			d.metrics.SetNeighbours(show)
		},
		Told:    d.tellNeighbours,
		Trouble: func(err error) { d.log.Debug("neighbour tables", "error", err) },
	})
}

func (d *Daemon) tellNeighbours(n neighbours.News) {
	remedy := fmt.Sprintf("sysctl net.%s.neigh.default.gc_thresh3=%d, with gc_thresh2 and gc_thresh1 below it", n.Family, 4*n.Limit)
	text := fmt.Sprintf("the kernel's %s neighbour table holds %d entries of at most %d", n.Family, n.Entries, n.Limit)
	switch n.Kind {
	case neighbours.Over:
		d.log.Info(text + ": there is room again")
		d.history.daemon(control.KindHost, text+": there is room again")
		return
	case neighbours.Overflow:
		text = fmt.Sprintf("the kernel's %s neighbour table overflows: %d entries found no room, it takes %d", n.Family, n.Lost, n.Limit)
	}
	d.log.Warn(text, "remedy", remedy)
	d.history.daemon(control.KindHost, text)
}

// holdings is what happened to what is held, for a scrape.
func (d *Daemon) holdings() []metrics.Holdings {
	a, routes, rules := d.holders.addresses.Stats(), d.holders.routes.Stats(), d.holders.rules.Stats()
	return []metrics.Holdings{
		{Kind: "address", Restored: a.Restored, Refused: a.Refused, Strays: a.StraysFound},
		{Kind: "route", Restored: routes.Restored, Refused: routes.Refused},
		{Kind: "rule", Restored: rules.Restored, Refused: rules.Refused},
	}
}
