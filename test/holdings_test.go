package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// holdings are addresses, routes and rules as text.
type holdings struct{ addresses, routes, rules []string }

// differ tells in what the kernel's are not the wanted ones, each exactly once.
func (h holdings) differ(got holdings) error {
	for _, c := range []struct {
		what      string
		want, got []string
	}{{"addresses", h.addresses, got.addresses}, {"routes", h.routes, got.routes}, {"rules", h.rules, got.rules}} {
		want, got := slices.Sorted(slices.Values(c.want)), slices.Sorted(slices.Values(c.got))
		if !slices.Equal(want, got) {
			return fmt.Errorf("%s:\n  %s\nwant\n  %s", c.what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
	return nil
}

// holdings reads what the host has: all addresses but loopback's and the link-local ones that the kernel made, the
// routes with keepalived's protocol or of the test's table, and the rules between the kernel's own.
func (n *node) holdings() (h holdings) {
	n.t.Helper()
	var links []struct {
		IfName   string `json:"ifname"`
		AddrInfo []struct {
			Local, Label, Scope string
			PrefixLen           int
			Protocol            string
		} `json:"addr_info"`
	}
	n.json(&links, "address", "show")
	for _, l := range links {
		for _, a := range l.AddrInfo {
			if l.IfName == "lo" || own(a.Local) {
				continue
			}
			label := a.Label
			if i := strings.LastIndexByte(label, ':'); i < 0 || label[i+1] < 'a' { // the kernel's own, which a rename makes
				label = ""
			}
			h.addresses = append(h.addresses, strings.TrimSpace(fmt.Sprintf("%s %s/%d %s", l.IfName, a.Local, a.PrefixLen, label)))
		}
	}
	for _, family := range []string{"-4", "-6"} {
		for _, line := range n.lines(family, "route", "show", "table", "all", "proto", "18") {
			h.routes = append(h.routes, route(line))
		}
		for _, line := range n.lines(family, "rule", "show") {
			if line = strings.Join(strings.Fields(line), " "); !strings.HasPrefix(line, "0:") && !strings.HasPrefix(line, "3276") {
				h.rules = append(h.rules, strings.TrimSuffix(line, " proto keepalived"))
			}
		}
	}
	return h
}

// route is iproute2's line without what the kernel adds of its own.
func route(line string) string {
	var words []string
	f := strings.Fields(line)
	for i := 0; i < len(f); i++ {
		switch f[i] {
		case "proto", "metric", "pref", "scope", "error":
			i++
		case "linkdown", "dead":
		case "dev":
			if len(words) > 0 && words[0] == "blackhole" {
				i++ // IPv6 shows lo
				continue
			}
			words = append(words, f[i])
		default:
			words = append(words, f[i])
		}
	}
	// The table stands in the middle.
	if i := slices.Index(words, "table"); i >= 0 {
		table := words[i+1]
		words = append(slices.Delete(words, i, i+2), "table", table)
	}
	return strings.Join(words, " ")
}

func (n *node) lines(args ...string) (list []string) {
	n.t.Helper()
	for line := range strings.Lines(n.Run("ip", args...)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (n *node) json(into any, args ...string) {
	n.t.Helper()
	text := n.Run("ip", append([]string{"-j"}, args...)...)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		n.t.Fatalf("ip %v: %v", args, err)
	}
}
