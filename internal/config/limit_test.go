package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A thousand virtual routers with a remark each start; a broken one among them
// is still found.
func TestManyWarningsAreNoError(t *testing.T) {
	var text strings.Builder
	for vrid := 1; vrid <= 250; vrid++ {
		for _, iface := range []string{"eth0", "eth1", "eth2", "eth3", "eth4"} {
			// No advert_int under version 2 with a password longer than eight: one warning each.
			fmt.Fprintf(&text, "vrrp_instance %s_%d {\n interface %s\n virtual_router_id %d\n authentication {\n auth_type PASS\n auth_pass longer-than-eight\n }\n virtual_ipaddress { 192.0.2.%d/24 }\n}\n",
				iface, vrid, iface, vrid, vrid)
		}
	}
	overflows := func(f Finding) bool { return f.Code == codeTooMany && f.Severity == Warning }

	_, findings := Load([]string{"many.conf"}, inMemory(map[string]string{"many.conf": text.String()}))
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Error }) {
		t.Errorf("%d findings, an error among them", len(findings))
	}
	if !slices.ContainsFunc(findings, overflows) {
		t.Errorf("%d findings, and nothing says that there are more", len(findings))
	}

	text.WriteString("vrrp_instance broken {\n interface eth0\n virtual_router_id 251\n advert_int never\n virtual_ipaddress { 192.0.2.251/24 }\n}\n")
	_, findings = Load([]string{"many.conf"}, inMemory(map[string]string{"many.conf": text.String()}))
	if !slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Error }) {
		t.Error("an error behind a thousand warnings is lost")
	}
}
