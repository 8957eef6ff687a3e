package daemon

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// announce tells the neighbours where the addresses are now.
func (in *instance) announce(why vrrp.Why) {
	switch why {
	case vrrp.LowerPriority:
		in.d.announcer.Again(in.id, announce.LowerPriority)
		return
	case vrrp.Healed:
		in.healed()
		return
	}
	if !in.endOverture() {
		in.proclaim(why)
	}
	targets := in.packed().targets
	for _, t := range targets {
		in.debug("%s on %s for %v", sending(t.Addr), in.d.nics.name(t.IfIndex), t.Addr)
	}
	if len(targets) > 0 {
		what := announcementOf(in.cfg().Family)
		in.say(line{slog.LevelInfo, fmt.Sprintf("(%s) Sending %s on %s for %d addresses", in.cfg().Name, what, in.cfg().Interface, len(targets)), nil})
	}
}

// schedule is when announcements leave.
func (in *instance) schedule(why vrrp.Why) announce.Schedule {
	pace := schedule(in.cfg().GARP)
	pace.Replies = in.cfg().Own.GARPReply
	if why == vrrp.Resumed {
		pace.Repeat, pace.Delay = 1, 0 // the neighbours know; refreshing goes on
	}
	return pace
}

func announcementOf(f wire.Family) string {
	if f == wire.IPv6 {
		return "unsolicited Neighbour Advert"
	}
	return "gratuitous ARP"
}

func sending(a netip.Addr) string {
	if a.Is4() {
		return "Sending/queueing gratuitous ARPs"
	}
	return "Sending/queueing Unsolicited Neighbour Adverts"
}

// targets are the addresses with the interface and MAC that they are at.
func (in *instance) targets() []announce.Target {
	list, _ := in.ranked()
	return list
}

// ranked are the targets, and which of the instance's addresses each is.
func (in *instance) ranked() (list []announce.Target, ranks []int) {
	cfg := in.cfg()
	written := append(append([]config.Address(nil), cfg.Addresses...), cfg.Excluded...)
	done := map[place]bool{}
	var name string // of the interface that at and ok are about
	var at place
	var ok bool
	for i, a := range in.addresses() {
		if a.Interface != name || i == 0 {
			name = a.Interface
			at, ok = in.at(name)
		}
		if !ok || a.Prefix.Addr().IsMulticast() { // nobody asks where a group is
			continue
		}
		at := at
		w, bpf := virtualMAC(cfg, &written[i])
		if bpf {
			at.mac = [6]byte(w.Hardware())
		}
		extra := extra(cfg, &written[i]) && !done[at]
		done[at] = done[at] || extra
		list = append(list, announce.Target{IfIndex: at.index, MAC: at.mac, Addr: a.Prefix.Addr(), Extra: extra})
		ranks = append(ranks, i)
	}
	return list, ranks
}

func schedule(g config.GARP) announce.Schedule {
	return announce.Schedule{
		Repeat: g.Repeat, Delay: g.Delay, Refresh: g.Refresh, RefreshRepeat: g.RefreshRepeat,
		LowerRepeat: g.LowerPrioRepeat, LowerDelay: g.LowerPrioDelay, Extra: g.ExtraInterval,
	}
}

// announced tells that a burst has left: the takeover is complete with the first.
func (in *instance) announced(why announce.Reason, at time.Time) {
	in.mu.Lock()
	expiry := in.expiry
	if why == announce.Takeover {
		in.expiry = time.Time{}
	}
	in.mu.Unlock()
	if why == announce.Takeover && !expiry.IsZero() {
		in.d.history.Add(control.Event{
			Time: at, Kind: control.KindTakeoverDone, Instance: in.cfg().Name, Text: "addresses held and announced",
			Evidence: &control.Evidence{Takeover: control.Seconds(at.Sub(expiry))},
		})
		in.meter().Takeover(at.Sub(expiry))
	}
}
