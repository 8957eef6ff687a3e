package wire

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tsharkFields is what we ask of each packet, in this order.
var tsharkFields = []string{
	"vrrp.version", "vrrp.type", "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.addr_count",
	"vrrp.adver_int", "vrrp.short_adver_int", "vrrp.ip_addr", "vrrp.ipv6_addr",
	"vrrp.auth_type", "vrrp.auth_string", "vrrp.checksum.status",
	"ip.src", "ipv6.src", "ip.ttl", "ipv6.hlim", "ip.checksum.status",
	"ah.sequence", "_ws.malformed",
}

// tshark dissects datagrams and returns the fields of each.
func tshark(t *testing.T, datagrams [][]byte, options ...string) []map[string]string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "adverts.pcap")
	writePcap(t, name, datagrams)
	args := []string{"-r", name, "-T", "fields", "-E", "separator=|", "-o", "ip.check_checksum:TRUE"}
	for _, o := range options {
		args = append(args, "-o", o)
	}
	for _, f := range tsharkFields {
		args = append(args, "-e", f)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("tshark", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, stderr.Bytes())
	}
	var rows []map[string]string
	for line := range strings.Lines(string(out)) {
		values := strings.Split(strings.TrimRight(line, "\n"), "|")
		row := map[string]string{}
		for i, f := range tsharkFields {
			row[f] = values[i]
		}
		rows = append(rows, row)
	}
	if len(rows) != len(datagrams) {
		t.Fatalf("tshark sees %d packets, want %d\n%s", len(rows), len(datagrams), stderr.Bytes())
	}
	return rows
}

// tsharkWants is what tshark must say of an advert of ours.
func tsharkWants(f *form, priority uint8) map[string]string {
	a := &f.advert
	var addresses []string
	for _, v := range a.Addresses {
		addresses = append(addresses, v.String())
	}
	want := map[string]string{
		"vrrp.version": fmt.Sprint(a.Version), "vrrp.type": "1",
		"vrrp.virt_rtr_id": fmt.Sprint(a.VRID), "vrrp.prio": fmt.Sprint(priority),
		"vrrp.addr_count": fmt.Sprint(len(a.Addresses)), "vrrp.checksum.status": f.tshark,
		"_ws.malformed": "",
	}
	if a.Version == V2 {
		want["vrrp.adver_int"] = fmt.Sprint(int(a.Interval / time.Second))
		want["vrrp.auth_type"] = fmt.Sprint(uint8(f.auth.Type))
		if f.auth.Type == AuthPass {
			want["vrrp.auth_string"] = "s3cr3t"
		}
	} else {
		want["vrrp.short_adver_int"] = fmt.Sprint(int(a.Interval / (10 * time.Millisecond)))
	}
	if f.auth.Type == AuthAH {
		want["ah.sequence"] = "1"
	}
	if f.settings.Family == IPv4 {
		want["vrrp.ip_addr"] = strings.Join(addresses, ",")
		want["ip.src"], want["ip.ttl"], want["ip.checksum.status"] = a.Src.String(), "255", "1"
	} else {
		want["vrrp.ipv6_addr"] = strings.Join(addresses, ",")
		want["ipv6.src"], want["ipv6.hlim"] = a.Src.String(), "255"
	}
	return want
}

// TestTshark: somebody else's dissector reads from our adverts what we meant,
// and finds their checksums good. It does not know two forms and calls them bad:
// the sum of the message alone in v3, unless an option says so, and a trailer
// outside the sum on IPv4.
func TestTshark(t *testing.T) {
	var datagrams [][]byte
	var wants []map[string]string
	var names []string
	for _, f := range forms(t) {
		for _, priority := range []uint8{0, 1, 150, 255} {
			a := f.advert
			a.Priority, a.Signer = priority, f.signer(t)
			datagrams = append(datagrams, a.Append(nil))
			wants = append(wants, tsharkWants(f, priority))
			names = append(names, fmt.Sprintf("%s priority %d", f.name, priority))
		}
	}
	for i, row := range tshark(t, datagrams) {
		for field, want := range wants[i] {
			if row[field] != want {
				t.Errorf("%s: %s = %q, want %q", names[i], field, row[field], want)
			}
		}
	}
}

// TestTsharkMessageOnly: told that v3 sums are made as in v2, tshark finds the
// form of RFC 9568 good too.
func TestTsharkMessageOnly(t *testing.T) {
	f := findForm(t, "v3-ipv4-message-only")
	rows := tshark(t, [][]byte{f.datagram(t)}, "vrrp.v3_checksum_as_in_v2:TRUE")
	if got := rows[0]["vrrp.checksum.status"]; got != "1" {
		t.Errorf("checksum status %s, want 1 (good)", got)
	}
}
