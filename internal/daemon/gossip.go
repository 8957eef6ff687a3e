package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// gossip carries small news from the loop thread to the log, where each kind
// is said once and then at most every gossipEvery: somebody who floods the
// link must not flood the log, nor hold the loop thread up.
type gossip struct {
	log    *slog.Logger
	news   *bell.Mailbox[rumour]
	lost   atomic.Uint64
	said   map[rumour]*saying
	follow func(rumour) // told of every kind when it is heard first, may be nil
}

// gossipEvery is how long one kind of news is kept quiet after it was said.
const gossipEvery = 30 * time.Second

// rumour is one piece of news. Equal rumours are one kind.
type rumour struct {
	instance string
	path     string            // of a second path's heartbeats
	ifindex  int               // where there is no instance
	reject   wire.Reject       // an advert that was refused
	peer     netip.Addr        // to whom an advert did not leave, or what is claimed
	claim    [6]byte           // who claims peer, one of our addresses
	form     wire.ChecksumForm // which checksum peer sends
	err      string
	question bool // err is why a question to peer did not leave
}

type saying struct {
	at    time.Time
	times int // heard since
}

func newGossip(log *slog.Logger, b *bell.Bell) *gossip {
	return &gossip{log: log, news: bell.NewMailbox[rumour](b, 256), said: map[rumour]*saying{}}
}

// put never blocks. What does not fit is counted and lost. Loop thread.
func (g *gossip) put(r rumour) {
	if !g.news.Put(r) {
		g.lost.Add(1)
	}
}

// run logs until ctx ends.
func (g *gossip) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.news.Mail():
		}
		for r, ok := g.news.Take(); ok; r, ok = g.news.Take() {
			g.hear(r, time.Now())
		}
	}
}

func (g *gossip) hear(r rumour, now time.Time) {
	s := g.said[r]
	switch {
	case s == nil && len(g.said) >= 4096:
		return // a flood of kinds: those that were said are enough
	case s == nil:
		g.said[r] = &saying{at: now}
		if g.follow != nil {
			g.follow(r)
		}
		g.say(r, 1)
	case now.Sub(s.at) < gossipEvery:
		s.times++
	default:
		g.say(r, s.times+1)
		s.at, s.times = now, 0
	}
}

func (g *gossip) say(r rumour, times int) {
	attrs := []any{"times", times}
	switch {
	case r.form != wire.NoForm:
		g.log.Info(fmt.Sprintf("(%s) %v sends the version 3 checksum in the form %v", r.instance, r.peer, r.form))
	case r.claim != [6]byte{}:
		g.log.Warn(fmt.Sprintf("(%s) another host claims our virtual address %v", r.instance, r.peer),
			append(attrs, "mac", net.HardwareAddr(r.claim[:]).String(), "ifindex", r.ifindex)...)
	case r.question:
		g.log.Debug("question did not leave", append(attrs, "ifindex", r.ifindex, "address", r.peer.String(), "error", r.err)...)
	case r.path != "" && r.err != "":
		g.log.Warn(fmt.Sprintf("(%s) heartbeat on second path %s did not leave (%s)", r.instance, r.path, r.err), append(attrs, "peer", r.peer)...)
	case r.path != "":
		g.log.Warn(fmt.Sprintf("(%s) ignoring received heartbeat on second path %s: %s", r.instance, r.path, r.reject.Error()),
			append(attrs, "reason", r.reject.String(), "from", r.peer)...)
	case r.err != "" && r.peer.IsValid():
		g.log.Warn(fmt.Sprintf("(%s) Cant send advert to %v (%s)", r.instance, r.peer, r.err), attrs...)
	case r.err != "":
		g.log.Warn(fmt.Sprintf("(%s): send advert error (%s)", r.instance, r.err), attrs...)
	case r.instance == "":
		g.log.Debug("advert that is for no instance of ours", append(attrs, "ifindex", r.ifindex, "reason", r.reject.String())...)
	default:
		g.log.Warn(fmt.Sprintf("(%s) ignoring received advertisment: %s", r.instance, r.reject.Error()), append(attrs, "reason", r.reject.String())...)
	}
}
