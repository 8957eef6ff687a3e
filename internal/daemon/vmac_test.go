package daemon

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/vmac"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Which address lives on which interface (keepalived.conf: use_vmac, use_vmac_addr).
func TestWhereAddressesLive(t *testing.T) {
	p := prefixes{own: "vrrp", others: "elsewhere"}
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
				if c.addr.Interface != "eth0" || c.addr.Prefix.Addr().Is6() {
					want.Prefix = "elsewhere"
				}
			}
			got, ok := vmacOf(p, cfg, &c.addr)
			if diff := cmp.Diff(want, got); diff != "" || ok != (want.Parent != "") {
				t.Errorf("%v: %s", ok, diff)
			}
		})
	}
}

// Which addresses are announced again and again, for the switches' sake (garp_extra_if).
func TestExtraInterfaces(t *testing.T) {
	for _, c := range []struct {
		name                                           string
		off, all, vmac, everywhere, xmit, bpf, unicast bool
		// of an address on the instance's interface, on another one, and of the other family
		own, other, six bool
	}{
		{name: "off", off: true, all: true, vmac: true, everywhere: true},
		{name: "no virtual MAC"},
		{name: "no virtual MAC, all", all: true, other: true},
		{name: "use_vmac", vmac: true},
		{name: "use_vmac, all", vmac: true, all: true, other: true, six: true},
		{name: "use_vmac, vmac_xmit_base", vmac: true, xmit: true, own: true},
		{name: "use_vmac_addr", vmac: true, everywhere: true, other: true, six: true},
		{name: "virtual_mac bpf", bpf: true},
		{name: "virtual_mac bpf, all", bpf: true, all: true, other: true, six: true},
		{name: "virtual_mac bpf, vmac_xmit_base", bpf: true, xmit: true, own: true},
		{name: "virtual_mac bpf, unicast", bpf: true, unicast: true, own: true},
		{name: "virtual_mac bpf, use_vmac_addr", bpf: true, everywhere: true, other: true, six: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := &config.Instance{Interface: "eth0", VRID: 51, Family: wire.IPv4}
			if !c.off {
				cfg.GARP.ExtraInterval = time.Second
			}
			if c.vmac {
				cfg.VMAC.Mode = config.VMACMacvlan
			}
			if c.unicast {
				cfg.Unicast.Peers = []config.Peer{{}}
			}
			cfg.GARP.ExtraAll, cfg.VMAC.Addr, cfg.VMAC.XmitBase, cfg.Own.VirtualMAC = c.all, c.everywhere, c.xmit, c.bpf
			for _, a := range []struct {
				text, link string
				want       bool
			}{{"192.0.2.1/24", "eth0", c.own}, {"192.0.2.1/24", "eth1", c.other}, {"2001:db8::1/64", "eth0", c.six}} {
				if got := extra(cfg, &config.Address{Prefix: netip.MustParsePrefix(a.text), Interface: a.link}); got != a.want {
					t.Errorf("%s on %s: %v", a.text, a.link, got)
				}
			}
		})
	}
}
