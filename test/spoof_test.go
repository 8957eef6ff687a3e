package test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// setting is a column of the table in docs/security.md: how a pair defends itself.
type setting struct {
	column  string
	version int
	block   func(own, peer *node) string
	auth    wire.Auth // what a stranger without the secret signs with, beside nothing
	unicast bool
}

const hmacKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func unicastTo(more string) func(own, peer *node) string {
	return func(own, peer *node) string {
		return fmt.Sprintf("    unicast_src_ip %s\n    unicast_peer {\n        %s%s\n    }", own.ip, peer.ip, more)
	}
}

func always(block string) func(_, _ *node) string { return func(_, _ *node) string { return block } }

var settings = []setting{
	{"nothing set", 3, always(""), wire.Auth{}, false},
	{"`auth_type PASS` (v2)", 2, always(authentication("PASS", "s3cret")), wire.Auth{Type: wire.AuthPass, Password: wire.NewPassword("guess")}, false},
	{"`auth_type AH` (v2)", 2, always(authentication("AH", "s3cret")), wire.Auth{Type: wire.AuthAH, Password: wire.NewPassword("guess")}, false},
	{"`auth_hmac`, `mode enforce`", 3, always("    auth_hmac {\n        key 1 hex:" + hmacKey + "\n        active_key 1\n        mode enforce\n    }"), wire.Auth{}, false},
	{"`unicast_peer`", 3, unicastTo(""), wire.Auth{}, true},
	{"`unicast_peer` with `min_ttl 255`", 3, unicastTo(" min_ttl 255"), wire.Auth{}, true},
}

// raid is a pair under attack, a being master.
type raid struct {
	*lan
	setting
	pa       *testnet.Process
	recorded [][]byte // adverts of a, as they went over the wire
	send     func([]byte) error
}

func newRaid(t *testing.T, s setting) *raid {
	t.Helper()
	r := &raid{lan: newLAN(t, peersNetwork), setting: s}
	r.send = r.sender()
	heard := r.a.Capture("eth0")
	r.b.serving(r.conf(r.b, r.a, 100))
	r.pa = r.a.serving(r.conf(r.a, r.b, 150))
	r.owned(peersVIP, "a", patience)
	testnet.Eventually(t, patience, func() error {
		r.recorded = nil
		for _, f := range heard.Matching(func(f lab.Frame) bool { return f.Out && isAdvert(f.Data) }) {
			r.recorded = append(r.recorded, bytes.Clone(f.Data))
		}
		if len(r.recorded) < 2 {
			return fmt.Errorf("a has sent %d adverts", len(r.recorded))
		}
		return nil
	})
	return r
}

func isAdvert(frame []byte) bool {
	return len(frame) > 34 && frame[12] == 8 && frame[13] == 0 && (frame[23] == 112 || frame[23] == 51)
}

func (r *raid) conf(own, peer *node, priority int) string {
	return strings.Replace(conf(r.version, "BACKUP", priority, "1"), "    virtual_ipaddress {", r.block(own, peer)+"\n    virtual_ipaddress {", 1)
}

// forged are the adverts that an attacker makes who knows everything but the
// secret: unsigned, and signed with a guess.
func (r *raid) forged(victim *node, source string, priority, ttl uint8) (frames [][]byte) {
	for _, auth := range []wire.Auth{{}, r.auth} {
		signer, err := wire.NewSigner(auth)
		if err != nil {
			r.t.Fatal(err)
		}
		a := wire.Advert{
			Version: uint8(r.version), VRID: 51, Priority: priority, Interval: time.Second, TTL: ttl, Signer: signer,
			Src: netip.MustParseAddr(source), Dst: wire.Group(wire.IPv4), Addresses: []netip.Addr{netip.MustParseAddr(peersVIP)},
		}
		to := []byte{1, 0, 0x5e, 0, 0, 0x12}
		if r.unicast {
			a.Dst, to = netip.MustParseAddr(victim.ip), victim.Link("eth0").Attrs().HardwareAddr
		}
		signer.Next(time.Now())
		if err := a.Validate(); err != nil {
			r.t.Fatal(err)
		}
		frames = append(frames, a.Append(append(append(append([]byte{}, to...), attacker...), 8, 0)))
	}
	return frames
}

// attacker is the Ethernet address of whoever forges.
var attacker = net.HardwareAddr{2, 0, 0, 0, 0, 0x66}

// attack is a row of the table.
type attack struct {
	row string
	run func(r *raid) (stopped bool, reasons []string)
}

var attacks = []attack{
	{"an advert of higher priority, by a stranger on the link", func(r *raid) (bool, []string) {
		return r.unseat(r.forged(r.a, stranger, 254, 255))
	}},
	{"an advert of priority 255", func(r *raid) (bool, []string) {
		return r.unseat(r.forged(r.a, stranger, 255, 255))
	}},
	{"an advert with the backup's address as source", func(r *raid) (bool, []string) {
		return r.unseat(r.forged(r.a, r.b.ip, 254, 255))
	}},
	{"the same from beyond a router (TTL below 255)", func(r *raid) (bool, []string) {
		return r.unseat(r.forged(r.a, r.b.ip, 254, 254))
	}},
	{"an advert with our own source address", func(r *raid) (bool, []string) {
		return r.unseat(r.forged(r.a, r.a.ip, 254, 255))
	}},
	{"priority 0 in the master's name", func(r *raid) (bool, []string) {
		before := r.elections()
		return r.outcome(r.b, r.forged(r.b, r.a.ip, 0, 255), 800*time.Millisecond, func() bool { return r.elections() > before })
	}},
	// The last one: the master is dead after it.
	{"a recorded advert, sent again after the master's death", (*raid).replay},
}

// elections is how often b became master because somebody said goodbye.
func (r *raid) elections() (n int) {
	for _, e := range r.b.events() {
		if e.Kind == "transition" && e.Reason == "priority_zero" {
			n++
		}
	}
	return n
}

// unseat attacks the master.
func (r *raid) unseat(frames [][]byte) (stopped bool, reasons []string) {
	return r.outcome(r.a, frames, 0, func() bool { return r.a.instance().State != "MASTER" })
}

// outcome sends frames, with a pause between, until they work or are refused, and
// goes on for a few more then. Who refuses says so by source.
func (r *raid) outcome(victim *node, frames [][]byte, pause time.Duration, works func() bool) (stopped bool, reasons []string) {
	r.t.Helper()
	more, before := 5, r.refused(victim, attacker.String())
	testnet.Eventually(r.t, patience, func() error {
		for _, f := range frames {
			if err := r.send(f); err != nil {
				return err
			}
		}
		time.Sleep(pause)
		if works() {
			return nil
		}
		reasons = nil
		for reason, n := range r.refused(victim, attacker.String()) {
			if n > before[reason] {
				reasons = append(reasons, reason)
			}
		}
		if len(reasons) == 0 {
			return fmt.Errorf("priority %d: neither works nor is refused: %+v", frames[0][14+20+2], victim.instance())
		}
		if more--; more > 0 {
			return fmt.Errorf("refused, and goes on")
		}
		stopped = true
		return nil
	})
	r.owned(peersVIP, "a", patience) // as before the attack
	return stopped, reasons
}

// refused counts what a node refused of what came from a MAC, by reason.
func (r *raid) refused(n *node, mac string) map[string]int {
	all := map[string]int{}
	for _, s := range n.instance().RefusedFrom {
		if s.MAC == mac {
			for reason, count := range s.Rejected {
				all[reason] += count
			}
		}
	}
	return all
}

// replay kills the master and plays its adverts to the backup. What works
// keeps the backup from taking over for three times as long as it waits.
func (r *raid) replay() (stopped bool, reasons []string) {
	r.t.Helper()
	mac := r.a.Link("eth0").Attrs().HardwareAddr.String()
	r.pa.Signal(syscall.SIGKILL) // and no wait for its end
	for end := time.Now().Add(3 * 3700 * time.Millisecond); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, f := range r.recorded {
			if err := r.send(f); err != nil {
				r.t.Fatal(err)
			}
		}
		if r.b.instance().State == "MASTER" {
			for reason := range r.refused(r.b, mac) {
				reasons = append(reasons, reason)
			}
			if len(reasons) == 0 {
				r.t.Errorf("b took over and refused nothing: the replay did not reach it")
			}
			return true, reasons
		}
	}
	return false, nil
}

// What each setting stops, and what it does not, is what the table in
// docs/security.md says: the four things that tools do which attack VRRP on a
// LAN, and a few more.
func TestSpoofing(t *testing.T) {
	table := securityTable(t)
	for _, s := range settings {
		t.Run(s.column, func(t *testing.T) {
			t.Parallel()
			r := newRaid(t, s)
			for _, a := range attacks {
				cell, ok := table[a.row][s.column]
				if !ok {
					t.Errorf("docs/security.md has no cell for %q with %s", a.row, s.column)
				}
				stopped, reasons := a.run(r)
				got := "✗"
				if stopped {
					got = "✓"
				}
				if !strings.HasPrefix(cell, got) {
					t.Errorf("%s: %s (%v), docs/security.md says %q", a.row, got, reasons, cell)
				}
				for _, reason := range reasons {
					if stopped && !strings.Contains(cell, "`"+reason+"`") {
						t.Errorf("%s: refused for %s, docs/security.md says %q", a.row, reason, cell)
					}
				}
			}
			text := r.b.Run(binary, "--runtime-dir", r.b.runtimeDir(), "explain", "VI_1")
			if len(r.b.instance().RefusedFrom) > 0 && !strings.Contains(text, "From ") {
				t.Errorf("explain names no sender of refused adverts:\n%s", text)
			}
		})
	}
}

// securityTable reads the table of docs/security.md: row, column, cell.
func securityTable(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (.*) \|$`).FindAllStringSubmatch(string(text), -1)
	table := map[string]map[string]string{}
	var columns []string
	for _, m := range rows {
		cells := strings.Split(m[1], " | ")
		switch {
		case cells[0] == "attack":
			columns = cells[1:]
		case columns != nil && len(cells) == len(columns)+1 && table[cells[0]] == nil && !strings.HasPrefix(cells[0], "---"):
			table[cells[0]] = map[string]string{}
			for i, c := range columns {
				table[cells[0]][c] = cells[i+1]
			}
		}
	}
	if len(table) < len(attacks) {
		t.Fatalf("docs/security.md has %d rows, there are %d attacks", len(table), len(attacks))
	}
	return table
}
