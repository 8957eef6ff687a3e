package test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// get fetches a page from the node's own loopback.
func (n *node) get(url string) string {
	n.t.Helper()
	// The socket is made inside the node's network, by the goroutine that the
	// transport dials on.
	dial := func(_ context.Context, network, address string) (conn net.Conn, err error) {
		inside := n.Host.Host.Do(func() error {
			conn, err = net.Dial(network, address)
			return err
		})
		return conn, inside
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
	res, err := client.Get(url)
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		n.t.Fatalf("%s: %s: %s", url, res.Status, body)
	}
	return string(body)
}

// serving starts an xvrrp with its default listener. It returns when /metrics
// can be had.
func (n *node) serving(conf string) *testnet.Process {
	n.t.Helper()
	file := n.write("keepalived.conf", conf)
	p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "run", "-f", file)
	says(n.t, p, "Startup complete", patience)
	return p
}

// sample is the value of a series whose labels contain all the given texts,
// summed over those that match; -1 when there is none.
func sample(page, name string, labels ...string) float64 {
	sum, found := 0.0, false
next:
	for line := range strings.Lines(page) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(rest, l) {
				continue next
			}
		}
		var v float64
		if _, err := fmt.Sscan(rest[strings.LastIndex(rest, " ")+1:], &v); err == nil {
			sum, found = sum+v, true
		}
	}
	if !found {
		return -1
	}
	return sum
}

// What this much of the daemon can know is on /metrics of 127.0.0.1:9112.
func TestMetrics(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.serving(conf(3, "BACKUP", 200, "0.1"))
	l.owned(peersVIP, "a", patience)
	l.b.serving(conf(3, "BACKUP", 100, "0.1"))
	// A router with a VRID that is not b's, and one with a wrong version.
	l.c.xvrrp(strings.Replace(conf(3, "BACKUP", 10, "0.1"), "virtual_router_id 51", "virtual_router_id 77", 1))

	const url = "http://127.0.0.1:9112/metrics"
	of := func(n *node, name string, labels ...string) float64 { return sample(n.get(url), name, labels...) }
	testnet.Eventually(t, 10*time.Second, func() error {
		a, b := l.a.get(url), l.b.get(url)
		for _, w := range []struct {
			page, name string
			labels     []string
			least      float64
		}{
			{a, "xvrrp_instance_state", []string{`instance="VI_1"`, `interface="eth0"`, `vrid="51"`, `family="ipv4"`, `state="master"`}, 1},
			{b, "xvrrp_instance_state", []string{`state="backup"`}, 1},
			{a, "xvrrp_transitions_total", []string{`to="master"`, `reason="no_advert"`}, 1},
			{a, "xvrrp_adverts_sent_total", nil, 10},
			{b, "xvrrp_adverts_received_total", []string{`instance="VI_1"`}, 10},
			{b, "xvrrp_advert_delivery_seconds_count", nil, 10},
			{b, "xvrrp_advert_interarrival_seconds_count", nil, 10},
			{a, "xvrrp_timer_lateness_seconds_count", nil, 10},
			{a, "xvrrp_takeover_seconds_count", nil, 1},
			{a, "xvrrp_vip_held", []string{`address="` + peersVIP + `"`}, 1},
			{a, "xvrrp_announcements_sent_total", []string{`kind="garp"`}, 5},
			{a, "xvrrp_dataplane_info", []string{`interface="eth0"`, `mode="xdp"`}, 1},
			{b, "xvrrp_kernel_adverts_total", []string{`interface="eth0"`, `verdict="vrid_unknown"`}, 1},
			{b, "xvrrp_kernel_adverts_total", []string{`interface="eth0"`}, 10},
			{a, "xvrrp_instance_priority", nil, 200},
			{a, "xvrrp_instance_configured_priority", nil, 200},
			{a, "xvrrp_build_info", []string{`goversion="go`}, 1},
			{a, "xvrrp_config_last_reload_successful", nil, 1},
			{b, "keepalived_vrrp_state", nil, 1},
		} {
			if got := sample(w.page, w.name, w.labels...); got < w.least {
				return fmt.Errorf("%s%v is %v, want at least %v", w.name, w.labels, got, w.least)
			}
		}
		return nil
	})
	if got := of(l.b, "xvrrp_vip_held"); got != 0 {
		t.Errorf("the backup says that it holds the address: %v", got)
	}
	if got := of(l.a, "xvrrp_instance_state", `state="backup"`); got != 0 {
		t.Errorf("the master is a backup as well: %v", got)
	}
}

// A listener that is taken is one clear error, and nothing stays behind.
func TestListenInUseIsRefused(t *testing.T) {
	l := newLAN(t, peersNetwork)
	l.a.serving(conf(3, "BACKUP", 200, "0.1"))
	other := filepath.Join(t.TempDir(), "run")
	p := l.a.Start(binary, "--runtime-dir", other, "run", "-f", filepath.Join(l.a.dir, "keepalived.conf"))
	if err := p.Wait(patience); err == nil || !strings.Contains(p.Output(), "127.0.0.1:9112") {
		t.Errorf("exit %v:\n%s", err, p.Output())
	}
}
