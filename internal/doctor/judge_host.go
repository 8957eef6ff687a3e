package doctor

import (
	"fmt"
	"slices"
	"strings"
)

func permissions(f Facts, _ Needs) []Finding {
	if f.Kernel.PacketSend == "" {
		return nil
	}
	return []Finding{{
		Problem, "no_packet_socket", "", "no permission for packet sockets: " + f.Kernel.PacketSend,
		"adverts and announcements cannot be sent", "run as root, or with CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON",
	}}
}

func abilities(f Facts, _ Needs) []Finding {
	var list []Finding
	if f.Kernel.XDP != "" {
		list = append(list, Finding{
			Warning, "no_bpf", "", fmt.Sprintf("this kernel (%s) lets us load no XDP program: %s", f.Kernel.Release, f.Kernel.XDP),
			"adverts come in through packet sockets: still before any firewall, but later and with a coarser clock, and there is no fence", "Linux 5.8 or newer with CONFIG_BPF_SYSCALL, and CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
		})
	}
	if f.Kernel.Ring != "" {
		list = append(list, Finding{
			Warning, "no_ring_buffer", "", "BPF ring buffers are not to be had: " + f.Kernel.Ring,
			"adverts come in through packet sockets", "Linux 5.8 or newer",
		})
	}
	if f.Kernel.BPFFS != "" {
		list = append(list, Finding{
			Warning, "no_bpffs", "", "/sys/fs/bpf cannot be used: " + f.Kernel.BPFFS,
			"the program ends with the daemon, so that a restart is a short deafness and nothing fences a dead daemon", "`mount -t bpf bpf /sys/fs/bpf`; systemd does it at boot",
		})
	}
	return list
}

// ours are the names of our own programs.
var ours = []string{"vrrp_xdp", "vrrp_tc"}

func xdpInUse(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		l, _ := f.link(name)
		if l.XDP == "" || slices.Contains(ours, l.XDP) || len(n.on(name)) == 0 {
			continue
		}
		list = append(list, Finding{
			Warning, "xdp_in_use", name, fmt.Sprintf("another XDP program (%s) is attached to %s", l.XDP, name),
			"xvrrp uses tc there, behind that program: adverts that it drops or redirects are lost", "have that program pass IP protocol 112 (and 51 with AH)",
		})
	}
	return list
}

func selinux(f Facts, _ Needs) []Finding {
	if f.SELinux != "enforcing" {
		return nil
	}
	return []Finding{{
		Note, "selinux", "", "SELinux is enforcing",
		"it does not stop adverts; it may stop notify and track scripts, and BPF where the policy confines the daemon", "leave it on; look for denials with `ausearch -m avc -c xvrrp`",
	}}
}

// coarse are clocks that are slow to read or jump.
var coarse = []string{"jiffies", "refined-jiffies", "acpi_pm", "hpet", "pit"}

func clock(f Facts, _ Needs) []Finding {
	if !slices.Contains(coarse, f.Clocksource) {
		return nil
	}
	return []Finding{{
		Warning, "clocksource", "", "the kernel's clock source is " + f.Clocksource,
		"each reading is slow or coarse, which intervals below 100 ms feel", "`cat /sys/devices/system/clocksource/clocksource0/available_clocksource`; tsc, kvm-clock or hyperv_clocksource is better",
	}}
}

func throttled(f Facts, _ Needs) []Finding {
	if f.CPU.Throttled == 0 {
		return nil
	}
	return []Finding{{
		Warning, "cpu_throttled", "", fmt.Sprintf("the cgroup was denied the CPU in %d of %d periods", f.CPU.Throttled, f.CPU.Periods),
		"a throttled daemon stands still for up to a period (100 ms), which is a failover with short intervals", "raise or remove the CPU quota (CPUQuota= of the unit, limits.cpu of the container)",
	}}
}

func slack(f Facts, _ Needs) []Finding {
	const much = 1000000 // 1 ms, in ns
	if f.CPU.SlackNS <= much {
		return nil
	}
	return []Finding{{
		Warning, "timer_slack", "", fmt.Sprintf("timers may be %d µs late on purpose", f.CPU.SlackNS/1000),
		"deadlines are handled that much later", "set TimerSlackNSec=50us in the unit, or leave realtime on",
	}}
}

func bridges(f Facts, n Needs) []Finding {
	var list []Finding
	for _, name := range n.interfaces() {
		l, _ := f.link(name)
		b := l
		if !l.Bridge {
			b, _ = f.link(l.Master)
		}
		if !b.Bridge || !b.Snooping {
			continue
		}
		list = append(list, Finding{
			Note, "bridge_snooping", b.Name, fmt.Sprintf("bridge %s snoops on multicast", b.Name),
			"without a querier on the LAN memberships time out after some minutes; ff02::12 is then filtered by some switches, 224.0.0.18 should never be", fmt.Sprintf("`ip link set %s type bridge mcast_querier 1`, or unicast_peer", b.Name),
		})
	}
	return list
}

// clouds are vendors whose networks carry no multicast between machines, and
// deliver an address only where their own control plane says.
var clouds = []struct{ vendor, name, how string }{
	{"amazon", "Amazon EC2", "secondary private addresses or a route to the instance"},
	{"google", "Google Compute Engine", "alias ranges or routes"},
	{"microsoft", "Microsoft Azure (or Hyper-V)", "a load balancer with floating IP, or the API in notify_master"},
	{"openstack", "OpenStack", "allowed_address_pairs on both ports"},
	{"digitalocean", "DigitalOcean", "a reserved IP moved in notify_master"},
	{"hetzner", "Hetzner", "a floating IP or vSwitch"},
	{"alibaba", "Alibaba Cloud", "an HAVIP"},
	{"oraclecloud", "Oracle Cloud", "a secondary private IP moved in notify_master"},
	{"scaleway", "Scaleway", "a flexible IP moved in notify_master"},
	{"vultr", "Vultr", "a reserved IP or BGP"},
	{"linode", "Linode", "IP sharing"},
	{"ovh", "OVHcloud", "a failover IP moved in notify_master"},
}

func cloud(f Facts, n Needs) []Finding {
	vendor := strings.ToLower(f.Vendor)
	for _, c := range clouds {
		if !strings.Contains(vendor, c.vendor) {
			continue
		}
		var list []Finding
		for _, i := range n.Instances {
			if !i.Unicast() {
				list = append(list, Finding{
					Warning, "cloud_multicast", i.Name, fmt.Sprintf("this is a machine of %s, and %s uses multicast", c.name, i.Name),
					"such networks carry no multicast between machines, so both nodes become master", "unicast_src_ip and unicast_peer on all nodes, and IP protocol 112 admitted in the security group",
				})
			}
		}
		return append(list, Finding{
			Note, "cloud_address", "", "this is a machine of " + c.name,
			"its network delivers a moved address only when its control plane knows: ARP alone does not move it", "use " + c.how,
		})
	}
	return nil
}

func unread(f Facts, _ Needs) []Finding {
	var list []Finding
	for _, u := range f.Unread {
		list = append(list, Finding{
			Note, "unread", "", "could not look at everything: " + u,
			"something may be wrong there", "run as root",
		})
	}
	return list
}
