package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A flood on the link says one line, and how much there was half a minute later.
func TestGossipIsSaidOnce(t *testing.T) {
	var out bytes.Buffer
	g := newGossip(slog.New(slog.NewTextHandler(&out, nil)), nil)
	at := time.Now()
	r := rumour{instance: "VI_1", reject: wire.TTL}
	for i := range 1000 {
		g.hear(r, at.Add(time.Duration(i)*time.Millisecond))
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines for 1000 of one kind", n)
	}
	g.hear(rumour{instance: "VI_1", reject: wire.Checksum}, at)
	g.hear(r, at.Add(gossipEvery+time.Second))
	text := out.String()
	if strings.Count(text, "\n") != 3 || !strings.Contains(text, "times=1000") || !strings.Contains(text, "reason=checksum") {
		t.Errorf("said:\n%s", text)
	}
}

// Whoever invents ever new kinds of news fills neither memory nor log.
func TestGossipForgetsNobodyAndGrowsNotForever(t *testing.T) {
	g := newGossip(slog.New(slog.DiscardHandler), nil)
	for i := range 10000 {
		g.hear(rumour{instance: "VI_1", ifindex: i, reject: wire.VRIDUnknown}, time.Now())
	}
	if len(g.said) > 4096 {
		t.Errorf("%d kinds are remembered", len(g.said))
	}
	for range 1000 {
		g.put(rumour{instance: "VI_1"}) // nobody listens: it must not block
	}
	if g.lost.Load() == 0 {
		t.Error("nothing was counted as lost")
	}
}
