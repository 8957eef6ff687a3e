package daemon

import (
	"net/netip"
	"path/filepath"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// refused are the addresses of an instance that this host does not accept
// packets for although it may hold them (no_accept). An owner always accepts
// (RFC 9568 §6.1, Accept_Mode). They are refused in every state: a packet for
// them reaches this host's input only while it holds them.
func refused(cfg *config.Instance) (list []netip.Addr) {
	if cfg.Accept || cfg.Priority == vrrp.PriorityOwner {
		return nil
	}
	for _, addrs := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for _, a := range addrs {
			list = append(list, a.Prefix.Addr())
		}
	}
	return list
}

func (v *vmacs) refuse(id string, cfg *config.Instance) {
	if err := v.filter.Refuse(id, refused(cfg)); err != nil {
		v.d.log.Error("("+cfg.Name+") no_accept has no effect", "error", err)
	}
}

// tableName is the filter's, named after the runtime directory: a host may run
// several daemons.
func (d *Daemon) tableName() string {
	abs, err := filepath.Abs(d.opt.RuntimeDir)
	if err != nil {
		abs = d.opt.RuntimeDir
	}
	return "xvrrp" + pinName(abs)
}

// endFilter takes the table away, unless the addresses shall stay.
func (v *vmacs) endFilter() error {
	if v.d.keep.Load() {
		return v.filter.Leave()
	}
	return v.filter.Close()
}
