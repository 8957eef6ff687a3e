package daemon

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/vmac"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Which address lives on which interface (keepalived.conf: use_vmac, use_vmac_addr).
func TestWhereAddressesLive(t *testing.T) {
	v := &vmacs{prefix: "vrrp"}
	use := config.VMAC{Mode: config.VMACMacvlan, Name: "own"}
	address := func(text, link string) config.Address {
		return config.Address{Prefix: netip.MustParsePrefix(text), Interface: link}
	}
	alone := address("192.0.2.1/32", "eth1")
	alone.VMAC = config.VMAC{Mode: config.VMACMacvlan, MAC: "02:00:00:00:01", Group: "7"}
	everywhere := use
	everywhere.Addr = true
	for _, c := range []struct {
		name string
		use  config.VMAC
		addr config.Address
		want vmac.VMAC // without a parent: an ordinary interface
	}{
		{"none", config.VMAC{}, address("192.0.2.1/24", "eth0"), vmac.VMAC{}},
		{"ipvlan", config.VMAC{Mode: config.VMACIPVLAN}, address("192.0.2.1/24", "eth0"), vmac.VMAC{}},
		{"own", use, address("192.0.2.1/24", "eth0"), vmac.VMAC{Parent: "eth0", Name: "own"}},
		{"another interface", use, address("192.0.2.1/24", "eth1"), vmac.VMAC{}},
		{"the other family", use, address("2001:db8::1/64", "eth0"), vmac.VMAC{}},
		{"another interface, with use_vmac_addr", everywhere, address("192.0.2.1/24", "eth1"), vmac.VMAC{Parent: "eth1"}},
		{"the other family, with use_vmac_addr", everywhere, address("2001:db8::1/64", "eth0"), vmac.VMAC{Parent: "eth0", IPv6: true}},
		{"this address alone", config.VMAC{}, alone, vmac.VMAC{Parent: "eth1", MAC: [6]byte{2, 0, 0, 0, 1, 51}, Group: 7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := &config.Instance{Interface: "eth0", VRID: 51, Family: wire.IPv4, VMAC: c.use}
			want := c.want
			if want.Parent != "" {
				want.VRID, want.Prefix = 51, "vrrp"
			}
			got, ok := v.of(cfg, &c.addr)
			if diff := cmp.Diff(want, got); diff != "" || ok != (want.Parent != "") {
				t.Errorf("%v: %s", ok, diff)
			}
		})
	}
}
