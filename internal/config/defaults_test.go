package config

import (
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// minimal is the shortest instance that runs.
const minimal = "vrrp_instance VI { interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.1 }\n }\n"

// one loads a text that must be without errors and returns its only instance.
func one(t *testing.T, text string) Instance {
	t.Helper()
	s := mustLoad(t, []string{"test.conf"}, inMemory(map[string]string{"test.conf": text}))
	if len(s.Instances) != 1 {
		t.Fatalf("%d instances", len(s.Instances))
	}
	return s.Instances[0]
}

// with loads the minimal instance with more lines in it.
func with(t *testing.T, lines string) Instance {
	t.Helper()
	return one(t, "vrrp_instance VI {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.1/24 }\n"+lines+"\n}\n")
}

func TestDefaultsOfInstance(t *testing.T) {
	got := one(t, minimal)
	got.Pos, got.Addresses[0].Pos = Pos{}, Pos{}
	want := Instance{
		Name: "VI", Interface: "eth0", VRID: 1, Family: wire.IPv4, Version: 2, Priority: 100, State: StateBackup,
		AdvertInterval: time.Second, DownTimerAdverts: 3, Preempt: true, Accept: true, TrackPrimary: true,
		Addresses:  []Address{{Prefix: netip.MustParsePrefix("192.0.2.1/32"), Interface: "eth0", Preferred: PreferredForever}},
		McastGroup: netip.MustParseAddr("224.0.0.18"), Unicast: Unicast{TTL: 255},
		GARP: GARP{Delay: 5 * time.Second, Repeat: 5, RefreshRepeat: 1, LowerPrioDelay: 5 * time.Second, LowerPrioRepeat: 5},
		Own:  InstanceOwn{Guard: GuardAlarm, GuardHoldLimit: 10 * time.Second, Fence: true, FloodLimit: 2000},
	}
	a := &Settings{Instances: []Instance{got}}
	if diff := sameSettings(&Settings{Instances: []Instance{want}}, a); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsOfIPv6(t *testing.T) {
	got := one(t, "global_defs { vrrp_version 2\n }\nvrrp_instance VI { interface eth0\n virtual_router_id 1\n virtual_ipaddress { fe80::1/64\n 2001:db8::1\n }\n }")
	if got.Family != wire.IPv6 || got.Version != 3 || got.McastGroup != netip.MustParseAddr("ff02::12") {
		t.Errorf("family %v, version %d, group %v", got.Family, got.Version, got.McastGroup)
	}
	if a := got.Addresses; a[0].Preferred != PreferredForever || a[1].Preferred != 0 || a[1].Prefix.Bits() != 128 {
		t.Errorf("lifetimes: %+v", a)
	}
}

func TestDefaultsOfGlobalsAndOwn(t *testing.T) {
	s := mustLoad(t, []string{"test.conf"}, inMemory(map[string]string{"test.conf": minimal}))
	g := s.Global
	if g.RouterID != "main.example.net" || g.DefaultInterface != "eth0" || g.Umask != 0o177 || g.JSONVersion != 1 ||
		g.JSONFile != "/tmp/keepalived.json" || g.ChildWait != 5*time.Second || g.StartupTimeout != 10*time.Second {
		t.Errorf("globals: %+v", g)
	}
	if o := s.Own; o.Listen != "127.0.0.1:9112" || !o.Realtime || o.Defaults.Dataplane != DataplaneAuto || o.FloodLimit != 2000 {
		t.Errorf("own: %+v", o)
	}
	if f := s.Files; len(f) != 1 || f[0].Path != "test.conf" || f[0].Bytes != len(minimal) {
		t.Errorf("files: %+v", f)
	}
}

func TestDefaultsOfScript(t *testing.T) {
	s := mustLoad(t, []string{"test.conf"}, inMemory(map[string]string{"test.conf": "vrrp_script c { script \"/bin/x a 'b c'\"\n interval 3\n }\n" +
		"track_file f { file /f\n }\nvrrp_track_process p { process x\n }\n" +
		"vrrp_instance VI { interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.1 }\n track_script { c }\n track_file { f }\n track_process { p }\n }"}))
	c := s.Scripts[0]
	if c.Interval != 3*time.Second || c.Timeout != 3*time.Second || c.Rise != 1 || c.Fall != 1 || c.Weight != 0 || !c.Used || len(c.Command.Argv) != 3 {
		t.Errorf("script: %+v", c)
	}
	if f := s.TrackFiles[0]; f.Weight != 1 || !f.Used {
		t.Errorf("file: %+v", f)
	}
	if p := s.TrackProcesses[0]; p.Quorum != 1 || p.Weight != 0 || !p.Used {
		t.Errorf("process: %+v", p)
	}
	if i := s.Instances[0]; len(i.Tracks) != 3 || i.Tracks[1].Weight != 1 {
		t.Errorf("tracks: %+v", i.Tracks)
	}
}
