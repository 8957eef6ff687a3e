package test

import (
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// F7: the host of case 1 and 2, one fault after the other.
func TestOperatorDoctor(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	file := l.a.write("keepalived.conf", case1("MASTER", "90"))
	doctor := []string{"doctor", "-f", file, "--listen", "300ms"}
	l.a.Sysctl("net/ipv4/ip_forward", "0")
	l.a.tells(0, doctor, "[ip_forward]", "[ip_nonlocal_bind]", "0 problems")

	l.a.Firewall(lab.DistributionDefault)
	l.a.Run("iptables-nft", "-w", "-A", "OUTPUT", "-p", "112", "-j", "DROP")
	l.a.Sysctl("net/ipv4/conf/eth0/rp_filter", "1")
	l.a.tells(0, doctor, "warning: rp_filter is strict (1) on eth0", "that leave by eth0: table ip filter, chain OUTPUT (hook output), rule 1: drop [firewall_out]",
		"that come in on eth0: table inet xvrrp-lab, chain input0 (hook input), rule 7: reject [firewall_in]", "0 problems")

	// Under these settings the address is as dead as doctor says.
	l.a.Sysctl("net/ipv4/conf/all/arp_ignore", "8")
	l.a.tells(1, doctor, "problem: arp_ignore is 8 on eth0", "[arp_ignore]", "would not answer ARP")
	l.a.AddAddress("eth0", case1VIP+"/32")
	l.c.tells(5, []string{"who", case1VIP, "-i", "eth0", "--wait", "200ms"})
	l.a.Sysctl("net/ipv4/conf/all/arp_ignore", "2") // harmless: the base address has the network
	l.c.tells(0, []string{"who", case1VIP, "-i", "eth0", "--wait", "200ms"})
	l.a.tells(0, doctor, "[vip_left]", "0 problems")
	l.a.DeleteAddress("eth0", case1VIP+"/32")
	l.a.Sysctl("net/ipv4/conf/all/arp_ignore", "0")
	l.a.Down("eth0")
	l.a.tells(1, doctor, "problem: interface eth0 is down", "1 problem")
	l.a.Up("eth0")
	l.a.Run("ip", "link", "set", "eth0", "multicast", "off")
	l.a.tells(1, doctor, "problem: eth0 has no MULTICAST flag")
	l.a.Run("ip", "link", "set", "eth0", "multicast", "on")
	l.a.Run("ip", "address", "flush", "dev", "eth0")
	l.a.tells(1, doctor, "[no_address]")
	l.a.Run("ip", "address", "add", l.a.ip+"/24", "dev", "eth0", "valid_lft", "3600", "preferred_lft", "3600")
	l.a.tells(0, doctor, "warning: "+l.a.ip+"/24 on eth0 was given by DHCP")

	l.b.AddAddress("eth0", case1VIP+"/32")
	l.c.AddAddress("eth0", case1VIP+"/32")
	l.a.tells(1, doctor, "problem: "+case1VIP+" is answered for by 2 MACs", "[vip_two_macs]")
	l.a.tells(1, append(doctor, "--json"), `"code": "vip_two_macs"`)
}

// F3: a missing or empty file is a finding.
func TestOperatorDoctorBadConfig(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "10.32.0.%d/24")
	l.a.tells(1, []string{"doctor", "-f", l.a.dir + "/none.conf", "--listen", "0s"}, "problem: the configuration has errors", "none.conf", "[config]")
	l.a.tells(1, []string{"doctor", "-f", l.a.write("empty.conf", "! nothing\n"), "--listen", "0s"}, "the configuration has errors")
}
