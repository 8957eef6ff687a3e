package doctor

import (
	"net/netip"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables/expr"
)

var (
	vip   = netip.MustParsePrefix("10.1.1.200/24")
	base  = Address{Prefix: netip.MustParsePrefix("10.1.1.11/24")}
	ff12  = netip.MustParseAddr("ff02::12")
	local = Address{Prefix: netip.MustParsePrefix("fe80::1/64")}
)

// sound is a host that nothing is wrong with.
func sound() (Facts, Needs) {
	return Facts{
			Sysctl: map[string]string{"net/ipv4/ip_forward": "1", "net/ipv4/ip_nonlocal_bind": "1", "net/ipv4/neigh/default/gc_thresh3": "1024"},
			Links: []Link{
				{Name: "lo", Index: 1, Up: true, Loopback: true},
				{Name: "eth0", Index: 2, Up: true, Multicast: true, Ethernet: true, Addresses: []Address{base, local}, Groups: []netip.Addr{group, ff12}},
			},
			Filters:     map[string]Filter{"lo": {}, "eth0": {Groups: []MAC{{1, 0, 0x5e, 0, 0, 18}, {0x33, 0x33, 0, 0, 0, 18}}}},
			Clocksource: "tsc",
		}, Needs{Daemon: true, Instances: []Instance{{
			Name: "VI_1", Interface: "eth0", VRID: 51, Version: 2, AdvertInterval: time.Second, Group: group,
			Addresses: []Virtual{{vip, "eth0"}},
		}}}
}

func six(n *Needs) { n.Instances[0].IPv6, n.Instances[0].Group = true, ff12 }

func chainWith(hook, family string, v expr.VerdictKind) Ruleset {
	return Ruleset{Chains: []Chain{{Family: family, Table: "t", Name: "c", Hook: hook, Rules: []Rule{{[]expr.Any{&expr.Verdict{Kind: v}}}}}}}
}

// faults are one for each code and severity: what is changed on a sound host.
var faults = []struct {
	code     string
	severity Severity
	change   func(*Facts, *Needs)
}{
	{"interface_missing", Problem, func(f *Facts, _ *Needs) { f.Links = f.Links[:1] }},
	{"interface_down", Problem, func(f *Facts, _ *Needs) { f.Links[1].Up = false }},
	{"no_address", Problem, func(f *Facts, _ *Needs) { f.Links[1].Addresses = []Address{{Prefix: vip}} }},
	{"no_address", Problem, func(f *Facts, n *Needs) { six(n); f.Links[1].Addresses[1].Tentative = true }},
	{"no_address", Problem, func(_ *Facts, n *Needs) { n.Instances[0].Source = netip.MustParseAddr("10.1.1.99") }},
	{"ipv6_disabled", Problem, func(f *Facts, n *Needs) { six(n); f.Sysctl["net/ipv6/conf/all/disable_ipv6"] = "1" }},
	{"multicast_off", Problem, func(f *Facts, _ *Needs) { f.Links[1].Multicast = false }},
	{"not_joined", Warning, func(f *Facts, _ *Needs) { f.Links[1].Groups = nil }},
	{"nic_filter", Warning, func(f *Facts, _ *Needs) { f.Filters["eth0"] = Filter{} }},
	{"dhcp_address", Warning, func(f *Facts, _ *Needs) { f.Links[1].Addresses[0].Dynamic = true }},
	{"vip_two_macs", Problem, func(f *Facts, _ *Needs) {
		f.LAN = []Answers{{vip.Addr(), "eth0", []string{"02:00:00:00:00:01", "02:00:00:00:00:02"}}}
	}},
	{"vip_silent", Warning, func(f *Facts, _ *Needs) { f.LAN = []Answers{{vip.Addr(), "eth0", nil}} }},
	{"vip_left", Warning, func(f *Facts, n *Needs) {
		n.Daemon = false
		f.Links[1].Addresses = append(f.Links[1].Addresses, Address{Prefix: vip})
	}},
	{"keepalived_running", Problem, func(f *Facts, _ *Needs) { f.Keepalived = []int{77} }},
	{"keepalived_running", Warning, func(f *Facts, n *Needs) { f.Keepalived, n.Daemon = []int{77}, false }},
	{"neighbour_table", Problem, func(f *Facts, _ *Needs) { f.Neighbours4 = 1000 }},
	{"neighbour_table", Warning, func(f *Facts, _ *Needs) { f.Neighbours4 = 600 }},
	{"arp_ignore", Problem, func(f *Facts, _ *Needs) { f.Sysctl["net/ipv4/conf/eth0/arp_ignore"] = "8" }},
	{"arp_ignore", Problem, func(f *Facts, n *Needs) {
		f.Sysctl["net/ipv4/conf/all/arp_ignore"] = "2"
		n.Instances[0].Addresses[0].Prefix = netip.MustParsePrefix("10.2.2.200/32")
	}},
	{"arp_announce", Problem, func(f *Facts, _ *Needs) {
		f.Sysctl["net/ipv4/conf/all/arp_ignore"] = "1"
		f.Links[0].Addresses = []Address{{Prefix: netip.MustParsePrefix("10.1.1.200/32")}}
	}},
	{"arp_flux", Warning, func(f *Facts, _ *Needs) {
		f.Links = append(f.Links, Link{Name: "eth1", Up: true, Addresses: []Address{{Prefix: netip.MustParsePrefix("10.1.1.12/24")}}})
	}},
	{"rp_filter", Warning, func(f *Facts, _ *Needs) { f.Sysctl["net/ipv4/conf/all/rp_filter"] = "1" }},
	{"ip_forward", Note, func(f *Facts, _ *Needs) { f.Sysctl["net/ipv4/ip_forward"] = "0" }},
	{"ip_nonlocal_bind", Note, func(f *Facts, _ *Needs) { f.Sysctl["net/ipv4/ip_nonlocal_bind"] = "0" }},
	{"no_packet_socket", Problem, func(f *Facts, _ *Needs) { f.Kernel.PacketSend = "operation not permitted" }},
	{"no_bpf", Warning, func(f *Facts, _ *Needs) { f.Kernel.XDP = "not supported" }},
	{"no_ring_buffer", Warning, func(f *Facts, _ *Needs) { f.Kernel.Ring = "not supported" }},
	{"no_bpffs", Warning, func(f *Facts, _ *Needs) { f.Kernel.BPFFS = "not mounted" }},
	{"xdp_in_use", Warning, func(f *Facts, _ *Needs) { f.Links[1].XDP = "cilium" }},
	{"firewall_egress", Problem, func(f *Facts, _ *Needs) { f.Rules = chainWith("egress", "netdev", expr.VerdictDrop) }},
	{"firewall_out", Note, func(f *Facts, _ *Needs) { f.Rules = chainWith("output", "inet", expr.VerdictDrop) }},
	{"firewall_in", Note, func(f *Facts, _ *Needs) { f.Rules = chainWith("input", "ip", expr.VerdictDrop) }},
	{"iptables_legacy", Note, func(f *Facts, _ *Needs) { f.LegacyTables = []string{"filter"} }},
	{"selinux", Note, func(f *Facts, _ *Needs) { f.SELinux = "enforcing" }},
	{"clocksource", Warning, func(f *Facts, _ *Needs) { f.Clocksource = "acpi_pm" }},
	{"cpu_throttled", Warning, func(f *Facts, _ *Needs) { f.CPU = CPU{Periods: 100, Throttled: 3} }},
	{"timer_slack", Warning, func(f *Facts, _ *Needs) { f.CPU.SlackNS = 50000000 }},
	{"bridge_snooping", Note, func(f *Facts, _ *Needs) {
		f.Links[1].Master = "br0"
		f.Links = append(f.Links, Link{Name: "br0", Up: true, Bridge: true, Snooping: true})
	}},
	{"cloud_address", Note, func(f *Facts, n *Needs) {
		f.Vendor = "OpenStack Foundation"
		n.Instances[0].Peers, n.Instances[0].Source = []netip.Addr{netip.MustParseAddr("10.1.1.12")}, base.Prefix.Addr()
	}},
	{"unread", Note, func(f *Facts, _ *Needs) { f.Unread = []string{"the firewall: permission denied"} }},
}

func TestNothingIsWrong(t *testing.T) {
	if found := Judge(sound()); len(found) > 0 {
		t.Errorf("a sound host has %+v", found)
	}
}

// Each fault gives its finding and no other.
func TestJudge(t *testing.T) {
	for _, c := range faults {
		f, n := sound()
		c.change(&f, &n)
		found := Judge(f, n)
		if len(found) != 1 || found[0].Code != c.code || found[0].Severity != c.severity {
			t.Errorf("%s: found %+v", c.code, found)
			continue
		}
		if f := found[0]; f.What == "" || f.Why == "" || f.Remedy == "" {
			t.Errorf("%s: what, why or remedy is missing: %+v", c.code, f)
		}
	}
}

// A cloud's network and multicast: a warning besides the note.
func TestCloudMulticast(t *testing.T) {
	f, n := sound()
	f.Vendor = "Amazon EC2"
	found := Judge(f, n)
	if len(found) != 2 || found[0].Code != "cloud_multicast" || found[0].Severity != Warning {
		t.Errorf("found %+v", found)
	}
}

// A real server that has the address on lo and answers for it: both settings
// are wrong.
func TestRealServer(t *testing.T) {
	f, n := sound()
	f.Links[0].Addresses = []Address{{Prefix: netip.MustParsePrefix("10.1.1.200/32")}}
	found := Judge(f, n)
	if len(found) != 2 || found[0].Code != "arp_ignore" || found[1].Code != "arp_announce" || !Broken(found) {
		t.Errorf("found %+v", found)
	}
}

// Without a configuration every interface that could carry adverts counts.
func TestNoConfiguration(t *testing.T) {
	f, _ := sound()
	f.Rules = chainWith("input", "inet", expr.VerdictDrop)
	found := Judge(f, Needs{})
	if len(found) != 1 || found[0].Code != "firewall_in" || found[0].About != "eth0" {
		t.Errorf("found %+v", found)
	}
}

// codes lists every code that Judge can give, in the order of docs/doctor.md.
func codes() []string {
	return []string{
		"config", "lan_conflict", "interface_missing", "interface_down", "no_address", "ipv6_disabled", "multicast_off", "not_joined", "nic_filter", "dhcp_address",
		"vip_two_macs", "vip_unreachable", "vip_elsewhere", "vip_silent", "vip_left", "keepalived_running",
		"neighbour_table", "arp_ignore", "arp_announce", "arp_flux", "rp_filter", "ip_forward", "ip_nonlocal_bind",
		"no_packet_socket", "no_bpf", "no_ring_buffer", "no_bpffs", "xdp_in_use",
		"firewall_egress", "firewall_out", "firewall_in", "iptables_legacy", "selinux",
		"clocksource", "cpu_throttled", "timer_slack", "bridge_snooping", "cloud_multicast", "cloud_address", "unread",
	}
}

// docs/doctor.md explains each code, and nothing else.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^### `([a-z0-9_]+)`").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	if !slices.Equal(documented, codes()) {
		t.Errorf("docs/doctor.md explains\n%q, codes lists\n%q", documented, codes())
	}
	for _, c := range faults {
		if !slices.Contains(codes(), c.code) {
			t.Errorf("%s is not in codes", c.code)
		}
	}
}

// inTheLab are the codes that Judge alone cannot give, or not alone, and the
// tests that have a daemon or a person's command say them.
var inTheLab = map[string]string{
	"config":          "../../test/operator_doctor_test.go",
	"lan_conflict":    "../../test/operator_conflict_test.go",
	"vip_unreachable": "../../test/ask_test.go",
	"vip_elsewhere":   "../../test/operator_doctor_forced_test.go",
	"cloud_multicast": "judge_test.go",
}

// No code without a test that makes it appear.
func TestEveryCodeIsForced(t *testing.T) {
	forced := map[string]bool{}
	for _, c := range faults {
		forced[c.code] = true
	}
	for code, file := range inTheLab {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`"\[` + code + `\]"|Code != "` + code + `"`).Match(text) {
			t.Errorf("%s says nothing of %s", file, code)
		}
		forced[code] = true
	}
	for _, code := range codes() {
		if !forced[code] {
			t.Errorf("no fault is built for %s", code)
		}
		delete(forced, code)
	}
	for code := range forced {
		t.Errorf("%s is not in codes", code)
	}
}
