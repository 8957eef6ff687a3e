package daemon

import "github.com/xvrrp/xvrrp/internal/address"

// watchStrays has the holder look out for the instance's addresses while it does
// not hold them: one that somebody else adds then is answered for by two hosts.
func (in *instance) watchStrays() {
	var list []address.Address
	for _, a := range in.addresses() {
		list = append(list, wantedAddress(a))
	}
	if err := in.d.holders.addresses.Watch(in.id, list, in.cfg().Own.RemoveStrays); err != nil {
		in.log.Warn("("+in.cfg().Name+") a virtual address that somebody else adds will go unseen", "error", err)
	}
}

// forgetStrays ends that.
func (in *instance) forgetStrays() {
	// Without a list nothing is asked of the kernel.
	_ = in.d.holders.addresses.Watch(in.id, nil, false)
}

func (d *Daemon) strays(do func(*instance)) {
	for _, in := range d.all() {
		do(in)
	}
}
