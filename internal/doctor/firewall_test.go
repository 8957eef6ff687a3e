package doctor

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

var group = netip.MustParseAddr("224.0.0.18")

// firewalls are rule sets that people have, with the places where they stop
// an advert: ">" on the way in, "<" on the way out. Each is judged by us and
// then by the kernel: a raw socket, as keepalived has, sends and receives.
var firewalls = []struct {
	name, tool, rules string
	in, out           string // a part of the stop's text; empty: nothing stops it
}{
	{name: "none", tool: "nft"},
	{name: "policy drop", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; policy drop; ct state established,related accept; iif lo accept; }
			chain output { type filter hook output priority filter; policy accept; }
		}`, in: "table inet filter, chain input (hook input), its policy: drop"},
	{name: "admitted by protocol", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; policy drop; meta l4proto 112 accept; }
		}`},
	{name: "admitted by a set", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; policy drop; meta l4proto { icmp, 112, tcp } accept; }
		}`},
	{name: "another protocol's set", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; policy drop; meta l4proto { icmp, tcp } accept; }
		}`, in: "its policy: drop"},
	{name: "jumps by a verdict map", tool: "nft", rules: `
		table inet filter {
			chain lan { ip daddr 224.0.0.0/24 drop; }
			chain input { type filter hook input priority filter; iifname vmap { "lo" : accept, "eth0" : jump lan }; accept; }
		}`, in: "chain input > lan (hook input), rule 1: drop"},
	{name: "goto and return", tool: "nft", rules: `
		table ip filter {
			chain inner { ip protocol 112 return; drop; }
			chain input { type filter hook input priority filter; policy accept; goto inner; }
		}`},
	{name: "an interval set of addresses", tool: "nft", rules: `
		table ip filter {
			set groups { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 224.0.0.16-224.0.0.20 }; }
			chain input { type filter hook input priority filter; ip daddr @groups drop; }
		}`, in: "rule 1: drop"},
	{name: "beside an interval set", tool: "nft", rules: `
		table ip filter {
			set groups { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 224.0.0.19-224.0.0.20 }; }
			chain input { type filter hook input priority filter; ip daddr @groups drop; }
		}`},
	{name: "prerouting raw", tool: "nft", rules: `
		table ip raw {
			chain pre { type filter hook prerouting priority raw; ip ttl 255 ip protocol 112 drop; }
			chain input { type filter hook input priority filter; accept; }
		}`, in: "hook prerouting"},
	{name: "output reject", tool: "nft", rules: `
		table inet filter {
			chain output { type filter hook output priority filter; oifname "eth0" meta l4proto 112 reject; }
		}`, out: "hook output), rule 1: reject"},
	{name: "packet type", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; meta pkttype multicast drop; }
		}`, in: "rule 1: drop"},
	{name: "fib type", tool: "nft", rules: `
		table inet filter {
			chain input { type filter hook input priority filter; policy drop; fib daddr type multicast accept; }
		}`},
	{name: "ingress of the device", tool: "nft", rules: `
		table netdev in {
			chain in { type filter hook ingress device "eth0" priority filter; ip protocol 112 drop; }
		}`, in: "hook ingress"},
	{name: "iptables of case 1", tool: "iptables", rules: `
		-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
		-A INPUT -i lo -j ACCEPT
		-A INPUT -p icmp -j ACCEPT
		-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
		-A INPUT -m conntrack --ctstate INVALID -j DROP
		-A INPUT -j REJECT --reject-with icmp-host-prohibited`, in: "table ip filter, chain INPUT (hook input), rule 6: reject"},
	{name: "iptables admits vrrp", tool: "iptables", rules: `
		-A INPUT -p vrrp -m comment --comment keepalived -j ACCEPT
		-P INPUT DROP`},
	{name: "iptables drops on output", tool: "iptables", rules: `
		-A OUTPUT -p 112 -d 224.0.0.18/32 -j DROP`, out: "chain OUTPUT (hook output), rule 1: drop"},
	{name: "iptables by packet type", tool: "iptables", rules: `
		-A INPUT -m pkttype --pkt-type multicast -j DROP`, in: "rule 1: drop"},
	{name: "iptables new state", tool: "iptables", rules: `
		-A INPUT -m conntrack --ctstate NEW -j DROP`, in: "rule 1: drop"},
}

func TestFirewallsAgainstTheKernel(t *testing.T) {
	for _, c := range firewalls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := testnet.New(t)
			sw := n.Switch("lan")
			a, b := n.Host("a"), n.Host("b")
			sw.Connect(a, "eth0", "10.41.0.1/24")
			sw.Connect(b, "eth0", "10.41.0.2/24")
			install(t, b, c.tool, c.rules)
			agrees(t, b, a, b, false, c.in)
			agrees(t, b, b, a, true, c.out)
		})
	}
}

// install puts the rules in place on a host.
func install(t *testing.T, h *testnet.Host, tool, rules string) {
	t.Helper()
	if tool == "nft" {
		file := t.TempDir() + "/rules.nft"
		if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
			t.Fatal(err)
		}
		h.Run("nft", "-f", file)
		return
	}
	for line := range strings.Lines(rules) {
		if args := strings.Fields(line); len(args) > 0 {
			h.Run("iptables-nft", append([]string{"-w"}, args...)...)
		}
	}
}

// agrees checks our judgement of judged's firewall and the kernel's.
func agrees(t *testing.T, judged, from, to *testnet.Host, out bool, want string) {
	t.Helper()
	stops := traceOf(t, judged, out)
	switch {
	case want == "" && len(stops) > 0:
		t.Errorf("out %v: stopped at %v, want no stop", out, stops)
	case want != "" && (len(stops) != 1 || !stops[0].Certain || !strings.Contains(stops[0].String(), want)):
		t.Errorf("out %v: stops %v, want %q", out, stops, want)
	}
	if passes(t, from, to) != (want == "") {
		t.Errorf("out %v: the kernel is of another opinion than the test", out)
	}
}

func traceOf(t *testing.T, h *testnet.Host, out bool) []Stop {
	t.Helper()
	var rules Ruleset
	var err error
	index := h.Index("eth0")
	h.Do(func() { rules, err = ReadRules() })
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Out: out, Interface: "eth0", Index: index, Dst: group, VRID: 51, Version: 2}
	if out {
		return rules.Trace(p, wayOut)
	}
	return rules.Trace(p, wayIn)
}

// passes sends adverts by a raw socket and listens at the other end, as a
// daemon without our means does.
func passes(t *testing.T, from, to *testnet.Host) bool {
	t.Helper()
	in, out := raw(t, to), raw(t, from)
	defer in.Close()
	defer out.Close()
	advert := []byte{0x21, 51, 100, 1, 0, 1, 0, 0, 10, 41, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0}
	got := make([]byte, 100)
	for range 3 {
		if _, err := out.WriteTo(advert, &net.IPAddr{IP: group.AsSlice()}); err != nil {
			return false // the firewall said so
		}
		if err := in.SetReadDeadline(time.Now().Add(150 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := in.ReadFrom(got); err == nil {
			return true
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	return false
}

// raw is a socket for protocol 112 on eth0: member of the group, TTL 255.
func raw(t *testing.T, h *testnet.Host) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	var err error
	h.Do(func() { conn, err = openRaw() })
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// The lab's own firewalls stop what their comments say.
func TestLabFirewalls(t *testing.T) {
	t.Parallel()
	n := testnet.New(t)
	h := n.Host("a")
	n.Switch("lan").Connect(h, "eth0", "10.41.0.1/24")
	h.Firewall(lab.DistributionDefault, lab.NoVRRPOut)
	if in := traceOf(t, h, false); len(in) != 1 || in[0].How != "reject" || in[0].Rule != 7 {
		t.Errorf("in: %v", in)
	}
	if out := traceOf(t, h, true); len(out) != 1 || out[0].Rule != 1 {
		t.Errorf("out: %v", out)
	}
}
