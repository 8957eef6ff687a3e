package config

import (
	"fmt"
	"strings"
	"testing"
)

// TestRouteTwice: what the kernel cannot keep apart is told at the second's line, with the first's place and a remedy.
func TestRouteTwice(t *testing.T) {
	const instance = "vrrp_instance VI_%d {\ninterface eth0\nvirtual_router_id %[1]d\nvirtual_ipaddress { 192.0.2.%[1]d/24 }\n%s\n}\n"
	routes := func(lines ...string) string { return "virtual_routes {\n" + strings.Join(lines, "\n") + "\n}" }
	rules := func(lines ...string) string { return "virtual_rules {\n" + strings.Join(lines, "\n") + "\n}" }
	const group = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"
	for _, c := range []struct {
		name, top, one, two string
		want                string // in the text; empty: nothing is said
	}{
		{"apart", "", routes("10.0.0.0/8 via 192.0.2.3", "10.0.0.0/8 via 192.0.2.4 metric 1", "10.0.0.0/8 via 192.0.2.4 table 7", "10.0.0.0/8 via 192.0.2.4 tos 8", "10.0.0.0/9 via 192.0.2.4"), "", ""},
		{"one list", "", routes("10.0.0.0/8 via 192.0.2.3", "10.0.0.0/8 via 192.0.2.4"), "", "apart from that of x.conf:6:1: same table, TOS and metric, so only one of them stands, this one"},
		{"one list, append", "", routes("10.0.0.0/8 via 192.0.2.3", "10.0.0.0/8 via 192.0.2.4 append"), "", "stands, that one"},
		{"IPv6", "", routes("2001:db8:1::/48 via fe80::3 dev eth0", "2001:db8:1::/48 via fe80::4 dev eth0 metric 1024"), "", "stands, that one"},
		{"names of a table", "", routes("10.0.0.0/8 via 192.0.2.3 table main"), routes("10.1.2.3/8 via 192.0.2.4 table 0xfe"), "became master last"},
		{"two instances", "", routes("default via 192.0.2.3"), routes("default via 192.0.2.4"), "became master last"},
		{"two instances, IPv6", "", routes("default6 via fe80::3 dev eth0"), routes("::/0 via fe80::4 dev eth0"), "became master first"},
		{"static", "static_routes {\n10.0.0.0/8 via 192.0.2.3 dev eth0\n}\n", routes("10.0.0.0/8 via 192.0.2.4"), "", "apart from that of x.conf:2:1"},
		{"the same again", "", routes("10.0.0.0/8 via 192.0.2.3", "10.0.0.0/8 via 192.0.2.3 no_track"), "", "the second has no effect"},
		{"the same in two", "", routes("10.0.0.0/8 via 192.0.2.3"), routes("10.0.0.0/8 via 192.0.2.3"), "as long as one of the two is held"},
		{"the same in a group", group, routes("10.0.0.0/8 via 192.0.2.3"), routes("10.0.0.0/8 via 192.0.2.3"), ""},
		{"not the same in a group", group, routes("10.0.0.0/8 via 192.0.2.3"), routes("10.0.0.0/8 via 192.0.2.4"), "became master last"},
		{"rules", "", rules("from 10.0.0.1 table 7 preference 1"), rules("from 10.0.0.1 table 0x7 preference 1"), "the same rule stands at x.conf:6:1"},
		{"rules apart", "", rules("from 10.0.0.1 table 7 preference 1", "from 10.0.0.1 table 7 preference 2", "from 10.0.0.1 table 7", "from 10.0.0.1 table 7"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.top + fmt.Sprintf(instance, 1, c.one) + fmt.Sprintf(instance, 2, c.two)
			s, findings := Load([]string{"x.conf"}, inMemory(map[string]string{"x.conf": text}))
			if s == nil {
				t.Fatalf("not read: %v", findings)
			}
			var found []Finding
			for _, f := range findings {
				if f.Code == codeRouteTwice {
					found = append(found, f)
				}
			}
			switch {
			case c.want == "" && len(found) == 0:
			case len(found) != 1 || c.want == "":
				t.Errorf("%d findings: %v", len(found), found)
			case !strings.Contains(found[0].Text, c.want) || found[0].Remedy == "" || found[0].Line == "" || found[0].Severity != Warning:
				t.Errorf("%+v, want %q", found[0], c.want)
			}
		})
	}
}
