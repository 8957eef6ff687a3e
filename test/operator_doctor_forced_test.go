package test

import (
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// Faults that only show where a daemon runs: each is built, doctor names it,
// and it is gone with the fault.
func TestOperatorDoctorDaemon(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	file := l.a.write("keepalived.conf", vrrp(51, 100))
	doctor := []string{"doctor", "-f", file, "--listen", "300ms"}
	l.a.xvrrp(vrrp(51, 100))
	l.owned(case1VIP, "a", patience)
	quiet := func(code string) {
		t.Helper()
		if out := l.a.tells(0, doctor, "0 problems"); strings.Contains(out, code) {
			t.Errorf("nothing is wrong, and doctor says %s:\n%s", code, out)
		}
	}
	quiet("[nic_filter]")
	quiet("[not_joined]")

	// The file's group is newer than the daemon's: nobody asked the NIC for it.
	newer := l.a.write("newer.conf", "global_defs {\n  vrrp_mcast_group4 224.0.0.77\n}\n"+vrrp(51, 100))
	l.a.tells(0, []string{"doctor", "-f", newer, "--listen", "0s"}, "eth0 is no member of 224.0.0.77 although the daemon runs", "[not_joined]",
		"the multicast filter of eth0 lacks 01:00:5e:00:00:4d (224.0.0.77), the adverts of VI_1 [nic_filter]", "`xvrrp reload`", "`ip maddress add 01:00:5e:00:00:4d dev eth0`", "0 problems")
	// The remedy is one.
	l.a.Run("ip", "maddress", "add", "01:00:5e:00:00:4d", "dev", "eth0")
	if out := l.a.tells(0, []string{"doctor", "-f", newer, "--listen", "0s"}, "[not_joined]"); strings.Contains(out, "nic_filter") {
		t.Errorf("the NIC lets the group in, and doctor says it does not:\n%s", out)
	}
	l.a.Run("ip", "maddress", "del", "01:00:5e:00:00:4d", "dev", "eth0")
	// Whoever captures takes everything, which hides the fault.
	l.a.Run("ip", "link", "set", "eth0", "allmulticast", "on")
	l.a.tells(0, []string{"doctor", "-f", newer, "--listen", "0s"}, "note: eth0 lets in the adverts of VI_1 (224.0.0.77, 01:00:5e:00:00:4d) only because", "[nic_filter]")
	l.a.Run("ip", "link", "set", "eth0", "allmulticast", "off")
	quiet("[nic_filter]")

	l.a.Run("nft", "add", "table", "netdev", "out", "{ chain out { type filter hook egress device eth0 priority 0; ip protocol vrrp drop; }; }")
	l.a.tells(1, doctor, "problem: the firewall stops our adverts at the egress", "chain out", "[firewall_egress]")
	l.a.Run("nft", "delete", "table", "netdev", "out")
	quiet("[firewall_egress]")

	l.a.keepalived("vrrp_instance VI_9 {\n  interface eth0\n  virtual_router_id 9\n  priority 9\n  virtual_ipaddress {\n    192.168.14.99\n  }\n}\n")
	l.a.tells(1, doctor, "problem: keepalived runs here (pid", "[keepalived_running]")
}

// disable_local_igmp says nothing to switches, and the NIC is asked all the
// same: else a NIC that filters makes the node deaf.
func TestOperatorDoctorNoIGMP(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	text := "global_defs {\n  disable_local_igmp\n}\n" + vrrp(51, 100)
	l.a.xvrrp(text)
	l.owned(case1VIP, "a", patience)
	out := l.a.tells(0, []string{"doctor", "-f", l.a.write("keepalived.conf", text), "--listen", "0s"}, "is no member of 224.0.0.18", "[not_joined]")
	if strings.Contains(out, "nic_filter") {
		t.Errorf("the daemon asked the NIC for nothing:\n%s", out)
	}
}

// Faults of the host, one after the other, without a daemon.
func TestOperatorDoctorHost(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	file := l.a.write("keepalived.conf", vrrp(51, 100))
	doctor := []string{"doctor", "-f", file, "--listen", "0s"}
	l.a.tells(0, doctor, "0 problems")

	other := l.a.write("other.conf", strings.Replace(vrrp(51, 100), "eth0", "eth7", 1))
	l.a.tells(1, []string{"doctor", "-f", other, "--listen", "0s"}, "problem: interface eth7 does not exist", "[interface_missing]")
	six := l.a.write("six.conf", strings.Replace(vrrp(51, 100), case1VIP, "fe80::51\n    2001:db8::51", 1))
	l.a.Sysctl("net/ipv6/conf/eth0/disable_ipv6", "1")
	l.a.tells(1, []string{"doctor", "-f", six, "--listen", "0s"}, "problem: IPv6 is switched off (net.ipv6.conf.eth0.disable_ipv6 = 1)", "[ipv6_disabled]")

	// A real server of LVS-DR that was forgotten.
	l.a.AddAddress("lo", case1VIP+"/32")
	l.a.tells(1, doctor, "is on lo and arp_ignore is 0 [arp_ignore]", "is on lo and arp_announce is below 2 [arp_announce]", "2 problems")
	l.a.DeleteAddress("lo", case1VIP+"/32")

	// A second interface on the same LAN.
	l.a.Veth("eth1", "wire1", strings.TrimSuffix(l.a.ip, ".1")+".3/24")
	l.a.tells(0, doctor, "eth0 and eth1 are on one network and arp_ignore is 0", "[arp_flux]")
	l.a.Run("ip", "link", "delete", "eth1")

	l.a.standing("eth0")
	l.a.tells(0, doctor, "another XDP program", "is attached to eth0 [xdp_in_use]")

	l.a.Run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "1")
	l.a.Run("ip", "link", "set", "br0", "up")
	l.a.Run("ip", "link", "set", "eth0", "master", "br0")
	l.a.tells(0, doctor, "bridge br0 snoops on multicast [bridge_snooping]", "mcast_querier 1")
	l.a.Run("ip", "link", "set", "eth0", "nomaster")

	// As a person without rights.
	p := l.a.Start("setpriv", append([]string{"--reuid=65534", "--regid=65534", "--clear-groups", binary}, doctor...)...)
	_ = p.Wait(patience) // problems: exit 1
	out := strings.Join(strings.Fields(p.Output()), " ")
	for _, want := range []string{"no permission for packet sockets: operation not permitted [no_packet_socket]", "[no_bpf]", "could not look at everything: the firewall", "[unread]"} {
		if !strings.Contains(out, want) {
			t.Errorf("without rights doctor does not say %q:\n%s", want, p.Output())
		}
	}
}

// What the other node sees of the address: nobody who answers, and another host.
func TestOperatorDoctorElsewhere(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	file := l.a.write("keepalived.conf", vrrp(51, 100))
	l.a.xvrrp(vrrp(51, 100))
	l.owned(case1VIP, "a", patience)
	says(t, l.b.xvrrp(vrrp(51, 90)), "master set to "+l.a.ip, patience)
	// The master's host answers nobody.
	l.a.Sysctl("net/ipv4/conf/eth0/arp_ignore", "8")
	l.b.tells(0, []string{"doctor", "-f", l.b.dir + "/keepalived.conf", "--listen", "300ms"}, "warning: nobody on eth0 answers for "+case1VIP, "[vip_silent]")
	l.a.Sysctl("net/ipv4/conf/eth0/arp_ignore", "0")
	// A third host has the address, and where the other node is, it alone answers.
	l.sw.Drop(l.a.port, l.b.port, lab.ARP)
	l.c.AddAddress("eth0", case1VIP+"/24")
	mac := l.c.Link("eth0").Attrs().HardwareAddr.String()
	l.a.tells(1, []string{"doctor", "-f", file, "--listen", "1s"}, mac, "[vip_elsewhere]")
}
