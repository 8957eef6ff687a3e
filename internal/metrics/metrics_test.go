package metrics

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// promised is the operator's reference: every name, its type and its labels.
// A change here breaks dashboards and needs a reason.
var promised = []struct{ name, kind, labels string }{
	{"xvrrp_build_info", "GAUGE", "goversion version"},
	{"xvrrp_dataplane_info", "GAUGE", "interface mode"},
	{"xvrrp_instance_state", "GAUGE", "family instance interface state vrid"},
	{"xvrrp_instance_priority", "GAUGE", "family instance interface vrid"},
	{"xvrrp_instance_configured_priority", "GAUGE", "family instance interface vrid"},
	{"xvrrp_instance_last_transition_timestamp_seconds", "GAUGE", "family instance interface vrid"},
	{"xvrrp_transitions_total", "COUNTER", "family instance interface reason to vrid"},
	{"xvrrp_adverts_received_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_adverts_sent_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_priority_zero_received_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_priority_zero_sent_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_adverts_rejected_total", "COUNTER", "instance reason"},
	{"xvrrp_kernel_adverts_total", "COUNTER", "interface verdict"},
	{"xvrrp_advert_interarrival_seconds", "HISTOGRAM", "family instance interface vrid"},
	{"xvrrp_advert_delivery_seconds", "HISTOGRAM", "family instance interface vrid"},
	{"xvrrp_timer_lateness_seconds", "HISTOGRAM", "family instance interface vrid"},
	{"xvrrp_takeover_seconds", "HISTOGRAM", "family instance interface vrid"},
	{"xvrrp_late_wakeups_absorbed_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_split_brain", "GAUGE", "family instance interface vrid"},
	{"xvrrp_vip_conflicts_total", "COUNTER", "address instance"},
	{"xvrrp_guard_holds_total", "COUNTER", "family instance interface vrid"},
	{"xvrrp_fence_active", "GAUGE", "family instance interface vrid"},
	{"xvrrp_vip_held", "GAUGE", "address instance"},
	{"xvrrp_announcements_sent_total", "COUNTER", "instance kind"},
	{"xvrrp_tracker_up", "GAUGE", "kind name"},
	{"xvrrp_tracker_weight", "GAUGE", "kind name"},
	{"xvrrp_script_duration_seconds", "HISTOGRAM", "script"},
	{"xvrrp_config_last_reload_successful", "GAUGE", ""},
	{"xvrrp_config_last_reload_success_timestamp_seconds", "GAUGE", ""},
}

// exporterNames are what dashboards for keepalived-exporter ask for.
var exporterNames = []string{
	"keepalived_up", "keepalived_vrrp_state", "keepalived_vrrp_excluded_state",
	"keepalived_advertisements_received_total", "keepalived_advertisements_sent_total",
	"keepalived_become_master_total", "keepalived_release_master_total",
	"keepalived_packet_length_errors_total", "keepalived_advertisements_interval_errors_total",
	"keepalived_ip_ttl_errors_total", "keepalived_invalid_type_received_total",
	"keepalived_address_list_errors_total", "keepalived_authentication_invalid_total",
	"keepalived_authentication_mismatch_total", "keepalived_authentication_failure_total",
	"keepalived_priority_zero_received_total", "keepalived_priority_zero_sent_total",
	"keepalived_gratuitous_arp_delay_total", "keepalived_script_status", "keepalived_script_state",
}

var (
	epoch = time.Unix(1700000000, 0)
	vip1  = netip.MustParseAddr("192.0.2.10")
	vip2  = netip.MustParseAddr("192.0.2.11")
)

// lived is a daemon with a history that touches every metric.
func lived() *Metrics {
	m := New(Config{Version: "1.2.3", KernelAdverts: func() ([]KernelCount, error) {
		return []KernelCount{{"eth0", "passed", 7}, {"eth0", "ttl", 2}, {"eth0", "ttl", 1}}, nil
	}})
	i := m.Instance("VI_1", "eth0", 51, wire.IPv4)
	i.SetPriority(152)
	i.SetConfiguredPriority(150)
	i.SetVIPs([]VIP{{Addr: vip1, Interface: "eth0"}, {Addr: vip2, Interface: "eth1", Excluded: true}, {Addr: vip1}})
	i.SetTiming(Timing{Advert: time.Second, ActiveAdvert: time.Second, Skew: 414 * time.Millisecond,
		ActiveDown: 3414 * time.Millisecond, GARPDelay: 5 * time.Second})
	i.Transition(Backup, "startup", epoch)
	i.Received(100)
	i.Received(0)
	i.ChecksumForm("message_only")
	i.Interarrival(time.Second)
	i.Delivery(40 * time.Microsecond)
	i.Lateness(60 * time.Microsecond)
	i.Rejected("ttl")
	i.Rejected("hmac_replay")
	i.Warned("interval_mismatch")
	i.LateWakeupAbsorbed()
	i.GuardHold()
	i.Transition(Master, "no_advert", epoch.Add(time.Second))
	i.SetNewMasterReason(ByNoResponse)
	i.SetActiveRouter(netip.MustParseAddr("192.0.2.1"))
	i.SetVIPHeld(vip1, true)
	i.Sent(152)
	i.Announced(GratuitousARP, 5)
	i.Takeover(time.Millisecond)
	i.SetSplitBrain(true)
	i.SetFence(true)
	i.VIPConflict(vip1)
	m.Unowned("eth0", wire.IPv4).Rejected("vrid_unknown")
	m.Unowned("eth1", wire.IPv6).Rejected("vrid_unknown")
	s := m.Tracker("script", "chk")
	s.SetUp(true)
	s.SetWeight(-2)
	s.Ran(3 * time.Millisecond)
	m.Tracker("interface", "eth2").SetUp(false)
	m.SetDataplanes(map[string]string{"eth0": "xdp"})
	m.Reloaded(true, epoch)
	return m
}

func gather(t *testing.T, m *Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	list, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range list {
		byName[f.GetName()] = f
	}
	return byName
}

func TestPromisedNames(t *testing.T) {
	families := gather(t, lived())
	for _, p := range promised {
		f := families[p.name]
		if f == nil {
			t.Errorf("%s is missing", p.name)
			continue
		}
		if f.GetType().String() != p.kind {
			t.Errorf("%s is a %s, want %s", p.name, f.GetType(), p.kind)
		}
		for _, m := range f.GetMetric() {
			var names []string
			for _, l := range m.GetLabel() {
				names = append(names, l.GetName())
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != p.labels {
				t.Errorf("%s has labels %q, want %q", p.name, got, p.labels)
			}
		}
	}
	for _, name := range exporterNames {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

// The linter of client_golang is that of promtool check metrics.
func TestLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(lived().Registry())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestValues(t *testing.T) {
	const want = `
# HELP xvrrp_instance_state Whether the instance is in the state (1) or not (0).
# TYPE xvrrp_instance_state gauge
xvrrp_instance_state{family="ipv4",instance="VI_1",interface="eth0",state="backup",vrid="51"} 0
xvrrp_instance_state{family="ipv4",instance="VI_1",interface="eth0",state="fault",vrid="51"} 0
xvrrp_instance_state{family="ipv4",instance="VI_1",interface="eth0",state="init",vrid="51"} 0
xvrrp_instance_state{family="ipv4",instance="VI_1",interface="eth0",state="master",vrid="51"} 1
# HELP xvrrp_adverts_rejected_total Adverts dropped, by reason; instance is empty where the VRID is none of ours.
# TYPE xvrrp_adverts_rejected_total counter
xvrrp_adverts_rejected_total{instance="",reason="vrid_unknown"} 2
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_replay"} 1
xvrrp_adverts_rejected_total{instance="VI_1",reason="ttl"} 1
xvrrp_adverts_rejected_total{instance="VI_1",reason="address_list_mismatch"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="auth_failure"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="auth_type_mismatch"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="auth_type_unknown"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="checksum"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="count_zero"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="destination"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="first_address_not_link_local"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_invalid"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_malformed"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_missing"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_stale"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="hmac_unknown_key"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="interval_mismatch"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="interval_zero"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="ip_header"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="ip_total_length"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="length_mismatch"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="own_source"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="owner_conflict"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="packet_too_short"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="ttl_range"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="type"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="unknown_peer"} 0
xvrrp_adverts_rejected_total{instance="VI_1",reason="version"} 0
# HELP xvrrp_vrid_errors_total Adverts for a VRID that is not configured (vrrpv3RouterVrIdErrors).
# TYPE xvrrp_vrid_errors_total counter
xvrrp_vrid_errors_total{family="ipv4",instance="",interface="eth0",vrid=""} 1
xvrrp_vrid_errors_total{family="ipv4",instance="VI_1",interface="eth0",vrid="51"} 0
xvrrp_vrid_errors_total{family="ipv6",instance="",interface="eth1",vrid=""} 1
# HELP xvrrp_transitions_total Changes of state, by the new state and the reason.
# TYPE xvrrp_transitions_total counter
xvrrp_transitions_total{family="ipv4",instance="VI_1",interface="eth0",reason="no_advert",to="master",vrid="51"} 1
xvrrp_transitions_total{family="ipv4",instance="VI_1",interface="eth0",reason="startup",to="backup",vrid="51"} 1
# HELP xvrrp_kernel_adverts_total What the kernel program did with every packet of protocol 112.
# TYPE xvrrp_kernel_adverts_total counter
xvrrp_kernel_adverts_total{interface="eth0",verdict="passed"} 7
xvrrp_kernel_adverts_total{interface="eth0",verdict="ttl"} 3
# HELP xvrrp_vip_held Whether the virtual address is on this node.
# TYPE xvrrp_vip_held gauge
xvrrp_vip_held{address="192.0.2.10",instance="VI_1"} 1
xvrrp_vip_held{address="192.0.2.11",instance="VI_1"} 0
# HELP xvrrp_instance_last_transition_timestamp_seconds When the instance last changed its state, seconds since 1970; 0 before the first time.
# TYPE xvrrp_instance_last_transition_timestamp_seconds gauge
xvrrp_instance_last_transition_timestamp_seconds{family="ipv4",instance="VI_1",interface="eth0",vrid="51"} 1.700000001e+09
# HELP xvrrp_hmac_errors_total Adverts refused by the keyed integrity check.
# TYPE xvrrp_hmac_errors_total counter
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="invalid",vrid="51"} 0
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="malformed",vrid="51"} 0
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="missing",vrid="51"} 0
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="replay",vrid="51"} 1
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="stale",vrid="51"} 0
xvrrp_hmac_errors_total{family="ipv4",instance="VI_1",interface="eth0",reason="unknown_key",vrid="51"} 0
# HELP xvrrp_advertisement_interval_errors_total Adverts with another interval than ours, or none.
# TYPE xvrrp_advertisement_interval_errors_total counter
xvrrp_advertisement_interval_errors_total{family="ipv4",instance="",interface="eth0",vrid=""} 0
xvrrp_advertisement_interval_errors_total{family="ipv4",instance="VI_1",interface="eth0",vrid="51"} 1
xvrrp_advertisement_interval_errors_total{family="ipv6",instance="",interface="eth1",vrid=""} 0
# HELP keepalived_vrrp_state State of the instance, for each of its addresses.
# TYPE keepalived_vrrp_state gauge
keepalived_vrrp_state{iname="VI_1",intf="eth0",ip_address="192.0.2.10",vrid="51"} 2
# HELP keepalived_vrrp_excluded_state State of the instance, for each address of virtual_ipaddress_excluded.
# TYPE keepalived_vrrp_excluded_state gauge
keepalived_vrrp_excluded_state{iname="VI_1",intf="eth1",ip_address="192.0.2.11",vrid="51"} 2
# HELP keepalived_script_status Last result of a tracked script: 1 good, 0 bad.
# TYPE keepalived_script_status gauge
keepalived_script_status{name="chk"} 1
# HELP xvrrp_last_protocol_error Last protocol error: 0 none, 1 TTL, 2 version, 3 checksum, 4 VRID.
# TYPE xvrrp_last_protocol_error gauge
xvrrp_last_protocol_error{family="ipv4",instance="",interface="eth0",vrid=""} 4
xvrrp_last_protocol_error{family="ipv4",instance="VI_1",interface="eth0",vrid="51"} 1
xvrrp_last_protocol_error{family="ipv6",instance="",interface="eth1",vrid=""} 4
# HELP xvrrp_active_router_info Address of the Active router, our own when that is us.
# TYPE xvrrp_active_router_info gauge
xvrrp_active_router_info{address="192.0.2.1",family="ipv4",instance="VI_1",interface="eth0",vrid="51"} 1
`
	var names []string
	for _, line := range strings.Split(want, "\n") {
		if f := strings.Fields(line); len(f) > 2 && f[1] == "TYPE" {
			names = append(names, f[2])
		}
	}
	if err := testutil.GatherAndCompare(lived().Registry(), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

// An instance that a reload removes leaves no series behind; one that stays
// keeps its numbers; one that moved to another interface starts anew.
func TestReload(t *testing.T) {
	m := lived()
	m.Instance("VI_2", "eth1", 52, wire.IPv4).Received(1)
	kept := m.Instance("VI_1", "eth0", 51, wire.IPv4)
	if kept.received.Load() != 2 {
		t.Error("the same instance has another record")
	}
	m.Retain(func(name string) bool { return name == "VI_2" })
	m.RetainTrackers(func(kind, name string) bool { return false })
	kept.Received(1) // the engine may still hold it
	kept.Delivery(time.Second)
	for name, f := range gather(t, m) {
		for _, s := range f.GetMetric() {
			if text := s.String(); strings.Contains(text, "VI_1") || strings.Contains(text, "chk") {
				t.Errorf("%s still shows %s", name, text)
			}
		}
	}
	if moved := m.Instance("VI_2", "eth9", 52, wire.IPv4); moved.received.Load() != 0 {
		t.Error("a moved instance kept its numbers")
	}
	gather(t, m)
}

// What was measured can be read back, the longest exactly.
func TestHistograms(t *testing.T) {
	i := New(Config{}).Instance("VI_1", "eth0", 51, wire.IPv4)
	for _, d := range []time.Duration{time.Millisecond, 1234567 * time.Nanosecond, 15 * time.Second, time.Microsecond} {
		i.Interarrival(d)
	}
	all := i.Histograms()
	h := all["advert_interarrival_seconds"]
	if h.Count != 4 || h.Max != 15*time.Second || h.Sum != 15*time.Second+2235567*time.Nanosecond {
		t.Errorf("%+v", h)
	}
	want := map[time.Duration]uint64{10 * time.Microsecond: 1, time.Millisecond: 2, 2 * time.Millisecond: 3, 10 * time.Second: 3}
	for _, b := range h.Buckets {
		if n, ok := want[b.Le]; ok && n != b.Count {
			t.Errorf("up to %v: %d, want %d", b.Le, b.Count, n)
		}
		delete(want, b.Le)
	}
	if len(want) != 0 {
		t.Errorf("no buckets for %v", want)
	}
	if other := all["takeover_seconds"]; other.Count != 0 || len(all) != 4 {
		t.Errorf("others: %+v", all)
	}
	i = New(Config{}).Unowned("eth0", wire.IPv4)
	i.Interarrival(time.Second) // nowhere to go
	if h := i.Histograms()["advert_interarrival_seconds"]; h.Count != 0 {
		t.Errorf("measured for nobody: %+v", h)
	}
}

// What Prometheus is shown has the buckets, also of what was never measured, and
// tells since when it counts.
func TestHistogramsShown(t *testing.T) {
	m := New(Config{})
	i := m.Instance("VI_1", "eth0", 51, wire.IPv4)
	i.Takeover(2 * time.Millisecond)
	i.Takeover(time.Minute)
	families := gather(t, m)
	for name, want := range map[string][3]uint64{"xvrrp_takeover_seconds": {0, 1, 2}, "xvrrp_advert_delivery_seconds": {}} {
		h := families[name].GetMetric()[0].GetHistogram()
		b := h.GetBucket()
		if len(b) != 31 || b[10].GetUpperBound() != 1e-3 || b[11].GetUpperBound() != 2e-3 || b[30].GetUpperBound() != 10 {
			t.Fatalf("%s: buckets %v", name, b)
		}
		if got := [3]uint64{b[10].GetCumulativeCount(), b[30].GetCumulativeCount(), h.GetSampleCount()}; got != want {
			t.Errorf("%s: up to 1 ms, up to 10 s and in all %v, want %v", name, got, want)
		}
		if h.GetCreatedTimestamp().GetSeconds() != i.created.Load()/1e9 {
			t.Errorf("%s: created %v", name, h.GetCreatedTimestamp())
		}
	}
	if sum := families["xvrrp_takeover_seconds"].GetMetric()[0].GetHistogram().GetSampleSum(); sum != 60.002 {
		t.Errorf("sum %v", sum)
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	m := New(Config{})
	m.Instance("\xff", "\xfe", 1, wire.IPv6).Rejected("ttl")
	m.Tracker("script", "\xff").Ran(time.Second)
	gather(t, m)
}

func TestKernelCountersFail(t *testing.T) {
	m := New(Config{KernelAdverts: func() ([]KernelCount, error) { return nil, errors.New("closed") }})
	families := gather(t, m)
	if families["xvrrp_kernel_adverts_total"] != nil {
		t.Error("made up kernel counters")
	}
	if got := families["xvrrp_kernel_counters_errors_total"].GetMetric()[0].GetCounter().GetValue(); got != 1 {
		t.Errorf("errors counted: %v", got)
	}
}

// What runs for every advert must not produce garbage: collecting it would
// make the next one late.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	i := lived().Instance("VI_1", "eth0", 51, wire.IPv4)
	reason := "ttl"
	if n := testing.AllocsPerRun(100, func() {
		i.Received(100)
		i.Sent(100)
		i.Rejected(reason)
		i.Warned("interval_mismatch")
		i.Interarrival(time.Second)
		i.Delivery(time.Microsecond)
		i.Lateness(time.Microsecond)
		i.LateWakeupAbsorbed()
		i.SetFence(true)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdvert(b *testing.B) {
	i := lived().Instance("VI_1", "eth0", 51, wire.IPv4)
	b.ReportAllocs()
	for b.Loop() {
		i.Received(100)
		i.Interarrival(time.Second)
		i.Delivery(50 * time.Microsecond)
	}
}
