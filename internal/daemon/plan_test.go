package daemon

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// router is an instance such as "A eth0 1": its name, interface and VRID, and,
// when it is unicast, the address that it sends from.
func router(text string) config.Instance {
	in := config.Instance{Family: wire.IPv4, Version: 3, Priority: 100}
	var source string
	if _, err := fmt.Sscan(text+" -", &in.Name, &in.Interface, &in.VRID, &source); err != nil {
		panic(err)
	}
	if source != "-" {
		in.Unicast = config.Unicast{Source: netip.MustParseAddr(source), Peers: []config.Peer{{Addr: netip.MustParseAddr("192.0.2.9")}}}
	}
	return in
}

// settingsOf reads routers, and groups such as "G: A B".
func settingsOf(texts ...string) *config.Settings {
	s := &config.Settings{}
	for _, text := range texts {
		if name, members, group := strings.Cut(text, ": "); group {
			s.SyncGroups = append(s.SyncGroups, config.SyncGroup{Name: name, Members: strings.Fields(members)})
		} else {
			s.Instances = append(s.Instances, router(text))
		}
	}
	return s
}

func TestPlan(t *testing.T) {
	list := func(texts ...string) []string { return texts }
	for _, c := range []struct {
		name     string
		old, new []string
		want     string
	}{
		{"nothing", list("A eth0 1", "B eth0 2"), list("B eth0 2", "A eth0 1"), ""},
		{"come and go", list("A eth0 1"), list("B eth0 2"), "remove A; add B"},
		{"another interface", list("A eth0 1"), list("A eth1 1"), "remove A; add A"},
		{"another name", list("A eth0 1"), list("B eth0 1"), "rename A to B, which keeps its state"},
		{"names change places", list("A eth0 1", "B eth0 2"), list("B eth0 1", "A eth0 2"),
			"rename A to B, which keeps its state; rename B to A, which keeps its state"},
		{"a name goes to a new one", list("A eth0 1"), list("A eth0 2", "B eth0 1"), "add A; rename A to B, which keeps its state"},
		{"one VRID from two sources", list("A eth0 1 192.0.2.1", "B eth0 1 192.0.2.2"), list("B eth0 1 192.0.2.1", "A eth0 1 192.0.2.2"),
			"rename A to B, which keeps its state; rename B to A, which keeps its state"},
		{"another source", list("A eth0 1 192.0.2.1"), list("A eth0 1 192.0.2.2"), "change A, which keeps its state"},
		{"to unicast", list("A eth0 1"), list("A eth0 1 192.0.2.2"), "change A, which keeps its state"},
		{"a group", list("A eth0 1", "B eth0 2"), list("A eth0 1", "B eth0 2", "G: A B"), "add sync group G of A, B"},
		{"a group of renamed ones", list("A eth0 1", "G: A"), list("B eth0 1", "G: B"), "rename A to B, which keeps its state"},
		{"a group that grows", list("A eth0 1", "G: A"), list("A eth0 1", "B eth0 2", "G: A B"), "add B; change sync group G: its members are A, B"},
		{"a group that goes", list("A eth0 1", "G: A"), list("A eth0 1"), "remove sync group G"},
	} {
		if got := strings.Join(planReload(settingsOf(c.old...), settingsOf(c.new...)).lines(), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
