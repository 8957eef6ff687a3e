// Package lab builds small networks out of network namespaces: hosts, switches and the cables between them.
//
// It serves two masters, the tests (through internal/testnet) and `xvrrp demo`, so it knows nothing of the
// testing package: everything returns an error, and Close takes the whole lab down.
//
//	l, err := lab.New()
//	defer l.Close()
//	lan, err := l.Switch("lan")
//	a, err := l.Host("a")
//	port, err := lan.Connect(a, "eth0", netip.MustParsePrefix("192.0.2.1/24"))
//	err = a.Do(func() error { … sockets opened here live in a's network … })
//	p, err := a.Start("bin/xvrrp", "run", "-f", "a.conf")
//	port.Unplug()
//
// Invariants:
//
//   - A namespace is held by a file descriptor and by nothing else, unless the lab is asked for Names. So a lab
//     whose process is killed leaves no trace: the kernel removes namespaces, links and rules with the last holder,
//     and children die with their parent (PDEATHSIG).
//   - Only the network namespace changes, never the mount namespace: a path (a pinned BPF object, a socket, a
//     configuration) means the same inside and outside. The price: /sys/class/net shows the links of whoever
//     mounted /sys, so programs under test must ask netlink. /proc/sys/net follows the thread and is right.
//   - Nothing is ever attached to, or sent through, an interface that the lab has not made.
package lab
