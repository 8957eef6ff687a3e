package daemon

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/xvrrp/xvrrp/internal/address"
	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/internal/nexthop"
)

// announceSent counts announcements. On the announcer's goroutine.
func (d *Daemon) announceSent(owner string, kind announce.Kind, n int) {
	in := d.router(owner)
	if in == nil {
		return
	}
	which := metrics.GratuitousARP
	if kind == announce.NA {
		which = metrics.NeighborAdvert
	}
	in.meter().Announced(which, n)
	in.announcements.Add(uint64(n))
	in.announcing()
}

func (d *Daemon) announceDone(owner string, why announce.Reason, at time.Time) {
	if in := d.router(owner); in != nil {
		in.announced(why, at)
	}
}

func (d *Daemon) announceFailed(owner string, ifindex int, err error) {
	d.log.Warn("("+owner+") announcements did not leave", "ifindex", ifindex, "error", err)
}

// addressNote tells what the holder did on its own. On the holder's goroutine.
func (d *Daemon) addressNote(n address.Note) {
	what := n.What
	if what == "" {
		what = n.Address.String()
	}
	attrs := []any{"what", what, "instance", n.Owner}
	if n.Err != nil {
		attrs = append(attrs, "error", n.Err)
	}
	level := slog.LevelWarn
	if n.Kind == address.Placed {
		level = slog.LevelInfo
	}
	d.log.Log(d.ctx, level, "held by an instance: "+n.Kind.String(), attrs...)
	d.statics.changed()
	if in := d.router(n.Owner); in != nil {
		in.checkHeld()
		if n.Kind == address.Placed {
			d.where.placed(in) // nobody has been told of it yet
		}
	}
}

// hopSink tells when the way to a unicast peer changes.
type hopSink struct{ d *Daemon }

// NextHop implements nexthop.Sink.
func (h hopSink) NextHop(t nexthop.Target, s nexthop.State) {
	if s.Problem != nil {
		h.d.log.Warn(fmt.Sprintf("no sure way to unicast peer %v", t), "error", s.Problem)
		return
	}
	h.d.log.Debug(fmt.Sprintf("unicast peer %v is reached through %v", t, s.Via), "ifindex", s.IfIndex)
}

// kernelAdverts reads what the kernel program counted, for a scrape.
func (d *Daemon) kernelAdverts() ([]metrics.KernelCount, error) {
	counters, err := d.dp.Counters()
	if err != nil {
		return nil, err
	}
	list := make([]metrics.KernelCount, 0, len(counters))
	for _, c := range counters {
		name := d.nics.name(c.IfIndex)
		if c.Verdict == datapath.Type { // which the questions of our own kind are, to the kernel
			ours := min(d.inquiries.seen(c.IfIndex), c.Packets)
			c.Packets -= ours
			list = append(list, metrics.KernelCount{Interface: name, Verdict: "inquiry", Packets: ours})
		}
		list = append(list, metrics.KernelCount{Interface: name, Verdict: c.Verdict.String(), Packets: c.Packets})
	}
	return list, nil
}

// wantedAddress is an address of the settings in the holder's terms.
func wantedAddress(a config.Address) address.Address {
	w := address.Address{
		Prefix: a.Prefix, Interface: a.Interface, Label: a.Label, Scope: int(a.Scope), Peer: a.Peer,
		DAD: a.DAD, Home: a.Home, MngTmpAddr: a.MngTmpAddr, NoPrefixRoute: a.NoPrefixRoute, AutoJoin: a.AutoJoin, NoTrack: a.NoTrack,
		Deprecated: a.Preferred == 0, Broadcast: broadcast(a),
	}
	if a.Preferred > 0 {
		w.PreferredLifetime = a.Preferred
	}
	return w
}
