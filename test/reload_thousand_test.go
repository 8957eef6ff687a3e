package test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// deck makes random valid configurations over two interfaces.
type deck struct {
	*rand.Rand
	file string // a tracked file
}

// deal is one of them. The fast instance is always there, under one of two
// names and with one of some priorities, and sometimes in a group of its own.
func (d *deck) deal() string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_script yes {\n script /bin/true\n interval %d\n weight %d\n}\n", 1+d.IntN(2), d.IntN(3))
	fmt.Fprintf(&b, "vrrp_script no {\n script /bin/false\n interval 1\n weight %d\n}\n", d.IntN(2)*-7)
	fmt.Fprintf(&b, "track_file number {\n file %s\n weight %d\n}\n", d.file, 1+d.IntN(3))
	names := []string{"A", "B", "C", "D", "E", "F"}
	d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var members []string
	for i := range 1 + d.IntN(5) {
		b.WriteString(d.instance(names[i], i+1))
		members = append(members, names[i])
	}
	if len(members) > 2 && d.IntN(2) == 0 {
		fmt.Fprintf(&b, "vrrp_sync_group G%d {\n group {\n %s\n }\n}\n", d.IntN(2), strings.Join(members[:2], "\n "))
	}
	name := []string{"VI_1", "other"}[d.IntN(2)]
	b.WriteString(fast(name, 200+d.IntN(4)))
	if d.IntN(3) == 0 {
		fmt.Fprintf(&b, "vrrp_sync_group fast {\n group {\n %s\n }\n}\n", name)
	}
	return b.String()
}

// instance is a virtual router with a VRID of its own, which is sometimes
// IPv6, sometimes tracks, and holds some addresses.
func (d *deck) instance(name string, vrid int) string {
	vip := func(n int) string { return fmt.Sprintf("  10.9.%d.%d/32", vrid, n) }
	six := d.IntN(4) == 0
	if six {
		vip = func(n int) string { return fmt.Sprintf("  fe80::%d:%d/64", vrid, n) }
	}
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance %s {\n interface eth%d\n virtual_router_id %d\n version 3\n priority %d\n advert_int %s\n virtual_ipaddress {\n%s\n",
		name, d.IntN(2), vrid, 100+d.IntN(5), []string{"0.05", "0.1"}[d.IntN(2)], vip(1))
	for n := range 4 {
		if d.IntN(2) == 0 {
			b.WriteString(vip(n+2) + "\n")
		}
	}
	b.WriteString(" }\n")
	if d.IntN(3) == 0 {
		fmt.Fprintf(&b, " track_script {\n  %s\n }\n", []string{"yes", "no"}[d.IntN(2)])
	}
	if d.IntN(3) == 0 {
		b.WriteString(" track_file {\n  number\n }\n")
	}
	if d.IntN(3) == 0 {
		b.WriteString(" track_interface {\n  eth1\n }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// picture is what a daemon is and holds, without times and counts.
func (n *node) picture() string {
	n.t.Helper()
	out, code := n.ask("status", "--json")
	if code != 0 {
		n.t.Fatalf("status: exit %d: %s", code, out)
	}
	var s struct {
		Instances []map[string]any `json:"instances"`
		Groups    []map[string]any `json:"groups"`
		Trackers  []map[string]any `json:"trackers"`
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		n.t.Fatal(err)
	}
	var lines []string
	for _, in := range s.Instances {
		lines = append(lines, pick(in, "name", "interface", "vrid", "family", "state", "priority", "configured_priority", "faults", "group",
			"advert_interval", "master_down_interval", "vips", "trackers"))
	}
	for _, g := range s.Groups {
		lines = append(lines, pick(g, "name", "state", "members"))
	}
	var trackers []string
	for _, t := range s.Trackers {
		trackers = append(trackers, pick(t, "kind", "name", "known", "up", "value"))
	}
	slices.Sort(trackers)
	lines = append(lines, trackers...)
	for _, link := range []string{"eth0", "eth1"} {
		addrs := slices.DeleteFunc(n.Addresses(link), func(a string) bool {
			return strings.HasSuffix(a, "/24") || strings.HasSuffix(a, "/64") && !strings.Contains(a, ":") || own(a)
		})
		slices.Sort(addrs)
		lines = append(lines, link+" "+strings.Join(addrs, " "))
	}
	return strings.Join(lines, "\n")
}

// own is a link-local address that the kernel made.
func own(a string) bool { return strings.HasPrefix(a, "fe80::") && strings.Contains(a, "ff:fe") }

func pick(m map[string]any, keys ...string) string {
	var list []string
	for _, k := range keys {
		list = append(list, fmt.Sprintf("%s=%v", k, m[k]))
	}
	return strings.Join(list, " ")
}

// A thousand random reloads leave the same as a fresh start with the last
// file, and the fast master never noticed.
func TestReloadThousand(t *testing.T) {
	const reloads = 1000
	w := newWatched(t, "")
	fresh := w.node("fresh", "10.9.99.%d/24", 1)
	second := w.Switch("second")
	second.Connect(w.lan.a.Host, "eth1", "10.8.0.1/24")
	w.Switch("third").Connect(fresh.Host, "eth1", "10.8.0.1/24")
	d := &deck{rand.New(rand.NewPCG(1, 8)), w.lan.a.write("number", "3\n")}
	began := time.Now()
	last := ""
	for i := range reloads {
		last = d.deal()
		w.lan.a.write("keepalived.conf", last)
		if out, code := w.lan.a.ask("reload"); code != 0 {
			t.Fatalf("reload %d: exit %d: %s\n%s", i, code, out, last)
		}
		if n := len(advertsOf(w.wire, w.lan.b, fastVRID)); n != 0 {
			t.Fatalf("reload %d: b advertised %d times\n%s", i, n, last)
		}
		if w.owners(fastVIP) != "a" {
			t.Fatalf("reload %d: the fast address is gone\n%s", i, last)
		}
	}
	t.Logf("%d reloads, %.1f a second", reloads, reloads/time.Since(began).Seconds())
	w.undisturbed(0)
	port := w.sw // the fresh one must not meet the others
	port.Drop(fresh.port, nil, lab.Everything)
	port.Drop(nil, fresh.port, lab.Everything)
	fresh.xvrrp(last)
	testnet.Eventually(t, patience, func() error {
		if got, want := w.lan.a.picture(), fresh.picture(); got != want {
			return fmt.Errorf("after the reloads:\n%s\nafter a fresh start:\n%s\nwith\n%s", got, want, last)
		}
		return nil
	})
}
