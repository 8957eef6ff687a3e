package daemon

import (
	"fmt"
	"net"
	"strings"

	"github.com/xvrrp/xvrrp/internal/address"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/vmac"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// prefixes are how generated names of virtual MAC interfaces begin.
type prefixes struct {
	own    string // vmac_prefix: on the instance's interface, for its family
	others string // vmac_addr_prefix: elsewhere
}

func prefixesOf(g *config.Global) prefixes {
	p := prefixes{g.VMACPrefix, g.VMACAddrPrefix}
	if p.others == "" {
		p.others = p.own
	}
	return p
}

// vmacOf is the interface that one of an instance's addresses lives on, false
// when that is an ordinary one. As with keepalived, `dev` that names the
// instance's own interface is as good as none.
func vmacOf(p prefixes, cfg *config.Instance, a *config.Address) (vmac.VMAC, bool) {
	family := wire.IPv4
	if a.Prefix.Addr().Is6() {
		family = wire.IPv6
	}
	use, own, prefix := cfg.VMAC, a.Interface == cfg.Interface && family == cfg.Family, p.own
	if !own {
		prefix = p.others
	}
	switch {
	case a.VMAC.Mode == config.VMACMacvlan:
		use = a.VMAC
	case use.Mode != config.VMACMacvlan || !own && !use.Addr:
		return vmac.VMAC{}, false
	case !own:
		use.Name = "" // that is the main one's
	}
	return vmac.VMAC{
		Parent: a.Interface, VRID: cfg.VRID, IPv6: family == wire.IPv6, Name: use.Name, Prefix: prefix,
		MAC: hardware(use.MAC, cfg.VRID), Group: interfaceGroup(use.Group),
	}, true
}

// mainVMAC is the interface of the instance itself, which it has even without
// an address of its own family.
func mainVMAC(p prefixes, cfg *config.Instance) (vmac.VMAC, bool) {
	if cfg.VMAC.Mode != config.VMACMacvlan {
		return vmac.VMAC{}, false
	}
	return vmac.VMAC{
		Parent: cfg.Interface, VRID: cfg.VRID, IPv6: cfg.Family == wire.IPv6, Name: cfg.VMAC.Name, Prefix: p.own,
		MAC: hardware(cfg.VMAC.MAC, cfg.VRID), Group: interfaceGroup(cfg.VMAC.Group),
	}, true
}

// extra reports whether an address is announced again and again for the sake of
// its interface's MAC (garp_extra_if): one that no advert leaves with. Without
// "all" that is done for virtual MACs only.
func extra(cfg *config.Instance, a *config.Address) bool {
	if cfg.GARP.ExtraInterval == 0 {
		return false
	}
	own, macvlan := mainVMAC(prefixes{}, cfg)
	if w, ok := vmacOf(prefixes{}, cfg, a); ok {
		return w != own || cfg.VMAC.XmitBase
	}
	if w, ok := virtualMAC(cfg, a); ok {
		return w != ofInstance(cfg) || cfg.VMAC.XmitBase || cfg.Unicast.Enabled()
	}
	return cfg.GARP.ExtraAll && (a.Interface != cfg.Interface || macvlan || cfg.Own.VirtualMAC)
}

// hardware reads a configured MAC, checked already: six octets, or five that
// the VRID follows; zero for the protocol's own.
func hardware(text string, vrid uint8) (mac [6]byte) {
	if text == "" {
		return mac
	}
	if strings.Count(text, ":") == 4 {
		text += fmt.Sprintf(":%02x", vrid)
	}
	if hw, err := net.ParseMAC(text); err == nil {
		copy(mac[:], hw)
	}
	return mac
}

// interfaceGroup is the number of a group; the names have been checked with the file.
func interfaceGroup(text string) uint32 {
	n, err := address.LinkGroup(text)
	if err != nil {
		return 0
	}
	return n
}
