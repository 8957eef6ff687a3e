package test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// The master of a sync group stops, or is killed: the other node takes over all
// members at once, and tells each name's states in their order and once.
// keepalived tells the same.
func TestGroupMovesAsOne(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*node, string) *testnet.Process{"xvrrp": (*node).xvrrp, "keepalived": (*node).keepalived} {
		for _, way := range []string{"stop", "crash"} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				groupMoves(t, start, way, name == "xvrrp")
			})
		}
	}
}

func groupMoves(t *testing.T, start func(*node, string) *testnet.Process, way string, ordered bool) {
	l := newLAN(t, peersNetwork)
	for _, n := range l.nodes {
		n.write("must", "")
	}
	a := start(l.a, l.a.storyConf(""))
	l.a.toldStates("ONE", 100, "BACKUP", "MASTER")
	l.a.toldStates("TWO", 100, "BACKUP", "MASTER")
	start(l.b, strings.ReplaceAll(l.b.storyConf(""), "priority 100", "priority 90"))
	l.b.toldStates("TWO", 90, "BACKUP")
	wire := l.c.Capture("eth0")

	var states []string // that are told last on a
	if way == "stop" {
		states = []string{"STOP"}
		a.Signal(syscall.SIGTERM)
	} else {
		a.Kill()
	}
	for _, vip := range []string{"10.9.1.1", "10.9.1.2"} {
		if fenced := ordered; fenced || way == "stop" {
			l.answers(vip, l.b, patience)
		} else {
			l.owned(vip, "a b", patience) // the dead keepalived's kernel goes on answering
		}
	}
	for _, name := range []string{"ONE", "TWO", "G"} {
		priority := map[*node]int{l.a: 100, l.b: 90}
		if name == "G" {
			priority = map[*node]int{}
		}
		l.a.toldStates(name, priority[l.a], append([]string{"BACKUP", "MASTER"}, states...)...)
		l.b.toldStates(name, priority[l.b], "BACKUP", "MASTER")
		l.b.scripts(name, priority[l.b], ordered, "BACKUP", "MASTER")
	}
	// On the wire: as many goodbyes as members, or none; and b advertises one
	// member no more than once before it advertises the other.
	for vrid := byte(1); vrid <= 2; vrid++ {
		goodbyes := 0
		for _, f := range advertsOf(wire, l.a, vrid) {
			if priorityOf(f.Data) == 0 {
				goodbyes++
			}
		}
		if goodbyes != len(states) {
			t.Errorf("%d goodbyes for %d, want %d", goodbyes, vrid, len(states))
		}
		mine, other := advertsOf(wire, l.b, vrid), advertsOf(wire, l.b, 3-vrid)
		if len(mine) == 0 || len(other) == 0 || len(mine) > 1 && mine[1].At.Before(other[0].At) {
			t.Errorf("b advertised %d alone (%d adverts, and %d of the other)", vrid, len(mine), len(other))
		}
	}
}

// A member that hears its master no more waits for the others of its group, and
// a member with a fault takes them with it: with each of the two links alone in
// trouble the addresses of both are on one node. keepalived does the same.
func TestGroupOnTwoLinks(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*node, string) *testnet.Process{"xvrrp": (*node).xvrrp, "keepalived": (*node).keepalived} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			other := l.Switch("other")
			conf := func(priority int) string {
				return "vrrp_sync_group G {\n group {\n ONE\n TWO\n }\n}\n" + linked("ONE", 1, "eth0", priority) + linked("TWO", 2, "eth1", priority)
			}
			first, second := "10.9.1.1", "10.9.1.2"
			ports := map[*node]*lab.Port{}
			for i, n := range l.nodes {
				ports[n] = other.Connect(n.Host, "eth1", fmt.Sprintf("10.8.0.%d/24", i+1))
			}
			start(l.a, conf(100))
			l.owned(first, "a", patience)
			l.owned(second, "a", patience)
			b := start(l.b, conf(90))
			says(t, b, "(TWO) Entering BACKUP STATE", patience)
			wire := map[byte]*lab.Capture{1: l.b.Capture("eth0"), 2: l.b.Capture("eth1")}
			heard := func(vrid byte) int { return len(adverts(wire[vrid], map[byte]string{1: l.a.ip, 2: "10.8.0.1"}[vrid])) }

			// b hears the one master and not the other: ten intervals of that one are
			// three times what it waits.
			l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
			deaf, began := heard(1), heard(2)
			testnet.Eventually(t, patience, func() error {
				if l.owners(first) != "a" || l.owners(second) != "a" {
					t.Fatalf("ONE is on %q and TWO on %q although b hears TWO", l.owners(first), l.owners(second))
				}
				if n := heard(2) - began; n < 10 {
					return fmt.Errorf("b has heard %d adverts of TWO", n)
				}
				return nil
			})
			if n := heard(1) - deaf; n > 1 { // one may have been under way
				t.Fatalf("b heard %d adverts of ONE: the test says nothing", n)
			}
			l.sw.Forward()

			// a's second link is gone: both go to b, and come back.
			if err := ports[l.a].Unplug(); err != nil {
				t.Fatal(err)
			}
			l.owned(first, "b", patience)
			l.owned(second, "b", patience)
			if err := ports[l.a].Plug(); err != nil {
				t.Fatal(err)
			}
			l.owned(first, "a", patience)
			l.owned(second, "a", patience)
		})
	}
}

// linked is an instance of a group that has a link of its own.
func linked(name string, vrid int, link string, priority int) string {
	return fmt.Sprintf("vrrp_instance %s {\n interface %s\n virtual_router_id %d\n version 3\n priority %d\n advert_int 0.5\n virtual_ipaddress {\n 10.9.1.%d/32\n }\n}\n",
		name, link, vrid, priority, vrid)
}

// toldStates waits until the FIFO has told exactly these states of a name.
func (n *node) toldStates(name string, priority int, states ...string) {
	n.t.Helper()
	kind := "INSTANCE"
	if name == "G" {
		kind = "GROUP"
	}
	var want []string
	for _, s := range states {
		want = append(want, fmt.Sprintf("%s %q %s %d", kind, name, s, priority))
	}
	n.tellsOf("lines", name, want, true)
}

// scripts waits until the scripts have been told exactly these states, first the
// one for the state and then the general one.
func (n *node) scripts(name string, priority int, ordered bool, states ...string) {
	n.t.Helper()
	kind := "INSTANCE"
	if name == "G" {
		kind = "GROUP"
	}
	var want []string
	for _, s := range states {
		want = append(want, strings.ToLower(s)+" of "+name, fmt.Sprintf("any %s %s %s %d", kind, name, s, priority))
	}
	n.tellsOf("args", name, want, ordered)
}

func (n *node) tellsOf(file, name string, want []string, ordered bool) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		got := n.told(file, name)
		if !ordered { // keepalived's scripts overlap
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("%s of %s on %s: %q, want %q", file, name, n.Name, got, want)
		}
		return nil
	})
}
