package show

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew; read the diff as its reviewer")

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// golden compares a text with a file, and checks what holds for every text:
// its width, and that colour changes nothing but the colour.
func golden(t *testing.T, name string, text func(Paper) string) {
	t.Helper()
	got := text(Paper{})
	for line := range strings.Lines(got) {
		if n := columns(strings.TrimRight(line, "\n")); n > Width {
			t.Errorf("%s: %d columns: %q", name, n, line)
		}
		if strings.TrimRight(line, "\n") != strings.TrimRight(line, " \n") {
			t.Errorf("%s: blanks at the end of %q", name, line)
		}
	}
	if strings.ContainsRune(got, '\x1b') {
		t.Errorf("%s: escape sequences without colour", name)
	}
	if coloured := text(Paper{Colour: true}); escapes.ReplaceAllString(coloured, "") != got {
		t.Errorf("%s: colour changes the text:\n%s", name, coloured)
	}
	path := filepath.Join("testdata", name+".txt")
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// now is when the answers of these tests were made.
var now = time.Date(2026, 3, 14, 2, 17, 19, 500e6, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

func sec(d time.Duration) control.Seconds { return control.Seconds(d) }

// sample is the backup of field case 1 after it has taken over.
func sample() control.Status {
	return control.Status{
		Version: "1.0.0", GoVersion: "go1.26", PID: 4711, Hostname: "director-b", RouterID: "LVS_B", RuntimeDir: "/run/xvrrp",
		StartedAt: ago(76 * time.Hour), Now: now, Listen: "127.0.0.1:9112",
		Files:      []control.File{{Path: "/etc/keepalived/keepalived.conf", Bytes: 1204, Lines: 65}},
		Reload:     control.Reload{At: ago(76 * time.Hour), OK: true},
		Dataplanes: []control.Dataplane{{Interface: "eth0", Mode: "xdp"}, {Interface: "eth1", Mode: "socket", Reason: "operation not permitted"}},
		Kernel:     []control.KernelCount{{Interface: "eth0", Verdict: "accepted", Packets: 274000}, {Interface: "eth0", Verdict: "ttl", Packets: 31}},
		Instances:  []control.InstanceStatus{taken(), inner()},
		Groups:     []control.GroupStatus{{Name: "G1", State: control.Backup, Since: ago(time.Hour), Members: []string{"VI_1", "VI_inner"}}},
		Trackers: []control.TrackerStatus{
			{Kind: "script", Name: "chk_haproxy", Known: true, Up: false, Weight: 2, Text: "exited with status 1", LastRun: ago(1200 * time.Millisecond), Duration: sec(3 * time.Millisecond)},
			{Kind: "file", Name: "switch"},
		},
	}
}

func taken() control.InstanceStatus {
	return control.InstanceStatus{
		Name: "VI_1", Interface: "eth0", VRID: 51, Family: "ipv4", Version: 2, Dataplane: "xdp",
		State: control.Master, Since: ago(4*time.Minute + 12*time.Second), Reason: "no_advert", Faults: []string{},
		Priority: 80, ConfiguredPriority: 80, Preempt: true, PrimaryAddress: "192.168.14.131", Peers: []string{},
		AdvertInterval: sec(time.Second), MasterDownInterval: sec(3687500 * time.Microsecond), SkewTime: sec(687500 * time.Microsecond),
		Master:   &control.MasterStatus{Address: "192.168.14.131", Priority: 80, Self: true, LastAdvertAge: sec(212 * time.Millisecond), AdvertInterval: sec(time.Second)},
		VIPs:     []control.VIPStatus{{Address: "192.168.14.201/32", Interface: "eth0", Held: true}},
		Trackers: []string{}, SplitBrain: true,
		Counters: control.Counters{Received: 274000, Sent: 253, BecameMaster: 1, Rejected: map[string]uint64{"ttl": 31}},
	}
}

func inner() control.InstanceStatus {
	return control.InstanceStatus{
		Name: "VI_inner", Interface: "eth1", VRID: 52, Family: "ipv4", Version: 3, Dataplane: "socket",
		State: control.Backup, Since: ago(49 * time.Hour), Reason: "startup", Faults: []string{},
		Priority: 99, ConfiguredPriority: 99, Preempt: true, PrimaryAddress: "10.1.1.12", Unicast: true, Peers: []string{"10.1.1.11"},
		AdvertInterval: sec(100 * time.Millisecond), MasterDownInterval: sec(361328125), SkewTime: sec(61328125),
		Master:   &control.MasterStatus{Address: "10.1.1.11", MAC: "52:54:00:00:00:11", Priority: 160, LastAdvertAge: sec(41300 * time.Microsecond), AdvertInterval: sec(100 * time.Millisecond)},
		VIPs:     []control.VIPStatus{{Address: "10.1.1.200/24", Interface: "eth1", Label: "eth1:vip"}},
		Trackers: []string{"script chk_haproxy"},
		Counters: control.Counters{Received: 1764000, Rejected: map[string]uint64{}},
	}
}

// story is the history of the takeover.
func story() []control.Event {
	deadline := ago(4*time.Minute + 12*time.Second)
	last := deadline.Add(-3687500 * time.Microsecond)
	return []control.Event{
		{Seq: 1, Earlier: true, Time: ago(76 * time.Hour), Kind: control.KindTransition, Instance: "VI_1", From: control.Init, To: control.Backup, Reason: "startup", Text: "start"},
		{Seq: 2, Time: ago(76*time.Hour - time.Second), Kind: control.KindMaster, Instance: "VI_1", Reason: "active_changed", Text: "(VI_1) master set to 192.168.14.128",
			Evidence: &control.Evidence{Master: "192.168.14.128", MasterPriority: 90}},
		{Seq: 3, Time: deadline, Kind: control.KindTransition, Instance: "VI_1", From: control.Backup, To: control.Master, Reason: "no_advert", Text: "no advert within the down interval",
			Evidence: &control.Evidence{
				Priority: 80, Master: "192.168.14.128", MasterPriority: 90, LastAdvert: &last, LastAdvertAge: sec(3687600 * time.Microsecond),
				Limit: sec(3687500 * time.Microsecond), Deadline: &deadline, Lateness: sec(100 * time.Microsecond),
				Rejected: map[string]uint64{"ttl": 4}, TTL: 64, MasterMAC: "52:54:00:00:00:28",
				Kernel: map[string]uint64{"ttl": 31}, KernelSince: &last,
			}},
		{Seq: 4, Time: deadline.Add(2 * time.Millisecond), Kind: control.KindTakeoverDone, Instance: "VI_1", Reason: "takeover", Text: "addresses held and announced",
			Evidence: &control.Evidence{Takeover: sec(1900 * time.Microsecond)}},
		{Seq: 5, Time: ago(4 * time.Minute), Kind: control.KindConflict, Instance: "VI_1", Text: "another host claims 192.168.14.201",
			Evidence: &control.Evidence{Address: "192.168.14.201", MAC: "52:54:00:00:00:28"}},
	}
}
