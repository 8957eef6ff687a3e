package test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// follow yields the events of a node as its control socket tells them.
func (n *node) follow() <-chan event {
	n.t.Helper()
	socket := filepath.Join(n.runtimeDir(), "xvrrp.sock")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	ctx, cancel := context.WithCancel(context.Background())
	n.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://xvrrp/v1/events?follow=1", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		n.t.Fatalf("follow the events: %v %v", resp, err)
	}
	out := make(chan event, 1024)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			var e event
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				out <- e
			}
		}
	}()
	return out
}

// saysHere is a gratuitous ARP of a stranger for the address.
func saysHere(op byte, target netip.Addr, to net.HardwareAddr) []byte {
	return claimsFor(netip.MustParseAddr(peersVIP), op, target, to)
}

// claimsFor is an ARP message of a stranger who has an address.
func claimsFor(addr netip.Addr, op byte, target netip.Addr, to net.HardwareAddr) []byte {
	vip := addr.As4()
	asked := target.As4()
	f := append(append(append([]byte{}, to...), attacker...), 8, 6, 0, 1, 8, 0, 6, 4, 0, op)
	f = append(append(f, attacker...), vip[:]...)
	f = append(append(f, 0, 0, 0, 0, 0, 0), asked[:]...)
	return append(f, make([]byte, 60-len(f))...)
}

// BenchmarkDetection measures from the moment that a frame of a second master is put on the wire to its event at the
// control socket. A frame is sent again every 10 ms until its event is there, and the time counts from the first: one is enough
// for each kind (TestOneForeignAdvertIsEnough), and more are sent for a frame that is lost.
//
//	go test ./test -run '^$' -bench Detection -benchtime 8x
func BenchmarkDetection(b *testing.B) {
	l := newLAN(b, peersNetwork)
	l.a.serving(quick(conf(3, "BACKUP", 200, guardInterval)))
	l.owned(peersVIP, "a", patience)
	time.Sleep(time.Second) // a worse advert just after a takeover is the last word of who yields
	events, send := l.a.follow(), l.sender()
	vip := netip.MustParseAddr(peersVIP)
	all := net.HardwareAddr{255, 255, 255, 255, 255, 255}
	kinds := []struct {
		sign  string
		frame []byte
	}{
		{"lower_priority_advert", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.Interval = 200 * time.Millisecond })},
		{"claim", saysHere(1, vip, all)},
		{"probe", saysHere(2, netip.MustParseAddr(l.a.ip), l.a.Link("eth0").Attrs().HardwareAddr)},
		{"other_version", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.Version, a.Interval = wire.V2, time.Second })},
		{"same_source", junkAdvert(l.a.ip, func(a *wire.Advert) { a.Interval = 200 * time.Millisecond })},
		{"other_vrid", junkAdvert("10.9.0.77", func(a *wire.Advert) { a.VRID, a.Interval = 77, 200*time.Millisecond })},
	}
	took := map[string][]time.Duration{}
	await := func(kind, reason string, resend []byte) {
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		limit := time.After(patience)
		for {
			select {
			case e, ok := <-events:
				if !ok {
					b.Fatal("the control socket closed")
				}
				if e.Kind == kind && e.Reason == reason {
					return
				}
			case <-again.C:
				if resend != nil {
					if err := send(resend); err != nil {
						b.Fatal(err)
					}
				}
			case <-limit:
				b.Fatalf("no event %s %s", kind, reason)
			}
		}
	}
	for range b.N {
		for _, c := range kinds { // an answer to a question is a claim as well, so it comes after that
			at := time.Now()
			if err := send(c.frame); err != nil {
				b.Fatal(err)
			}
			await("conflict", c.sign, c.frame)
			took[c.sign] = append(took[c.sign], time.Since(at))
		}
		await("split_brain", "ended", nil)
	}
	b.ReportMetric(0, "ns/op")
	for sign, list := range took {
		slices.Sort(list)
		b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, sign+"-p50-ms")
		b.ReportMetric(float64(list[len(list)-1].Microseconds())/1000, sign+"-max-ms")
		b.Logf("%s: p50 %v, max %v of %d", sign, list[len(list)/2], list[len(list)-1], len(list))
	}
}
