package daemon

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// leastInterval is the smallest interval that an advert can carry.
const leastInterval = 10 * time.Millisecond

// spec turns the settings of an instance into what the engine runs. Probe and
// Effect are the caller's.
func spec(in *config.Instance) (engine.Spec, error) {
	auth, err := auth(in)
	if err != nil {
		return engine.Spec{}, fmt.Errorf("instance %s: %w", in.Name, err)
	}
	addrs := advertised(in)
	return engine.Spec{
		Name:     in.Name,
		Election: election(in),
		Receive:  receive(in, addrs, auth),
		Advert: wire.Advert{
			Version: in.Version, VRID: in.VRID, Interval: carried(in), Addresses: addrs,
			TTL: ttl(in), Checksum: checksum(in),
		},
		Auth:  auth,
		Group: in.McastGroup,
		Peers: peers(in),
		Fine:  in.Own.AdvertInterval,
	}, nil
}

// interval is how often the instance sends: the finer one of our own block
// when there is one.
func interval(in *config.Instance) time.Duration {
	if in.Own.AdvertInterval > 0 {
		return in.Own.AdvertInterval
	}
	return in.AdvertInterval
}

// carried is the interval in the adverts: the field cannot say less than 10 ms.
func carried(in *config.Instance) time.Duration { return max(interval(in), leastInterval) }

func election(in *config.Instance) vrrp.Config {
	return vrrp.Config{
		Version:              in.Version,
		Family:               in.Family,
		Priority:             in.Priority,
		Interval:             interval(in),
		NoPreempt:            !in.Preempt,
		PreemptDelay:         in.PreemptDelay,
		DownAdverts:          in.DownTimerAdverts,
		LowerPriorityAdvert:  !in.LowerPrioNoAdvert,
		HigherPriorityAdvert: lastWord(in),
		OwnerIgnoresAdverts:  in.OwnerIgnoreAdverts,
		OwnerWaits:           in.Priority == vrrp.PriorityOwner && in.State == config.StateBackup,
		TimerExpiredBackup:   in.TimerExpiredBackup,
		Guard:                guardOf(in),
		HoldLimit:            in.Own.GuardHoldLimit,
		DeafWait:             waitOf(in, in.Own.Isolated),
		Witness:              len(in.Own.Witness) > 0,
		WitnessWait:          witnessWait(in),
	}
}

// lastWord reports whether a master sends one more advert before it yields. A better one that did not hear it while they were two
// learns from it that there were two, and tells the neighbours of the loser's side where the addresses are now. keepalived says
// nothing by default. With a virtual MAC the neighbours know no other, and the advert would lead the switches back to the loser.
func lastWord(in *config.Instance) bool {
	return in.HigherPrioSendAdvert || !in.YieldSilently && !in.Strict && in.VMAC.Mode == config.VMACOff && !in.Own.VirtualMAC
}

// guardOf is split_brain_guard. Without a limit hold holds nothing.
func guardOf(in *config.Instance) vrrp.Guard {
	switch {
	case in.Own.Guard == config.GuardOff:
		return vrrp.GuardOff
	case in.Own.Guard == config.GuardHold && in.Own.GuardHoldLimit > 0:
		return vrrp.GuardHold
	}
	return vrrp.GuardAlarm
}

// waitOf is isolated or witness_wait.
func waitOf(in *config.Instance, d config.Doubt) vrrp.Wait {
	switch {
	case d == config.DoubtAlways:
		return vrrp.WaitAlways
	case d == config.DoubtHold && in.Own.GuardHoldLimit > 0:
		return vrrp.WaitLimit
	}
	return vrrp.WaitNot
}

func witnessWait(in *config.Instance) vrrp.Wait {
	if len(in.Own.Witness) == 0 {
		return vrrp.WaitNot
	}
	return waitOf(in, in.Own.WitnessWait)
}

func receive(in *config.Instance, addrs []netip.Addr, auth wire.Auth) wire.Settings {
	s := wire.Settings{
		Family: in.Family, Version: in.Version, VRID: in.VRID, Owner: in.Priority == vrrp.PriorityOwner,
		Interval: carried(in), Addresses: addrs, Group: in.McastGroup, Auth: auth,
		OldUnicastChecksum: in.Unicast.Enabled() && in.Unicast.Checksum != config.ChecksumNew,
	}
	for _, p := range in.Unicast.Peers {
		s.Peers = append(s.Peers, wire.Peer{Addr: p.Addr, MinTTL: uint8(p.MinTTL), MaxTTL: uint8(p.MaxTTL)})
	}
	return s
}

func advertised(in *config.Instance) []netip.Addr {
	addrs := make([]netip.Addr, 0, len(in.Addresses))
	for _, a := range in.Addresses {
		addrs = append(addrs, a.Prefix.Addr())
	}
	return addrs
}

// watched are the addresses of the instance, advertised or not. Also one that lives elsewhere may be in somebody's adverts on the
// instance's own interface.
func watched(in *config.Instance) (list []netip.Addr) {
	for _, some := range [][]config.Address{in.Addresses, in.Excluded} {
		for _, a := range some {
			list = append(list, a.Prefix.Addr())
		}
	}
	return list
}

func peers(in *config.Instance) []netip.Addr {
	var to []netip.Addr
	for _, p := range in.Unicast.Peers {
		to = append(to, p.Addr)
	}
	return to
}

func ttl(in *config.Instance) uint8 {
	if in.Unicast.Enabled() {
		return uint8(in.Unicast.TTL)
	}
	return 255
}

func checksum(in *config.Instance) wire.ChecksumForm {
	switch {
	case in.ChecksumAsV2:
		return wire.MessageOnly
	case in.Unicast.Enabled() && in.Unicast.Checksum == config.ChecksumOld:
		return wire.GroupPseudoHeader
	}
	return wire.NoForm
}

// auth turns the settings' secrets into the codec's.
func auth(in *config.Instance) (wire.Auth, error) {
	switch in.Auth.Kind {
	case config.AuthPass:
		return wire.Auth{Type: wire.AuthPass, Password: wire.NewPassword(in.Auth.Password.Reveal())}, nil
	case config.AuthAH:
		return wire.Auth{Type: wire.AuthAH, Password: wire.NewPassword(in.Auth.Password.Reveal())}, nil
	case config.AuthHMAC:
		return hmac(&in.Auth.HMAC)
	}
	return wire.Auth{}, nil
}

func hmac(h *config.HMAC) (wire.Auth, error) {
	out := wire.HMAC{
		Active: h.ActiveKey, Mode: wire.HMACMode(h.Mode), Replay: wire.ReplayMode(h.AntiReplay), Window: h.Window,
	}
	for _, k := range h.Keys {
		key, err := wire.NewKey(k.ID, []byte(k.Key.Reveal()))
		if err != nil {
			return wire.Auth{}, fmt.Errorf("auth_hmac: %w", err)
		}
		out.Keys = append(out.Keys, key)
	}
	return wire.Auth{HMAC: out}, nil
}
