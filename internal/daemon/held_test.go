package daemon

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
)

// What a lapse of the lease must not silence for good: the addresses of a takeover that is due. Their fence is up already, while the
// core is not master yet.
func TestHeldBeforeATakeover(t *testing.T) {
	in := &instance{id: "VI_1"}
	in.current.Store(&config.Instance{
		Addresses: []config.Address{{Prefix: netip.MustParsePrefix("192.0.2.1/32")}},
		Excluded:  []config.Address{{Prefix: netip.MustParsePrefix("2001:db8::1/128")}},
	})
	s := sink{Engine: engine.New(engine.Ports{}), d: &Daemon{}}
	s.d.instances = append(s.d.instances, in)
	if held := s.Held(); len(held) != 0 {
		t.Errorf("a Backup holds %v", held)
	}
	in.coming.Store(true)
	held := slices.Collect(maps.Keys(s.Held()))
	slices.SortFunc(held, netip.Addr.Compare)
	if want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}; !slices.Equal(held, want) {
		t.Errorf("about to take over, it holds %v, want %v", held, want)
	}
}
