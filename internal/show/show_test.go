package show

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/doctor"
	"github.com/xvrrp/xvrrp/internal/survey"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func TestStatus(t *testing.T) {
	golden(t, "status", func(p Paper) string { return p.Status(sample()) })

	failed := sample()
	failed.Reload = control.Reload{At: ago(90 * time.Second), Error: "/etc/keepalived/keepalived.conf:9:14: error: priority 300 is not between 1 and 255 [out-of-range]"}
	i := &failed.Instances[1]
	i.State, i.Faults, i.Master = control.Fault, []string{"script chk_haproxy", "interface eth1"}, nil
	i.Name = strings.Repeat("a_very_long_name_", 4)
	for range 300 {
		i.VIPs = append(i.VIPs, i.VIPs[0])
	}
	failed.Instances[0].SplitBrain = false
	failed.Instances[0].Master.Address = "fe80::5054:ff:fe12:3456"
	failed.Instances[0].VIPs[0].Held = false
	i.MainPathLost = true
	i.Paths = []control.PathStatus{
		{Name: "cross", Interface: "eth2", State: control.PathAlive, From: "10.8.0.1", LastHeard: &now, LastHeardAge: sec(20 * time.Millisecond)},
		{Name: "mgmt", Interface: "eth0", Peers: []string{"198.51.100.2"}, State: control.PathSilent, Rejected: map[string]uint64{"hmac_invalid": 7}},
		{Name: "far", Interface: "eth9", State: control.PathDown, Why: "eth9 is not there"},
	}
	golden(t, "status-trouble", func(p Paper) string { return p.Status(failed) })
	golden(t, "status-empty", func(p Paper) string { return p.Status(control.Status{Now: now, StartedAt: now}) })
}

// Field case 1 and 4: why did the backup take over?
func TestExplain(t *testing.T) {
	c := NewCase(sample(), control.Instance{InstanceStatus: taken(), Events: story()})
	c.Firewall = []string{"table ip filter, chain INPUT (hook input), rule 6: reject"}
	golden(t, "explain-ttl", func(p Paper) string { return p.Explain(c) })

	// A network that carries nothing (field cases 2.2 and 4): nothing is refused.
	silent := sample()
	silent.Kernel = nil
	silent.Instances[0].SplitBrain = false
	silent.Instances[0].Counters.Rejected = nil
	events := story()
	events[2].Evidence.Rejected, events[2].Evidence.TTL = nil, 0
	c = NewCase(silent, control.Instance{InstanceStatus: silent.Instances[0], Events: events[:4]})
	golden(t, "explain-silence", func(p Paper) string { return p.Explain(c) })

	// Field case 2.4: the check fails on the master, and nothing moves.
	check := sample()
	i := &check.Instances[1]
	i.State, i.Priority, i.ConfiguredPriority, i.Reason = control.Master, 160, 160, "preempt"
	i.Master = &control.MasterStatus{Address: "10.1.1.11", Self: true, Priority: 160}
	i.Paths = []control.PathStatus{{Name: "cross", Interface: "eth2", State: control.PathSending, Sent: 9}}
	c = NewCase(check, control.Instance{InstanceStatus: *i})
	golden(t, "explain-check", func(p Paper) string { return p.Explain(c) })

	fault := sample()
	i = &fault.Instances[1]
	i.State, i.Faults, i.Reason, i.Master = control.Fault, []string{"script chk_haproxy", "interface eth1", "no_address"}, "fault", nil
	c = NewCase(fault, control.Instance{InstanceStatus: *i, Events: []control.Event{{
		Seq: 9, Time: i.Since, Kind: control.KindTransition, Instance: i.Name, From: control.Master, To: control.Fault, Reason: "fault", Text: "fault",
		Evidence: &control.Evidence{Priority: 99, Faults: []string{"script chk_haproxy"}},
	}}})
	golden(t, "explain-fault", func(p Paper) string { return p.Explain(c) })
}

func TestDiagnose(t *testing.T) {
	for _, c := range []struct {
		code   string
		change func(*Case)
	}{
		{"nopreempt", func(c *Case) { c.Preempt, c.Priority = false, 200 }},
		{"preempting", func(c *Case) { c.Priority = 200 }},
		{"stands_back", func(c *Case) {
			c.Priority = 200
			c.Events = []control.Event{{Kind: control.KindTransition, Instance: c.Name, Reason: "unheard", Evidence: &control.Evidence{}}}
		}},
		{"equal_priority", func(c *Case) { c.Priority = 160 }},
		{"tracker_down", func(c *Case) {
			c.Watched = []control.TrackerStatus{{Kind: "script", Name: "x", Known: true, Weight: -20}}
		}},
		{"late_wakeups", func(c *Case) { c.Counters.WakesAbsorbed = 3 }},
		{"dataplane", func(c *Case) { c.Dataplane = control.Dataplane{Mode: "socket", Reason: "no BPF"} }},
		{"firewall", func(c *Case) { c.Firewall = []string{"rule"} }},
		{"reload_failed", func(c *Case) { c.Reload = control.Reload{At: now, Error: "x"} }},
		{"fenced", func(c *Case) {
			c.Kernel = []control.KernelCount{{Interface: "eth1", Verdict: "fenced", Packets: 9}}
		}},
		{"vip_missing", func(c *Case) { c.State = control.Master }},
		{"vip_conflict", func(c *Case) { c.State, c.VIPs[0].Held, c.VIPs[0].Conflict = control.Master, true, "52:54:00:00:00:28" }},
		{"auth_failure", func(c *Case) { c.Counters.Rejected = map[string]uint64{"auth_failure": 1} }},
		{"vrid_unknown", func(c *Case) {
			c.Kernel = []control.KernelCount{{Interface: "eth1", Verdict: "vrid_unknown", Packets: 7}}
		}},
		{"never_heard", func(c *Case) {
			c.State, c.VIPs[0].Held, c.Master, c.Counters.Received = control.Master, true, nil, 0
			c.Events = []control.Event{{Kind: control.KindTransition, Instance: c.Name, To: control.Master, Reason: "no_advert"}}
		}},
		{"stalled", func(c *Case) {
			c.Events = []control.Event{{Kind: control.KindTransition, Instance: c.Name, Reason: "stalled", Evidence: &control.Evidence{}}}
		}},
		{"late", func(c *Case) {
			c.Events = []control.Event{{Kind: control.KindTransition, Instance: c.Name, Evidence: &control.Evidence{Limit: sec(time.Second), Lateness: sec(time.Second / 2)}}}
		}},
		{"flapping", func(c *Case) {
			for range 4 {
				c.Events = append(c.Events, control.Event{Time: now, Kind: control.KindTransition, Instance: c.Name, To: control.Master})
			}
		}},
		{"drained", func(c *Case) { c.State, c.Faults = control.Fault, []string{"drained"} }},
	} {
		base := NewCase(control.Status{Now: now}, control.Instance{InstanceStatus: inner()})
		if found := Diagnose(base); len(found) > 0 {
			t.Fatalf("a sound backup has %+v", found)
		}
		c.change(&base)
		found := Diagnose(base)
		if len(found) != 1 || found[0].Code != c.code || found[0].Why == "" || found[0].Remedy == "" {
			t.Errorf("%s: %+v", c.code, found)
		}
	}
}

// Every reason and every cause that exists has its explanation.
func TestNothingIsUnexplained(t *testing.T) {
	for r := wire.Reject(1); r.String() != "unknown"; r++ {
		if _, ok := refusals[r.String()]; !ok && !r.Ignored() {
			t.Errorf("reject %v has no advice", r)
		}
	}
	for _, verdict := range []string{"flood_source", "flood_interface", "ring_full", "fenced"} {
		if _, ok := refusals[verdict]; !ok {
			t.Errorf("verdict %s has no advice", verdict)
		}
	}
	for k := vrrp.CauseInterface; k.String() != "unknown"; k++ {
		if _, ok := faults[k.String()]; !ok {
			t.Errorf("cause %v has no advice", k)
		}
	}
}

func TestEvents(t *testing.T) {
	golden(t, "events", func(p Paper) string { return p.Events(story(), now) })
	golden(t, "events-follow", func(p Paper) string {
		var b strings.Builder
		for _, e := range story() {
			b.WriteString(p.Event(e, now))
		}
		return b.String()
	})
}

// What comes from outside cannot drive the terminal.
func TestForeignTextIsHarmless(t *testing.T) {
	e := control.Event{Time: now, Kind: control.KindTracker, Instance: "VI\x1b[2J", Text: "script said \x1b]0;owned\a\u202edcba\r\nnext"}
	for _, p := range []Paper{{}, {Colour: true}} {
		for _, text := range []string{p.Event(e, now), p.Events([]control.Event{e}, now)} {
			if strings.ContainsAny(escapes.ReplaceAllString(text, ""), "\x1b\a\r\u202e") || strings.Count(text, "\n") != 1 {
				t.Errorf("%q", text)
			}
		}
	}
}

func TestReload(t *testing.T) {
	golden(t, "reload", func(p Paper) string {
		return p.Reload(control.ReloadResult{OK: true, Applied: true, Plan: []string{"instance VI_1: priority 90 becomes 95"}}, false) +
			p.Reload(control.ReloadResult{OK: true, Plan: []string{"instance VI_1: priority 90 becomes 95"}}, true) +
			p.Reload(control.ReloadResult{OK: true, Applied: true}, false) +
			p.Reload(control.ReloadResult{Error: "one error", Findings: []string{"a.conf:9:14: error: priority 300 [out-of-range]\n\tpriority 300\n\t         ^\n    remedy: choose 1 to 255\n"}}, false)
	})
}

func TestWho(t *testing.T) {
	a := survey.Answer{MAC: survey.MAC{0x52, 0x54, 0, 0, 0, 0x11}, Took: 210 * time.Microsecond, Count: 3}
	vmac := survey.Answer{MAC: survey.MAC{0, 0, 0x5e, 0, 1, 51}, Took: 340 * time.Microsecond, Count: 3}
	late := survey.Answer{MAC: survey.MAC{0x52, 0x54, 0, 0, 0, 0x13}, Count: 1, Unasked: true}
	here := survey.Answer{MAC: survey.MAC{0x52, 0x54, 0, 0, 0, 0x12}, Local: true}
	golden(t, "who", func(p Paper) string {
		return p.Who("10.1.1.200", "eth1", Holders(nil)) + "\n" +
			p.Who("10.1.1.200", "eth1", Holders([]survey.Answer{a, late})) + "\n" +
			p.Who("10.1.1.200", "eth1", Holders([]survey.Answer{here, a, vmac}))
	})
	for want, list := range map[int][]survey.Answer{0: {late}, 1: {a, late}, 3: {here, a, vmac}} {
		if got := Claimants(Holders(list)); got != want {
			t.Errorf("%v: %d claimants, want %d", list, got, want)
		}
	}
}

func TestWatch(t *testing.T) {
	mac := survey.MAC{0x52, 0x54, 0, 0, 0, 0x11}
	vips := []netip.Addr{netip.MustParseAddr("192.168.14.201")}
	advert := &survey.Advert{Family: "ipv4", Version: 2, VRID: 51, Priority: 100, Interval: time.Second, Src: netip.MustParseAddr("192.168.14.128"),
		Dst: netip.MustParseAddr("224.0.0.18"), TTL: 255, Auth: "pass", Addresses: vips}
	goodbye := *advert
	goodbye.Priority, goodbye.Fault = 0, "VRRP checksum wrong"
	conflict := survey.Conflict{Code: survey.TwoRouters, Family: "ipv4", VRID: 51, Text: "192.168.14.201 is announced under VRID 51 by 192.168.14.128 and under VRID 50 by 192.168.14.131",
		Remedy: "give the routers of one address the same virtual_router_id, or the addresses different values"}
	claim := &survey.Claim{Kind: survey.Announcement, Addr: vips[0], MAC: mac}
	golden(t, "watch-plain", func(p Paper) string {
		return p.Sight(NewSight(survey.Event{At: now, From: mac, Advert: advert}, []survey.Conflict{conflict}), now) +
			p.Sight(NewSight(survey.Event{At: now, Out: true, From: mac, Advert: &goodbye}, nil), now) +
			p.Sight(NewSight(survey.Event{At: now, From: mac, Claim: claim}, nil), now)
	})
	senders := []survey.Sender{
		{Family: "ipv4", VRID: 50, Src: netip.MustParseAddr("192.168.14.131"), MAC: mac, Version: 2, Priority: 102, Interval: time.Second, Auth: "pass", Addresses: vips, Last: ago(300 * time.Millisecond), Count: 41, Longest: 1003 * time.Millisecond},
		{Family: "ipv4", VRID: 51, Src: netip.MustParseAddr("192.168.14.128"), MAC: mac, Version: 2, Priority: 100, Interval: time.Second, Auth: "pass", Addresses: vips, Last: ago(5 * time.Second), Count: 12},
		{Family: "ipv6", VRID: 52, Src: netip.MustParseAddr("fe80::5054:ff:fe00:11"), Version: 3, Interval: 100 * time.Millisecond, Auth: "none", Left: true, Last: ago(time.Minute), Count: 7,
			Addresses: []netip.Addr{netip.MustParseAddr("fe80::200"), netip.MustParseAddr("2001:db8::200")}},
	}
	golden(t, "watch-table", func(p Paper) string {
		return p.Watch(View{Interface: "eth0", Now: now, Senders: senders, Conflicts: []survey.Conflict{conflict},
			Claims: []Sight{NewSight(survey.Event{At: now, From: mac, Claim: claim}, nil)}}) + "\n" + p.Watch(View{Interface: "eth0", Now: now})
	})
}

func TestDoctor(t *testing.T) {
	golden(t, "doctor", func(p Paper) string {
		return p.Doctor([]doctor.Finding{
			{Severity: doctor.Problem, Code: "vip_two_macs", About: "eth0", What: "10.1.1.200 is answered for by 2 MACs: 52:54:00:00:00:11, 52:54:00:00:00:12", Why: "two masters, or a duplicate address", Remedy: "`xvrrp watch -i eth0`"},
			{Severity: doctor.Warning, Code: "rp_filter", What: "rp_filter is strict (1) on eth0", Why: "w", Remedy: "r"},
			{Severity: doctor.Note, Code: "selinux", What: "SELinux is enforcing", Why: "w", Remedy: "r"},
		}) + p.Doctor(nil)
	})
}

func TestDrill(t *testing.T) {
	d := Drill{
		Instance: "VI_1", Interface: "eth0", Addresses: []string{"192.168.14.201"}, Released: now, Goodbye: true, NewMaster: "192.168.14.131", NewPriority: 80,
		FirstAdvert: sec(688100 * time.Microsecond), Announced: sec(688900 * time.Microsecond), Bound: sec(687500 * time.Microsecond),
		Answering: []Holder{{MAC: survey.MAC{0x52, 0x54, 0, 0, 0, 0x12}, Answers: 3}}, Back: sec(14100 * time.Millisecond), Expected: true,
	}
	golden(t, "drill", func(p Paper) string {
		stays, lost := d, d
		stays.Back, stays.Expected, stays.Announced = 0, false, 0
		lost.NewMaster, lost.Announced, lost.Answering, lost.Back = "", 0, nil, sec(3650*time.Millisecond)
		return p.Drill(d) + p.Drill(stays) + p.Drill(lost)
	})
}

// F5: what the other nodes say, and what is wrong with it.
func TestAskedText(t *testing.T) {
	mine := []string{"52:54:00:00:00:31"}
	helper := control.Helper{Address: "10.1.1.12", MAC: "52:54:00:00:00:12", State: control.Backup, Priority: 99, Took: sec(410 * time.Millisecond)}
	sees := func(h control.Helper, macs ...string) []control.Helper {
		h.Sees = nil
		for _, m := range macs {
			h.Sees = append(h.Sees, control.Sighting{MAC: m, Took: sec(312 * time.Microsecond)})
		}
		return []control.Helper{h}
	}
	failed, itself := helper, helper
	failed.Failed = true
	itself.State, itself.Sees = control.Master, []control.Sighting{{MAC: "52:54:00:00:00:12", Local: true}}
	result := func(state control.State, h []control.Helper) control.AskResult {
		return control.AskResult{Instance: "VI_1", State: state, Address: "10.1.1.200", MACs: mine, Helpers: h}
	}
	list := []control.AskResult{
		result(control.Master, sees(helper, mine[0])),
		result(control.Master, sees(helper)),
		result(control.Master, sees(helper, mine[0], "52:54:00:00:00:99")),
		result(control.Master, sees(helper, "52:54:00:00:00:99")),
		result(control.Master, []control.Helper{failed}),
		result(control.Backup, []control.Helper{itself}),
		result(control.Backup, nil),
		{Instance: "VI_2", Address: "fe80::1", Refused: 2},
	}
	golden(t, "asked", func(p Paper) string { return p.Asked(list) })
	var codes []string
	for _, r := range list {
		for _, m := range JudgeAsked(r) {
			codes = append(codes, m.Code)
		}
	}
	if got := strings.Join(codes, " "); got != "vip_unreachable vip_two_macs vip_elsewhere" {
		t.Errorf("found %s", got)
	}
}

// An operator's priority is seen in status and explain.
func TestTemporaryText(t *testing.T) {
	s := sample()
	until := now.Add(25 * time.Minute)
	s.Instances[0].Priority = 50
	s.Instances[0].Temporary = &control.TemporaryPriority{Priority: 50, Since: ago(5 * time.Minute), Until: &until, By: "uid 0"}
	s.Instances[1].Temporary = &control.TemporaryPriority{Priority: 99, Since: ago(50 * time.Hour)}
	golden(t, "status-temporary", func(p Paper) string { return p.Status(s) })
	c := NewCase(s, control.Instance{InstanceStatus: s.Instances[0], Events: story()})
	golden(t, "explain-temporary", func(p Paper) string { return p.Explain(c) })
}

// A question between two nodes is no advert.
func TestInquiryText(t *testing.T) {
	q := survey.Inquiry{Family: "ipv4", VRID: 51, Src: netip.MustParseAddr("10.1.1.11"), Dst: netip.MustParseAddr("224.0.0.18"), Address: netip.MustParseAddr("10.1.1.200")}
	a := q
	a.Src, a.Answer, a.MACs = netip.MustParseAddr("10.1.1.12"), true, []survey.MAC{{0x52, 0x54, 5: 0x31}}
	none := a
	none.MACs = nil
	golden(t, "watch-inquiry", func(p Paper) string {
		var text string
		for _, one := range []*survey.Inquiry{&q, &a, &none} {
			text += p.Sight(NewSight(survey.Event{At: now, Inquiry: one}, nil), now)
		}
		return text
	})
}

// The end of a takeover may be written down before the transition; one of an
// earlier mastership is none of this.
func TestExplainFindsTheTakeover(t *testing.T) {
	events := story()
	events[2], events[3] = events[3], events[2]
	events[2].Seq, events[3].Seq = 3, 4
	c := NewCase(sample(), control.Instance{InstanceStatus: taken(), Events: events})
	if out := (Paper{}).Explain(c); !strings.Contains(out, "held and announced 1.9 ms after") {
		t.Errorf("not told:\n%s", out)
	}
	events[2].Time = ago(50 * time.Hour)
	if out := (Paper{}).Explain(c); strings.Contains(out, "held and announced 1.9 ms after") {
		t.Errorf("an old takeover is told:\n%s", out)
	}
}
