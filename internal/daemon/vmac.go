package daemon

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/accept"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/internal/vmac"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// vmacs gives instances with use_vmac their interfaces: made as soon as the
// interface below is there, silent while the instance is not master.
type vmacs struct {
	d      *Daemon
	holder *vmac.Holder
	filter *accept.Filter
	macs   *macs // those without an interface

	work  sync.Mutex // one change at a time; taken after nics.mu, before virtual.mu
	users []*instance

	tidied bool // nothing is inherited any more
}

// virtual are the interfaces of one instance.
type virtual struct {
	wanted []vmac.VMAC // its own first; guarded by vmacs.work

	mu    sync.Mutex
	links map[vmac.VMAC]vmac.Link // those that stand
	loud  bool                    // master: they may be heard

	prefixes prefixes // as they were when the instance was made: names that stand do not change

	out *egress.Interface // sends adverts with the virtual MAC; of nics
}

// openVMACs opens the holder and starts the filter, with what every instance
// refuses in it, so that there is no moment without.
func (d *Daemon) openVMACs(undo *cleanup) error {
	v := &vmacs{d: d, macs: newMACs(d), filter: accept.New(d.tableName(), func(err error) { d.log.Warn(err.Error()) })}
	d.vmacs = v
	s := d.settings()
	for i := range s.Instances {
		v.refuse(s.Instances[i].Name, &s.Instances[i]) // a new instance's id is its name
	}
	undo.add("packet filter", v.endFilter)
	if err := v.filter.Start(); err != nil {
		d.log.Error("no_accept has no effect and a backup's virtual MAC may be heard", "error", err)
	}
	var err error
	v.holder, err = vmac.Open(vmac.Config{Journal: filepath.Join(d.opt.RuntimeDir, "vmacs"), Guard: guard{v.filter, v}})
	if err != nil {
		return err
	}
	undo.add("virtual MACs", v.close)
	return nil
}

// wanted are all interfaces of an instance, its own first.
func (v *vmacs) wanted(in *instance) (list []vmac.VMAC) {
	cfg := in.cfg()
	add := func(w vmac.VMAC, ok bool) {
		if ok && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	add(mainVMAC(in.virtual.prefixes, cfg))
	for _, addrs := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for i := range addrs {
			add(vmacOf(in.virtual.prefixes, cfg, &addrs[i]))
		}
	}
	return list
}

// use takes an instance in, leave lets it go with its interfaces.
func (v *vmacs) use(in *instance) {
	v.work.Lock()
	defer v.work.Unlock()
	v.users = append(v.users, in)
	in.virtual.wanted = v.wanted(in)
	v.again(in, func(vmac.VMAC) bool { return true })
	v.macs.use(in)
	v.macs.describe(in)
}

func (v *vmacs) leave(in *instance) {
	v.work.Lock()
	defer v.work.Unlock()
	v.users = slices.DeleteFunc(v.users, func(o *instance) bool { return o == in })
	v.dismiss(in, nil)
	v.macs.leave(in)
	in.unsend()
	if err := v.filter.Refuse(in.id, nil); err != nil {
		v.d.log.Error("("+in.cfg().Name+") packets to its addresses may still be dropped", "error", err)
	}
}

// configure takes in an instance's new settings.
func (v *vmacs) configure(in *instance) {
	v.refuse(in.id, in.cfg())
	v.work.Lock()
	defer v.work.Unlock()
	if slices.Contains(v.users, in) {
		in.virtual.wanted = v.wanted(in)
		v.dismiss(in, in.virtual.wanted)
		v.again(in, func(vmac.VMAC) bool { return true })
		v.macs.use(in)
	}
}

// news: the interface of that name and index is there, or changed, or went.
func (v *vmacs) news(name string, index int) {
	v.work.Lock()
	defer v.work.Unlock()
	for _, in := range v.users {
		v.again(in, func(w vmac.VMAC) bool { return w.Parent == name || in.link(w).Index == index })
	}
	v.macs.news(name)
}

// addresses: an interface has these now. Those on it for IPv6 bear a copy of
// its link-local address.
func (v *vmacs) addresses(name string, addrs []ifstate.Address) {
	v.work.Lock()
	defer v.work.Unlock()
	none := func(netip.Addr) bool { return false }
	local, _ := ifstate.LinkLocal(addrs, none) // a tentative one is told again once it is usable
	if !local.IsValid() {
		return // what there is stays until there is a better one
	}
	for _, in := range v.users {
		v.again(in, func(w vmac.VMAC) bool { return w.IPv6 && w.Parent == name && in.link(w).LinkLocal != local })
	}
}

// link is one of the instance's as it stands.
func (in *instance) link(w vmac.VMAC) vmac.Link {
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	return in.virtual.links[w]
}

// again makes those of an instance's interfaces stand that which says.
func (v *vmacs) again(in *instance, which func(vmac.VMAC) bool) {
	for _, w := range in.virtual.wanted {
		if which(w) {
			v.ensure(in, w)
		}
	}
}

func (v *vmacs) ensure(in *instance, w vmac.VMAC) {
	name, cause := in.cfg().Name, vmacCause(w)
	l, err := v.holder.Ensure(owner(in, w), w)
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	_, stood := in.virtual.links[w]
	var missing netlink.LinkNotFoundError
	switch {
	case errors.As(err, &missing): // the interface below is a fault of its own; it may be there still, under another name
		v.lose(in, w)
		return
	case err != nil:
		v.d.log.Error("("+name+") no virtual MAC interface", "error", err)
		v.lose(in, w)
		v.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: cause}})
		return
	}
	if in.virtual.links == nil {
		in.virtual.links = map[vmac.VMAC]vmac.Link{}
	}
	in.virtual.links[w] = l
	if l.Fresh {
		v.d.log.Info(fmt.Sprintf("(%s): Success creating VMAC interface %s", name, l.Name), "parent", w.Parent, "mac", net.HardwareAddr(l.MAC[:]).String())
		if in.virtual.loud {
			v.heard(in, l)
		}
	}
	if l.Fresh || !stood {
		v.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultCleared{Cause: cause}})
	}
}

// lose lets an interface go that cannot be had as it is wanted, with what was set for it.
func (v *vmacs) lose(in *instance, w vmac.VMAC) {
	delete(in.virtual.links, w)
	if err := v.holder.Remove(owner(in, w)); err != nil {
		v.d.log.Error("("+in.cfg().Name+") cannot remove the VMAC interface on "+w.Parent, "error", err)
	}
}

// owner is what the holder knows one interface of an instance by.
func owner(in *instance, w vmac.VMAC) string {
	return fmt.Sprintf("%s: %v %s %s", in.id, w, w.Name, w.Prefix)
}

func vmacCause(w vmac.VMAC) vrrp.Cause {
	return vrrp.Cause{Kind: vrrp.CauseConfig, Name: "no virtual MAC interface on " + w.Parent}
}

// dismiss removes an instance's interfaces but those in keep.
func (v *vmacs) dismiss(in *instance, keep []vmac.VMAC) {
	in.virtual.mu.Lock()
	defer in.virtual.mu.Unlock()
	for w, l := range in.virtual.links {
		if slices.Contains(keep, w) {
			continue
		}
		delete(in.virtual.links, w)
		if err := v.holder.Remove(owner(in, w)); err != nil {
			v.d.log.Error("("+in.cfg().Name+") cannot remove VMAC interface "+l.Name, "error", err)
			continue
		}
		v.d.log.Info(fmt.Sprintf("(%s) Success removing VMAC interface %s", in.cfg().Name, l.Name))
	}
}

// close removes every interface, unless the addresses on them shall stay.
func (v *vmacs) close() error {
	v.work.Lock()
	defer v.work.Unlock()
	for _, in := range v.users {
		if !v.d.keep.Load() {
			v.dismiss(in, nil)
		}
	}
	if v.d.keep.Load() {
		v.d.dp.LeaveVirtualMACs()
	}
	return v.holder.Close()
}
