package config

import (
	"strings"
	"testing"
)

// TestVirtualMACByBPF: what it goes with and what not, and that an instance's own word holds.
func TestVirtualMACByBPF(t *testing.T) {
	const plain = "10.0.0.9/24"
	for _, tt := range []struct {
		name, lines, address, own string
		on                        bool
		finding                   string // of the code; empty: none
	}{
		{"off", "", plain, "", false, ""},
		{"on", "", plain, "virtual_mac bpf", true, ""},
		{"with use_vmac_addr and vmac_xmit_base", "use_vmac_addr\nvmac_xmit_base", plain, "virtual_mac bpf", true, ""},
		{"of one instance", "", plain, "instance VI { virtual_mac bpf }", true, ""},
		{"not of one instance", "use_vmac", plain, "virtual_mac bpf\ninstance VI { virtual_mac off }", false, ""},
		{"with use_vmac", "use_vmac", plain, "virtual_mac bpf", true, "has both use_vmac and virtual_mac bpf"},
		{"with use_ipvlan", "use_ipvlan", plain, "instance VI { virtual_mac bpf }", true, "has both use_ipvlan and virtual_mac bpf"},
		{"with use_vmac of an address", "", plain + " use_vmac", "virtual_mac bpf", true, "10.0.0.9/24 has use_vmac"},
		{"without BPF", "", plain, "dataplane socket\nvirtual_mac bpf", true, "needs BPF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, findings := loadText("vrrp_instance VI {\ninterface eth0\nvirtual_router_id 1\n" + tt.lines +
				"\nvirtual_ipaddress {\n" + tt.address + "\n}\n}\nxvrrp {\n" + tt.own + "\n}\n")
			said := ""
			for _, f := range findings {
				if f.Code == codeVirtualMAC {
					said += f.Format()
				}
			}
			if (tt.finding == "") != (said == "") || !strings.Contains(said, tt.finding) {
				t.Errorf("findings: %s", formatAll(findings))
			}
			if len(s.Instances) != 1 || s.Instances[0].Own.VirtualMAC != tt.on {
				t.Errorf("the instance has %+v", s.Instances)
			}
		})
	}
}
