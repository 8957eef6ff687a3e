package test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// scrape reads /metrics of a daemon on the node.
func (n *node) scrape(port int) string {
	n.t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (conn net.Conn, err error) {
			// The socket belongs to the network of the thread that makes it.
			err = n.Host.Host.Do(func() error {
				conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
				return err
			})
			return conn, err
		},
	}}
	answer, err := client.Get("http://xvrrp/metrics")
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		n.t.Fatalf("scrape: %s, %v:\n%s", answer.Status, err, text)
	}
	return string(text)
}

// withMetrics starts a daemon that has something of everything to show, and
// waits until it is up.
func withMetrics(t *testing.T, n *node, port int) *testnet.Process {
	t.Helper()
	n.write("watched", "1\n")
	file := n.write("keepalived.conf", fmt.Sprintf(`global_defs {
    vrrp_version 3
}
vrrp_script chk {
    script "/bin/true"
    user root
    interval 1
    weight 2
}
vrrp_track_file file {
    file %s/watched
    weight 1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    track_script {
        chk
    }
    track_file {
        file
    }
    virtual_ipaddress {
        10.9.0.100/24
    }
    virtual_ipaddress_excluded {
        10.9.0.101/24
    }
}
`, n.dir))
	own := n.write("xvrrp.conf", fmt.Sprintf("xvrrp {\n  listen 127.0.0.1:%d\n}\n", port))
	p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "run", "-f", file, "-f", own)
	says(t, p, "Startup complete", patience)
	return p
}

// loopback raises lo, which a new namespace has down.
func (n *node) loopback() { n.Up("lo") }

// What a daemon at work serves satisfies Prometheus' own linter, and
// docs/metrics.md lists exactly that.
func TestMetricsAreAsDocumented(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "10.9.0.%d/24")
	for _, n := range l.nodes {
		n.loopback()
	}
	withMetrics(t, l.a, 9112)
	l.owned("10.9.0.100", "a", patience)
	l.b.xvrrp(conf(3, "MASTER", 150, "0.1")) // outdoes a, so that a receives
	l.owned("10.9.0.100", "b", patience)

	var text string
	testnet.Eventually(t, 10*time.Second, func() error {
		text = l.a.scrape(9112)
		if !strings.Contains(text, "xvrrp_script_duration_seconds_count") || !strings.Contains(text, "xvrrp_checksum_form_received_total") {
			return fmt.Errorf("not everything has happened yet")
		}
		return nil
	})
	promtool(t, text, "check", "metrics")

	documented, later := documentedMetrics(t)
	var served []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[1], "go_") || strings.HasPrefix(m[1], "process_") {
			continue // the library's, which the page names as a family
		}
		served = append(served, m[1])
		if !slices.Contains(documented, m[1]) {
			t.Errorf("%s is served and not in docs/metrics.md", m[1])
		}
	}
	for _, name := range documented {
		if !slices.Contains(served, name) && !slices.Contains(later, name) {
			t.Errorf("%s is in docs/metrics.md and not served", name)
		}
	}
	if len(served) < 60 {
		t.Errorf("only %d metrics are served", len(served))
	}
}

// documentedMetrics are the names in the tables of docs/metrics.md; later are
// those that need an event of their kind.
func documentedMetrics(t *testing.T) (all, later []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:xvrrp|keepalived)_[a-z_0-9]+)` \\|.*$").FindAllStringSubmatch(string(text), -1) {
		if slices.Contains(all, row[1]) {
			t.Errorf("docs/metrics.md has %s twice", row[1])
		}
		all = append(all, row[1])
		if strings.Contains(row[0], "†") {
			later = append(later, row[1])
		}
	}
	return all, later
}

// The alert rules do what they say.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		promtool(t, "", args...)
	}
}

// Every alert has a test, and every metric that a rule or the dashboard asks
// for is documented.
func TestMonitoringAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	rules, tests, board := monitoring(t, "alerts.yaml"), monitoring(t, "alerts_test.yaml"), monitoring(t, "dashboard.json")
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1) {
		if !strings.Contains(tests, m[1]) {
			t.Errorf("alert %s has no test", m[1])
		}
	}
	if !json.Valid([]byte(board)) {
		t.Error("the dashboard is no JSON")
	}
	documented, _ := documentedMetrics(t)
	for _, name := range regexp.MustCompile(`\b(?:xvrrp|keepalived)_[a-z_]+`).FindAllString(rules+board, -1) {
		if !slices.Contains(documented, strings.TrimSuffix(name, "_bucket")) {
			t.Errorf("%s is asked for and not in docs/metrics.md", name)
		}
	}
}

func monitoring(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "tools", "monitoring", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// promtool runs Prometheus' tool in tools/monitoring; a complaint fails the test.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	cmd := exec.Command("promtool", args...)
	cmd.Dir = filepath.Join("..", "tools", "monitoring")
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil || input != "" && len(out) > 0 {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
