package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

const (
	pathKey     = "hex:4f1c9a0b2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8"
	otherKey    = "hex:0000000000000000000000000000000000000000000000000000000000000001"
	metricsPage = "http://127.0.0.1:9112/metrics"
)

// twoLANs is the usual lab with a second network behind eth1 of every host.
type twoLANs struct {
	*lan
	second *testnet.Switch
	ports  map[*node]*lab.Port
}

func newTwoLANs(t testing.TB) *twoLANs {
	t.Helper()
	l := &twoLANs{lan: newLAN(t, peersNetwork), ports: map[*node]*lab.Port{}}
	l.second = l.Switch("second")
	for i, n := range []*node{l.a, l.b, l.c} {
		number := []int{1, 2, 9}[i]
		l.ports[n] = l.second.Connect(n.Host, "eth1", fmt.Sprintf("10.8.0.%d/24", number), fmt.Sprintf("2001:db8:8::%d/64", number))
	}
	return l
}

// cut stops adverts and heartbeats between the directors on the first network.
func (l *twoLANs) cut() {
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
}

// cutSecond does it on the second one.
func (l *twoLANs) cutSecond() {
	l.second.Drop(l.ports[l.a], l.ports[l.b], lab.VRRP)
	l.second.Drop(l.ports[l.b], l.ports[l.a], lab.VRRP)
}

// path is our block with a second path, and other words if need be.
func path(heartbeat string, words ...string) string {
	return "xvrrp {\n" + strings.Join(words, "\n") + "\n    heartbeat cross {\n" + heartbeat + "\n    }\n}\n"
}

const multicastPath = "interface eth1\nkey 1 " + pathKey

// shows waits until a metric of the node has a value.
func (n *node) shows(value float64, name string, labels ...string) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		if got := sample(n.get(metricsPage), name, labels...); got != value {
			return fmt.Errorf("%s%v of %s is %v, want %v", name, labels, n.Name, got, value)
		}
		return nil
	})
}

// grows waits until a counter of the node goes up.
func (n *node) grows(name string, labels ...string) {
	n.t.Helper()
	was := max(0, sample(n.get(metricsPage), name, labels...))
	testnet.Eventually(n.t, patience, func() error {
		if got := sample(n.get(metricsPage), name, labels...); got <= was {
			return fmt.Errorf("%s%v of %s stays at %v", name, labels, n.Name, got)
		}
		return nil
	})
}

// The network stops to carry adverts for ever: a second path keeps the Backup
// from becoming a second master, and says what is broken. When that is cut as
// well, it takes over.
func TestSecondPathPreventsSecondMaster(t *testing.T) {
	t.Parallel()
	six := "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    version 3\n    advert_int 0.1\n    priority %d\n" +
		"    virtual_ipaddress {\n        fe80::100/64\n        2001:db8:9::100/64\n    }\n}\n"
	four := func(p int) string { return conf(3, "BACKUP", p, "0.1") }
	unicast := func(to string) string { return "interface eth1\nunicast " + to + "\nkey 1 " + pathKey }
	for _, c := range []struct {
		name, vip    string
		conf         func(priority int) string
		pathA, pathB string
		wall         bool
	}{
		{"multicast behind a firewall", peersVIP, four, path(multicastPath), path(multicastPath), true},
		{"version 2", peersVIP, func(p int) string { return conf(2, "BACKUP", p, "1") }, path(multicastPath), path(multicastPath), false},
		{"IPv6", "2001:db8:9::100", func(p int) string { return fmt.Sprintf(six, p) }, path(multicastPath), path(multicastPath), false},
		{"unicast behind a firewall", peersVIP, four, path(unicast("10.8.0.2")), path(unicast("10.8.0.1")), true},
		{"unicast IPv6", "2001:db8:9::100", func(p int) string { return fmt.Sprintf(six, p) },
			path(unicast("2001:db8:8::2")), path(unicast("2001:db8:8::1")), false},
		{"packet sockets", peersVIP, four, path(multicastPath, "dataplane socket"), path(multicastPath, "dataplane socket"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newTwoLANs(t)
			if c.wall {
				for _, n := range l.nodes {
					n.Firewall(lab.DistributionDefault, lab.NoVRRPOut)
				}
			}
			l.a.serving(c.conf(200) + c.pathA)
			l.owned(c.vip, "a", patience)
			b := l.b.serving(c.conf(100) + c.pathB)
			l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
			l.cut()
			says(t, b, "the way of the adverts over eth0 is lost", patience)
			l.b.shows(0, "xvrrp_heartbeat_up", `path="main"`)
			l.b.shows(1, "xvrrp_heartbeat_up", `path="cross"`)
			l.stays(c.vip, "a", 5*time.Second)
			l.b.tells(0, []string{"status"}, "lost on eth0", "path cross over eth1", ": alive")
			l.b.tells(0, []string{"explain", "VI_1"}, "a second path says that the master lives", "Second path cross over eth1")
			l.b.tells(0, []string{"events"}, "the way of the adverts over eth0 is lost")
			l.cutSecond()
			l.owned(c.vip, "a b", patience)
			l.b.shows(1, "xvrrp_heartbeat_up", `path="main"`)
		})
	}
}

// A second path that is cut is an alarm and nothing else.
func TestLostSecondPathIsAnAlarm(t *testing.T) {
	t.Parallel()
	l := newTwoLANs(t)
	own := path(multicastPath)
	l.a.serving(conf(3, "BACKUP", 200, "0.1") + own)
	l.owned(peersVIP, "a", patience)
	b := l.b.serving(conf(3, "BACKUP", 100, "0.1") + own)
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	l.cutSecond()
	says(t, b, "second path cross over eth1 is lost", patience)
	l.b.shows(0, "xvrrp_heartbeat_up", `path="cross"`)
	l.b.tells(0, []string{"status"}, "cross over eth1: LOST")
	l.stays(peersVIP, "a", 2*time.Second)
	l.second.Forward()
	says(t, b, "is heard on second path cross over eth1 again", patience)
	l.b.shows(1, "xvrrp_heartbeat_up", `path="cross"`)
	// A master hears nobody, but knows its own interface.
	l.ports[l.a].Host.Down("eth1")
	l.a.shows(0, "xvrrp_heartbeat_up", `path="cross"`)
	l.a.tells(0, []string{"status"}, "cross over eth1: DOWN, eth1 is down")
	l.stays(peersVIP, "a", time.Second)
}

// A heartbeat of somebody without the key holds nobody, nor one that was heard
// before; both are counted.
func TestForgedHeartbeatsHoldNobody(t *testing.T) {
	t.Parallel()
	t.Run("wrong key", func(t *testing.T) {
		t.Parallel()
		l := newTwoLANs(t)
		l.a.serving(conf(3, "BACKUP", 200, "0.1") + path(multicastPath))
		l.owned(peersVIP, "a", patience)
		b := l.b.serving(conf(3, "BACKUP", 100, "0.1") + path("interface eth1\nkey 1 "+otherKey))
		l.b.grows("xvrrp_heartbeats_rejected_total", `path="cross"`, `reason="hmac_invalid"`)
		says(t, b, "ignoring received heartbeat on second path cross: authentication HMAC wrong", patience)
		says(t, b, "no heartbeat on second path cross over eth1 since this node is BACKUP", patience)
		l.b.shows(0, "xvrrp_heartbeat_up", `path="cross"`)
		l.cut()
		l.owned(peersVIP, "a b", patience)
	})
	t.Run("replay", func(t *testing.T) {
		t.Parallel()
		l := newTwoLANs(t)
		own := path(multicastPath)
		ear := l.c.Capture("eth1")
		a := l.a.serving(conf(3, "BACKUP", 200, "0.1") + own)
		l.owned(peersVIP, "a", patience)
		b := l.b.serving(conf(3, "BACKUP", 100, "0.1") + own)
		l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
		var beat []byte
		testnet.Eventually(t, patience, func() error {
			beats := ear.Matching(isHeartbeat)
			if len(beats) == 0 {
				return fmt.Errorf("no heartbeat on the second network")
			}
			beat = beats[len(beats)-1].Data
			return nil
		})
		l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`) // one that is newer
		replayed := make(chan struct{})
		stop := make(chan struct{})
		send := l.senderOn("eth1")
		go func() {
			defer close(replayed)
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					if err := send(beat); err != nil {
						t.Error(err)
						return
					}
				}
			}
		}()
		l.b.grows("xvrrp_heartbeats_rejected_total", `path="cross"`, `reason="hmac_replay"`)
		a.Kill()
		says(t, b, "Entering MASTER STATE", patience)
		close(stop)
		<-replayed
	})
}

// isHeartbeat tells VRRP over IPv4 of the type that is ours.
func isHeartbeat(f lab.Frame) bool {
	return len(f.Data) > 35 && f.Data[12] == 8 && f.Data[13] == 0 && f.Data[14+9] == 112 && f.Data[34] == 0x3f
}

// senderOn is a way for the client to put whole frames on a network.
func (l *lan) senderOn(link string) func(frame []byte) error {
	l.t.Helper()
	var fd int
	index := l.c.Index(link)
	l.c.Do(func() {
		var err error
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			l.t.Fatal(err)
		}
	})
	l.t.Cleanup(func() {
		if err := unix.Close(fd); err != nil {
			l.t.Error(err)
		}
	})
	return func(frame []byte) error { return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: index}) }
}

// Another virtual router on the second network may have the same VRID. It is
// not disturbed by the heartbeats, nor these by its adverts.
func TestHeartbeatsDisturbNoStandardPeer(t *testing.T) {
	t.Parallel()
	l := newTwoLANs(t)
	there := func(priority int) string {
		return strings.NewReplacer("eth0", "eth1", peersVIP, "10.8.0.100").Replace(conf(3, "BACKUP", priority, "1"))
	}
	// At 1 s, since a keepalived without real-time scheduling fails over by itself
	// on a busy machine. One is beside our master, on its host, the other one alone.
	first := l.c.keepalived(there(150))
	testnet.Eventually(t, patience, func() error {
		if !l.c.Has("10.8.0.100") {
			return fmt.Errorf("keepalived on the second network is not master")
		}
		return nil
	})
	second := l.a.keepalived(there(100))
	says(t, second, "Entering BACKUP STATE", patience)
	says(t, second, "VRRP sockpool", patience) // the last words of its start, of two processes
	says(t, second, "Startup complete", patience)
	before := []string{first.Output(), second.Output()}

	own := path(multicastPath)
	l.a.serving(conf(3, "BACKUP", 200, "0.1") + own)
	l.owned(peersVIP, "a", patience)
	b := l.b.serving(conf(3, "BACKUP", 100, "0.1") + own)
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	l.cut()
	says(t, b, "the way of the adverts over eth0 is lost", patience)
	l.stays(peersVIP, "a", 3*time.Second)
	l.b.shows(1, "xvrrp_heartbeat_up", `path="cross"`)
	for i, p := range []*testnet.Process{first, second} {
		for line := range strings.Lines(strings.TrimPrefix(p.Output(), before[i])) {
			if !strings.Contains(line, "gratuitous ARP") && !strings.Contains(line, "Netlink") {
				t.Errorf("keepalived %d says: %s", i+1, line)
			}
		}
	}
	if !l.c.Has("10.8.0.100") || l.a.Has("10.8.0.100") {
		t.Error("the keepalived pair on the second network changed its master")
	}
	if got := sample(l.b.get(metricsPage), "xvrrp_heartbeats_rejected_total"); got > 0 {
		t.Errorf("%v heartbeats were refused", got)
	}
}

// The same beside FRR, whose network is the second one here.
func TestHeartbeatsDisturbNoFRR(t *testing.T) {
	t.Parallel()
	const vip = "10.8.0.100"
	l := newTwoLANs(t)
	f := frr(0.1)(l.c, 150).(*frrRouter)
	ear := l.b.Capture("eth0")
	adverts := func() (list []lab.Frame) {
		return ear.Matching(func(f lab.Frame) bool {
			return !f.Out && len(f.Data) > 36 && f.Data[14+9] == 112 && f.Data[34] == 0x31
		})
	}
	testnet.Eventually(t, patience, func() error {
		if n := len(adverts()); n < 10 {
			return fmt.Errorf("%d adverts of FRR", n)
		}
		return nil
	})
	before := f.vrrpd.Output()
	here := func(priority int) string {
		return strings.NewReplacer("eth0", "eth1", peersVIP, vip).Replace(conf(3, "BACKUP", priority, "0.1")) +
			path("interface eth0\nkey 1 "+pathKey)
	}
	l.a.serving(here(200))
	l.owned(vip, "a", patience)
	l.b.serving(here(100))
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	l.cutSecond()
	l.b.shows(0, "xvrrp_heartbeat_up", `path="main"`)
	l.stays(vip, "a", 3*time.Second)
	if said := strings.TrimPrefix(f.vrrpd.Output(), before); strings.Contains(said, "VRRP") {
		t.Errorf("FRR says: %s", said)
	}
	from := map[string]bool{}
	for _, a := range adverts() {
		from[fmt.Sprintf("%d.%d.%d.%d priority %d", a.Data[26], a.Data[27], a.Data[28], a.Data[29], a.Data[36])] = true
	}
	if len(from) != 1 || !from["10.9.0.9 priority 150"] {
		t.Errorf("adverts on FRR's network: %v", from)
	}
}

// A reload brings and takes second paths without touching the router.
func TestReloadOfSecondPaths(t *testing.T) {
	t.Parallel()
	l := newTwoLANs(t)
	plain := map[*node]string{l.a: conf(3, "BACKUP", 200, "0.1"), l.b: conf(3, "BACKUP", 100, "0.1")}
	l.a.serving(plain[l.a])
	l.owned(peersVIP, "a", patience)
	l.b.serving(plain[l.b])
	l.b.grows("xvrrp_adverts_received_total", `instance="VI_1"`)
	reload := func(block string) {
		t.Helper()
		for _, n := range l.nodes {
			n.write("keepalived.conf", plain[n]+block)
			n.tells(0, []string{"reload"}, "VI_1")
		}
	}
	transitions := func(n *node) float64 { return sample(n.get(metricsPage), "xvrrp_transitions_total") }
	before := []float64{transitions(l.a), transitions(l.b)}

	reload(path(multicastPath))
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	reload(path("interface eth1\nunicast 10.8.0.1 10.8.0.2\nkey 1 " + otherKey)) // another way, another key
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	l.cut()
	l.b.shows(0, "xvrrp_heartbeat_up", `path="main"`)
	l.stays(peersVIP, "a", time.Second)
	l.sw.Forward()
	l.b.shows(1, "xvrrp_heartbeat_up", `path="main"`)
	reload("")
	l.b.shows(-1, "xvrrp_heartbeat_up")
	l.stays(peersVIP, "a", time.Second)
	if after := []float64{transitions(l.a), transitions(l.b)}; after[0] != before[0] || after[1] != before[1] {
		t.Errorf("transitions went from %v to %v", before, after)
	}
	l.cut()
	l.owned(peersVIP, "a b", patience)
}
