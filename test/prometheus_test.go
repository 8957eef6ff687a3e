package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// panel is what the dashboard asks for in one place.
type panel struct{ title, query string }

// panels are the dashboard's queries with its variables filled in.
func panels(t *testing.T) (list []panel) {
	t.Helper()
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(monitoring(t, "dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$job", ".*", "$vr", ".*", "$__rate_interval", "20s", "$__interval", "20s")
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			query := fill.Replace(target.Expr)
			if strings.Contains(query, "$") {
				t.Errorf("%s has an unknown variable: %s", p.Title, query)
			}
			list = append(list, panel{p.Title, query})
		}
	}
	if len(list) < 12 {
		t.Fatalf("the dashboard has %d queries", len(list))
	}
	return list
}

// A Prometheus that scrapes two routers and a stranger has something to show
// for every query of the dashboard, and takes every alert rule: the names, the
// labels and the joins are those that are served.
func TestDashboardShowsData(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.c.loopback()
	var targets []string
	for _, n := range l.nodes {
		targets = append(targets, fmt.Sprintf("%q", n.ip+":9112"))
	}
	start := func(n *node, priority int) {
		file := n.write("keepalived.conf", `vrrp_script chk {
    script "/bin/true"
    user root
    interval 1
    weight 2
}
`+strings.Replace(conf(3, "BACKUP", priority, "0.1"), "    virtual_ipaddress {", "    track_script {\n        chk\n    }\n    virtual_ipaddress {", 1))
		own := n.write("xvrrp.conf", "xvrrp {\n  listen "+n.ip+":9112\n}\n")
		p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "run", "-f", file, "-f", own)
		says(t, p, "Startup complete", patience)
	}
	rules, err := filepath.Abs(filepath.Join("..", "tools", "monitoring", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := l.c.write("prometheus.yml", fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: xvrrp
    static_configs: [{targets: [%s]}]
`, rules, strings.Join(targets, ", ")))
	data := filepath.Join(l.c.dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	server := l.c.Start("prometheus", "--config.file="+file, "--storage.tsdb.path="+data, "--web.listen-address=127.0.0.1:9090")
	says(t, server, "Server is ready", patience)
	for _, n := range l.nodes { // after Prometheus, so that it sees the counters grow
		start(n, map[*node]int{l.a: 200, l.b: 100}[n])
	}
	l.owned(peersVIP, "a", patience)
	// Refused by both: version 2 where 3 is configured.
	l.c.xvrrp(conf(2, "BACKUP", 50, "1"))

	for _, p := range panels(t) {
		testnet.Eventually(t, patience, func() error {
			var answer struct {
				Status, Error string
				Data          struct{ Result []json.RawMessage }
			}
			text := l.c.get("http://127.0.0.1:9090/api/v1/query?query=" + url.QueryEscape(p.query))
			if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Status != "success" {
				return fmt.Errorf("%s: %v: %s", p.title, err, text)
			}
			if len(answer.Data.Result) == 0 {
				return fmt.Errorf("panel %q shows nothing: %s", p.title, p.query)
			}
			return nil
		})
	}
	var loaded struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health string }
			}
		}
	}
	testnet.Eventually(t, patience, func() error {
		if err := json.Unmarshal([]byte(l.c.get("http://127.0.0.1:9090/api/v1/rules")), &loaded); err != nil {
			return err
		}
		count := 0
		for _, g := range loaded.Data.Groups {
			for _, r := range g.Rules {
				if r.Health != "ok" {
					return fmt.Errorf("rule %s is %s", r.Name, r.Health)
				}
				count++
			}
		}
		if count < 6 {
			return fmt.Errorf("%d rules were loaded", count)
		}
		return nil
	})
}
