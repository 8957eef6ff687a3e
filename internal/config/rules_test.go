package config

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPostParseRules holds the table of keepalived-conf.md, section 3: what
// is written, and what holds.
func TestPostParseRules(t *testing.T) {
	const peers = "unicast_src_ip 192.0.2.2\nunicast_peer { 192.0.2.3 }\n"
	for _, tt := range []struct {
		name, lines string
		ok          func(i Instance) bool
	}{
		{"rules without preference are numbered downwards in each family", "virtual_rules {\nfrom 192.0.2.1 table 1\nfrom 2001:db8::1 table 1\nfrom 192.0.2.2 table 1 preference 7\nfrom 192.0.2.3 table 1\n}", func(i Instance) bool {
			r := i.Rules
			return r[0].Preference == 16384 && r[1].Preference == 16384 && r[2].Preference == 7 && r[3].Preference == 16383
		}},
		{"l3mdev names the table", "virtual_rules {\nl3mdev preference 7\n}", func(i Instance) bool { return len(i.Rules) == 1 && i.Rules[0].Table == "" }},
		{"default through an IPv6 gateway is IPv6's", "virtual_routes {\ndefault via fe80::1 dev eth0\ninet6 default via fe80::1 dev eth0\ninet6 default dev eth0\ndefault dev eth0\n}", func(i Instance) bool {
			r := i.Routes
			return r[0].Dst == any6 && r[1].Dst == any6 && r[2].Dst == any6 && r[3].Dst == any4
		}},
		{"one gateway or another", "virtual_routes {\n10.0.0.0/8 via 192.0.2.3 or 192.0.2.4 dev eth0\n}", func(i Instance) bool {
			h := i.Routes[0].NextHops
			return len(h) == 2 && h[0].Via.String() == "192.0.2.3" && h[1].Via.String() == "192.0.2.4" && h[1].Interface == "eth0" && !i.Routes[0].Via.IsValid()
		}},
		{"BACKUP behind MASTER is ignored", "state MASTER\nstate BACKUP\npriority 9", func(i Instance) bool { return i.State == StateMaster }},
		{"state MASTER without priority is an owner", "state MASTER", func(i Instance) bool { return i.Priority == 255 }},
		{"255 without state is MASTER", "priority 255", func(i Instance) bool { return i.State == StateMaster }},
		{"nopreempt with state MASTER", "state MASTER\npriority 9\nnopreempt", func(i Instance) bool { return i.Preempt }},
		{"nopreempt with 255", "priority 255\nnopreempt", func(i Instance) bool { return i.Preempt }},
		{"nopreempt, then preempt", "nopreempt\npreempt", func(i Instance) bool { return i.Preempt }},
		{"nopreempt", "nopreempt", func(i Instance) bool { return !i.Preempt }},
		{"preempt_delay", "preempt_delay 1.5", func(i Instance) bool { return i.PreemptDelay == 1500*time.Millisecond }},
		{"preempt_delay with state MASTER", "state MASTER\npriority 9\npreempt_delay 5", func(i Instance) bool { return i.PreemptDelay == 0 }},
		{"preempt_delay with nopreempt", "nopreempt\npreempt_delay 5", func(i Instance) bool { return i.PreemptDelay == 0 }},
		{"timer_expired_backup without nopreempt", "timer_expired_backup", func(i Instance) bool { return i.TimerExpiredBackup == 0 }},
		{"timer_expired_backup without number", "nopreempt\ntimer_expired_backup", func(i Instance) bool { return i.TimerExpiredBackup == 254 }},
		{"v2 rounds up to a second", "advert_int 0.2", func(i Instance) bool { return i.AdvertInterval == time.Second }},
		{"v2 rounds to seconds", "advert_int 2.5", func(i Instance) bool { return i.AdvertInterval == 3*time.Second }},
		{"v2 ends at 255", "advert_int 300", func(i Instance) bool { return i.AdvertInterval == 255*time.Second }},
		{"v3 keeps centiseconds", "version 3\nadvert_int 0.25", func(i Instance) bool { return i.AdvertInterval == 250*time.Millisecond }},
		{"v3 rounds to centiseconds", "version 3\nadvert_int 0.256", func(i Instance) bool { return i.AdvertInterval == 260*time.Millisecond }},
		{"v3 ends at 40.95", "version 3\nadvert_int 60", func(i Instance) bool { return i.AdvertInterval == 40950*time.Millisecond }},
		{"v3 begins at 0.01", "version 3\nadvert_int 0.001", func(i Instance) bool { return i.AdvertInterval == 10*time.Millisecond }},
		{"password is cut", "authentication {\nauth_type PASS\nauth_pass 123456789\n}", func(i Instance) bool { return i.Auth.Password.Reveal() == "12345678" }},
		{"password in v3", "version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}", func(i Instance) bool { return i.Auth.Kind == AuthNone }},
		{"type without password", "authentication {\nauth_type PASS\n}", func(i Instance) bool { return i.Auth.Kind == AuthNone }},
		{"AH makes BACKUP of MASTER", "state MASTER\npriority 9\nauthentication {\nauth_type AH\nauth_pass x\n}", func(i Instance) bool { return i.State == StateBackup }},
		{"hmac window", "advert_int 10\nauth_hmac {\nkey 1 abcdefghijklmnopqrstuvwxyz012345\nactive_key 1\n}", func(i Instance) bool {
			return i.Auth.Kind == AuthHMAC && i.Auth.HMAC.Window == 30*time.Second && i.Auth.HMAC.Mode == Enforce
		}},
		{"hmac window is at least 5 s", "auth_hmac {\nkey 1 abcdefghijklmnopqrstuvwxyz012345\nactive_key 1\n}", func(i Instance) bool { return i.Auth.HMAC.Window == 5*time.Second }},
		{"unicast without peers is multicast", "unicast_src_ip 192.0.2.2", func(i Instance) bool {
			return !i.Unicast.Enabled() && i.McastSource == netip.MustParseAddr("192.0.2.2")
		}},
		{"unicast", peers, func(i Instance) bool {
			return i.Unicast.Enabled() && i.Unicast.Source == netip.MustParseAddr("192.0.2.2") && !i.McastSource.IsValid()
		}},
		{"mcast_src_ip is the same variable", "unicast_src_ip 192.0.2.8\nmcast_src_ip 192.0.2.9\nunicast_peer { 192.0.2.3 }", func(i Instance) bool {
			return i.Unicast.Source == netip.MustParseAddr("192.0.2.9")
		}},
		{"a TTL range switches the check on", "unicast_src_ip 192.0.2.2\nunicast_peer { 192.0.2.3 max_ttl 64\n}", func(i Instance) bool {
			return i.Unicast.CheckSource && i.Unicast.Peers[0].MaxTTL == 64 && i.Unicast.Peers[0].MinTTL == 0
		}},
		{"unicast ignores mcast_dst_ip", peers + "mcast_dst_ip 224.0.0.9", func(i Instance) bool { return i.McastGroup == netip.MustParseAddr("224.0.0.18") }},
		{"unicast with vmac", peers + "use_vmac", func(i Instance) bool { return i.VMAC.XmitBase }},
		{"own address in peers", "unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.2\n192.0.2.3\n192.0.2.3\n}", func(i Instance) bool { return len(i.Unicast.Peers) == 1 }},
		{"lower_prio values follow the master values", "garp_master_delay 9\ngarp_master_repeat 7", func(i Instance) bool {
			return i.GARP.LowerPrioDelay == 9*time.Second && i.GARP.LowerPrioRepeat == 7
		}},
		{"a repeat of 0 is 1", "garp_master_repeat 0\ngarp_master_refresh_repeat 0", func(i Instance) bool { return i.GARP.Repeat == 1 && i.GARP.RefreshRepeat == 1 }},
		{"strict", "strict_mode on\ndown_timer_adverts 5\nhigher_prio_send_advert on", func(i Instance) bool {
			return i.Strict && !i.Accept && i.DownTimerAdverts == 3 && i.LowerPrioNoAdvert && !i.HigherPrioSendAdvert && i.GARP.LowerPrioRepeat == 0
		}},
		{"strict with accept", "strict_mode on\naccept", func(i Instance) bool { return i.Accept }},
		{"owner_ignore_adverts", "owner_ignore_adverts", func(i Instance) bool { return !i.OwnerIgnoreAdverts }},
		{"own interface is not tracked twice", "track_interface {\neth0\neth1\n}", func(i Instance) bool { return len(i.Tracks) == 1 }},
		{"own interface is tracked when the primary is not", "dont_track_primary\ntrack_interface { eth0 }", func(i Instance) bool { return len(i.Tracks) == 1 && !i.TrackPrimary }},
		{"weight 254 is lowered", "track_interface { eth1 weight -254 }", func(i Instance) bool { return i.Tracks[0].Weight == -253 }},
		{"junk behind a number keeps the default", "priority 150;", func(i Instance) bool { return i.Priority == 100 }},
		{"first notification wins", "notify_master \"/a\"\nnotify_master \"/b\"", func(i Instance) bool { return i.Notify.Master.Argv[0] == "/a" }},
		{"unquoted command", "notify_master /x.sh arg", func(i Instance) bool { return len(i.Notify.Master.Argv) == 1 && i.Notify.Master.User == "arg" }},
		{"excluded of the other family", "virtual_ipaddress_excluded { 2001:db8::1/64 }", func(i Instance) bool { return len(i.Excluded) == 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if i := with(t, tt.lines); !tt.ok(i) {
				t.Errorf("%s:\n%+v", tt.lines, i)
			}
		})
	}
}

// TestGlobalsAreInherited: an instance's own word holds over the global one.
func TestGlobalsAreInherited(t *testing.T) {
	const globals = "global_defs {\nvrrp_version 3\nvrrp_garp_master_repeat 2\nvrrp_min_garp\nvrrp_down_timer_adverts 7\nvrrp_skip_check_adv_addr\n" +
		"vrrp_mcast_group4 224.0.0.99\nvrrp_garp_lower_prio_delay 3\nscript_user www:data\n}\n"
	s := mustLoad(t, []string{"test.conf"}, inMemory(map[string]string{"test.conf": globals + minimal +
		"vrrp_instance OWN { interface eth1\n virtual_router_id 1\n version 2\n down_timer_adverts 4\n garp_master_delay 8\n skip_check_adv_addr off\n" +
		"notify \"/x\"\n virtual_ipaddress { 192.0.2.2 }\n }"}))
	a, b := s.Instances[0], s.Instances[1]
	if a.Version != 3 || a.DownTimerAdverts != 7 || !a.SkipCheckAdvAddr || a.GARP.Repeat != 2 || a.GARP.Delay != 0 ||
		a.GARP.LowerPrioDelay != 3*time.Second || a.McastGroup != netip.MustParseAddr("224.0.0.99") {
		t.Errorf("inherited: %+v", a)
	}
	if b.Version != 2 || b.DownTimerAdverts != 4 || b.SkipCheckAdvAddr || b.GARP.Delay != 8*time.Second || b.Notify.Any.User != "www" || b.Notify.Any.Group != "data" {
		t.Errorf("own: %+v", b)
	}
}

// TestBadInput is the list of issue 2: one clear error each.
func TestBadInput(t *testing.T) {
	const body = "interface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1/24 }\n"
	for _, tt := range []struct{ name, text, want string }{
		{"unknown keyword", "vrrp_instance A {\n" + body + "prioritty 5\n}", "5:1: error: unknown keyword"},
		{"missing brace", "vrrp_instance A {\n" + body, "1:1: error: the block of"},
		{"missing inner brace", "vrrp_instance A {\ninterface eth0\nvirtual_ipaddress {\n192.0.2.1/24\nvirtual_router_id 1\n}\n", "error: the block of"},
		{"VRID 0", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 0\nvirtual_ipaddress { 192.0.2.1/24 }\n}", "3:19: error: virtual_router_id 0 is not between 1 and 255"},
		{"VRID 256", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 256\nvirtual_ipaddress { 192.0.2.1/24 }\n}", "3:19: error: virtual_router_id 256 is not between"},
		{"priority 300", "vrrp_instance A {\n" + body + "priority 300\n}", "5:10: error: priority 300 is not between"},
		{"no address", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.256/24 }\n}", "4:21: error: \"192.0.2.256/24\" is no address"},
		{"no such interface", "vrrp_instance A {\ninterface eth9\nvirtual_router_id 1\nvirtual_ipaddress { 192.0.2.1/24 }\n}", "2:11: error: interface \"eth9\" does not exist"},
		{"one VRID twice", "vrrp_instance A {\n" + body + "}\nvrrp_instance B {\n" + body + "}", "8:19: error: virtual_router_id 1 on eth0 is used by instance \"A\" already"},
		{"empty file", "", "test.conf: error: the file says nothing"},
		{"empty instance name", "vrrp_instance {\n" + body + "}", "1:1: error: vrrp_instance has no value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := Load([]string{"test.conf"}, onLabHost(inMemory(map[string]string{"test.conf": tt.text})))
			errors := slices.DeleteFunc(findings, func(f Finding) bool { return f.Severity != Error })
			if len(errors) != 1 || !strings.Contains(errors[0].Format(), tt.want) || errors[0].Remedy == "" {
				t.Errorf("want one error with %q and a remedy, got:\n%s", tt.want, formatAll(errors))
			}
		})
	}
	_, findings := Load([]string{"/nowhere/keepalived.conf"}, anyHost())
	if len(findings) != 1 || findings[0].Severity != Error || findings[0].Pos.File != "/nowhere/keepalived.conf" {
		t.Errorf("missing file: %s", formatAll(findings))
	}
}

// TestSeveralFiles: the xvrrp block may stand in a file of its own.
func TestSeveralFiles(t *testing.T) {
	s := mustLoad(t, []string{"k.conf", "x.conf"}, inMemory(map[string]string{
		"k.conf": minimal, "x.conf": "xvrrp {\n instance VI { fence off\n }\n listen none\n}\n"}))
	if s.Instances[0].Own.Fence || !s.Own.Defaults.Fence || s.Own.Listen != "" || len(s.Files) != 2 {
		t.Errorf("%+v %+v", s.Own, s.Instances[0].Own)
	}
}

// TestSecretsRedact: no verb and no encoding shows a password.
func TestSecretsRedact(t *testing.T) {
	i := with(t, "authentication {\nauth_type PASS\nauth_pass hush\n}")
	for _, text := range formats(i) {
		if strings.Contains(text, "hush") {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

// TestMistakesKeepSecrets: a mistake in the line of a secret does not show it.
func TestMistakesKeepSecrets(t *testing.T) {
	for _, line := range []string{
		"authentication {\nauth_type PASS\nauth_pass a hush hush\n}", "authentication {\nauth_type PASS\nauthpass hush\n}",
		"auth_pass hush", "auth_hmac {\nkey hush 1\n}", "auth_hmac {\nkey 1 hush\n}", "auth_hmac {\nkey 1 hex:hush\n}", "auth_hmac {\nkey hush\n}",
		"auth_hmac {\nkey 300 hush\n}", "auth_hmac {\nkey 1x hush\n}",
	} {
		_, findings := loadText("vrrp_instance VI {\ninterface eth0\nvirtual_router_id 1\n" + line + "\n}\n")
		if said := formatAll(findings); strings.Contains(said, "hush") {
			t.Errorf("%q:\n%s", line, said)
		}
	}
}
