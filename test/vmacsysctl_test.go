package test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestVirtualMACSettings holds every setting of every interface against what it was: what use_vmac changes around it is what
// keepalived changes, and arp_announce of the parent; it is all as before after a stop, after a kill, a successor and its stop,
// after a successor without use_vmac and after a reload that takes use_vmac out. keepalived leaves some behind.
func TestVirtualMACSettings(t *testing.T) {
	t.Parallel()
	plain := strings.ReplaceAll(both(200), "use_vmac", "")
	ends := map[string]func(n *node, p *testnet.Process) *testnet.Process{
		"a stop": func(_ *node, p *testnet.Process) *testnet.Process { return p },
		"a kill": func(n *node, p *testnet.Process) *testnet.Process {
			p.Kill()
			return n.xvrrp(both(200))
		},
		"a successor without": func(n *node, p *testnet.Process) *testnet.Process {
			p.Kill()
			n.xvrrp(plain)
			return nil
		},
		"a reload without": func(n *node, p *testnet.Process) *testnet.Process {
			n.write("keepalived.conf", plain)
			p.Signal(syscall.SIGHUP)
			return nil
		},
		"keepalived": func(_ *node, p *testnet.Process) *testnet.Process { return p },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			for key, value := range map[string]string{"all": "1", "default": "1", "eth0": "2"} {
				l.a.Sysctl("net/ipv4/conf/"+key+"/rp_filter", value)
			}
			before := l.a.settings()
			start := (*node).xvrrp
			if name == "keepalived" {
				start = (*node).keepalived
			}
			p := start(l.a, both(200))
			l.owned(peersVIP, "a", patience)
			l.owned("2001:db8::51", "a", patience)
			want := []string{"ipv4/conf/all/rp_filter 1 0", "ipv4/conf/eth0/arp_filter 0 1", "ipv4/conf/eth0/arp_ignore 0 1"}
			left := want[1:]
			if name != "keepalived" {
				left = nil
				// rp_filter of all counts on lo too, until it is the interfaces' own.
				want = append(want, "ipv4/conf/eth0/arp_announce 0 2", "ipv4/conf/lo/rp_filter 0 1")
				slices.Sort(want)
			}
			same := func(when string, want []string) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					if got := changes(before, l.a.settings()); !slices.Equal(got, want) {
						return fmt.Errorf("%s: changed is %q, want %q", when, got, want)
					}
					return nil
				})
			}
			same("as master", want)
			if got := l.a.own("vrrp.51"); !slices.Equal(got, ownSettings) {
				t.Errorf("of the virtual MAC's interface %q, want %q", got, ownSettings)
			}
			if p = end(l.a, p); p != nil {
				same("before the stop", want)
				if err := p.Stop(patience); err != nil {
					t.Errorf("%v\n%s", err, p.Output())
				}
			}
			same("after "+name, left)
		})
	}
}

// ownSettings are those of a virtual MAC's interface for IPv4 that are not as in any other, in both daemons.
var ownSettings = []string{"ipv4 accept_local 0 1", "ipv4 arp_ignore 0 1", "ipv4 promote_secondaries 0 1", "ipv4 rp_filter 1 0",
	"ipv6 addr_gen_mode 0 1", "ipv6 disable_ipv6 0 1"}

// own are the settings of an interface that are not as a new one has them.
func (n *node) own(link string) (list []string) {
	n.t.Helper()
	n.Do(func() {
		for _, family := range []string{"ipv4", "ipv6"} {
			fresh := "/proc/sys/net/" + family + "/conf/default/"
			files, err := os.ReadDir(fresh)
			if err != nil {
				n.t.Fatal(err)
			}
			for _, f := range files {
				before, err := os.ReadFile(fresh + f.Name())
				if err != nil {
					continue // it is not to be read before it is set
				}
				now, err := os.ReadFile("/proc/sys/net/" + family + "/conf/" + link + "/" + f.Name())
				if err != nil {
					n.t.Fatal(err)
				}
				if f.Name() != "mtu" && !bytes.Equal(before, now) { // which is the parent's
					list = append(list, fmt.Sprintf("%s %s %s %s", family, f.Name(), bytes.TrimSpace(before), bytes.TrimSpace(now)))
				}
			}
		}
	})
	return list
}

// settings are all settings of the node's interfaces, but for those of virtual MACs.
func (n *node) settings() map[string]string {
	n.t.Helper()
	all := map[string]string{}
	n.Do(func() {
		root := os.DirFS("/proc/sys/net")
		for _, family := range []string{"ipv4", "ipv6"} {
			err := fs.WalkDir(root, family, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || strings.Contains(path, "/vrrp") || filepath.Base(path) == "stable_secret" {
					return nil // an interface that just goes; one that is not to be read before it is set
				}
				if text, err := fs.ReadFile(root, path); err == nil {
					all[path] = string(bytes.TrimSpace(text))
				}
				return nil
			})
			if err != nil {
				n.t.Fatal(err)
			}
		}
	})
	if len(all) < 100 {
		n.t.Fatalf("%d settings", len(all))
	}
	return all
}

func changes(before, after map[string]string) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if now, ok := after[key]; ok && now != before[key] {
			list = append(list, fmt.Sprintf("%s %s %s", key, before[key], now))
		}
	}
	return list
}
