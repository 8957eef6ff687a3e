package daemon

import (
	"fmt"
	"sync"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// unknownVRIDs serves log_unknown_vrids: each VRID that is not ours is named
// once for each interface, in keepalived's words.
type unknownVRIDs struct {
	mu   sync.Mutex
	told map[unknownVRID]bool
}

type unknownVRID struct {
	name   string // of the interface
	family wire.Family
	vrid   uint8
}

// first reports whether this one has not been told yet.
func (u *unknownVRIDs) first(v unknownVRID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told[v] {
		return false
	}
	if u.told == nil {
		u.told = map[unknownVRID]bool{}
	}
	u.told[v] = true
	return true
}

// tellUnknown logs an advert for a virtual router that is none of ours.
func (d *Daemon) tellUnknown(name string, p *wire.Packet) {
	if !d.settings().Global.LogUnknownVRIDs || !d.unknown.first(unknownVRID{name, p.Family(), p.VRID()}) {
		return
	}
	d.log.Info(fmt.Sprintf("Unknown VRID(%d) received on interface(%s). ignoring...", p.VRID(), name), "from", p.Src(), "family", p.Family())
}
