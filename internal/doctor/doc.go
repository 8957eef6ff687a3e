// Package doctor looks at a host for what will hurt VRRP: what breaks it, what
// breaks everybody but xvrrp, and what is good to know.
//
//	facts := doctor.Gather(needs, pid)          // reads /proc, netlink, nftables; changes nothing
//	for _, f := range doctor.Judge(facts, needs) {
//		fmt.Println(f.Severity, f.Code, f.What, f.Remedy)
//	}
//
// Gather and Judge are apart, so that every rule is tested with facts alone:
// Judge is plain code without a clock, a file or a socket. docs/doctor.md
// explains every code; a test holds the two against each other.
//
// The firewall is read over netlink as nftables keeps it, which is where
// iptables-nft and firewalld put their rules too, and evaluated for an advert
// at each hook: Trace walks the chains like the kernel, with a third answer,
// "maybe", where the rule asks for something that only a real packet has.
package doctor
