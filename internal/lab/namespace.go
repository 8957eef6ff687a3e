package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// A namespace is one network namespace, held by a file descriptor.
type namespace struct {
	id  string // xv<pid>-<n>
	fd  int
	nl  *netlink.Handle // requests made through it happen inside
	pin string          // path under /run/netns, empty without Names
}

const threadNetns = "/proc/thread-self/ns/net"

// newNamespace makes a namespace with loopback up, on a thread that the runtime throws away afterwards.
func (l *Lab) newNamespace() (*namespace, error) {
	ns := &namespace{id: uniqueName(), fd: -1}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		made <- ns.unshare(l.names)
	}()
	if err := <-made; err != nil {
		return nil, fmt.Errorf("new namespace: %w", errors.Join(err, ns.close()))
	}
	if !l.atClose(ns.close) {
		return nil, fmt.Errorf("new namespace: %w", errors.Join(errors.New("lab is closed"), ns.close()))
	}
	if err := ns.prepare(l.dad); err != nil {
		return nil, fmt.Errorf("new namespace: %w", err)
	}
	return ns, nil
}

func (ns *namespace) unshare(pin bool) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	fd, err := unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", threadNetns, err)
	}
	ns.fd = fd
	if !pin {
		return nil
	}
	return ns.bind(filepath.Join("/run/netns", ns.id))
}

// bind makes the namespace visible to iproute2, which looks for bind mounts in /run/netns.
func (ns *namespace) bind(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDONLY, 0o444)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := unix.Mount(threadNetns, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	ns.pin = path
	return nil
}

// prepare opens the netlink handle, raises loopback and sets what every host of the lab wants: no waiting for
// duplicate address detection and no router solicitations that would spoil captures.
func (ns *namespace) prepare(dad bool) error {
	nl, err := netlink.NewHandleAt(netns.NsHandle(ns.fd), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	ns.nl = nl
	if err := ns.setUp("lo"); err != nil {
		return err
	}
	for _, where := range []string{"all", "default"} {
		if err := ns.sysctl("net/ipv6/conf/"+where+"/router_solicitations", "0"); err != nil {
			return err
		}
		if dad {
			continue
		}
		if err := ns.sysctl("net/ipv6/conf/"+where+"/accept_dad", "0"); err != nil {
			return err
		}
	}
	return nil
}

func (ns *namespace) setUp(link string) error {
	l, err := ns.nl.LinkByName(link)
	if err != nil {
		return fmt.Errorf("%s: %w", link, err)
	}
	if err := ns.nl.LinkSetUp(l); err != nil {
		return fmt.Errorf("%s up: %w", link, err)
	}
	return nil
}

// carrierWait is how long a fresh cable may take: the kernel reports carriers from a work queue.
const carrierWait = 5 * time.Second

// waitCarrier waits until the kernel has noticed that a link is whole. Until then a bridge does not forward to it.
func (ns *namespace) waitCarrier(link string) error {
	for deadline := time.Now().Add(carrierWait); ; time.Sleep(time.Millisecond) {
		l, err := ns.nl.LinkByName(link)
		if err != nil {
			return fmt.Errorf("%s: %w", link, err)
		}
		if l.Attrs().OperState == netlink.OperUp {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: no carrier after %v", link, carrierWait)
		}
	}
}

// addresses lists a link's addresses, all with nil, and asks again when a change made the list incomplete.
func (ns *namespace) addresses(l netlink.Link) ([]netlink.Addr, error) {
	return dump.List(func() ([]netlink.Addr, error) { return ns.nl.AddrList(l, netlink.FAMILY_ALL) })
}

// sysctl writes value to /proc/sys/<key>, as seen from inside.
func (ns *namespace) sysctl(key, value string) error {
	return ns.do(func() error {
		return os.WriteFile(filepath.Join("/proc/sys", key), []byte(value), 0o644)
	})
}

// do runs f on a thread that stands inside the namespace and comes back afterwards, also when f panics or ends its
// goroutine (t.Fatal). Should the way back fail, the thread is kept locked, so that nobody else runs on it.
func (ns *namespace) do(f func() error) (err error) {
	runtime.LockOSThread()
	home, err := unix.Open(threadNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("open %s: %w", threadNetns, err)
	}
	defer func() {
		back := unix.Setns(home, unix.CLONE_NEWNET)
		if back == nil {
			runtime.UnlockOSThread()
		} else {
			back = fmt.Errorf("leave %s: %w", ns.id, back)
		}
		err = errors.Join(err, back, unix.Close(home))
	}()
	if err := unix.Setns(ns.fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter %s: %w", ns.id, err)
	}
	return f()
}

func (ns *namespace) close() error {
	if ns.nl != nil {
		ns.nl.Close()
		ns.nl = nil
	}
	var errs []error
	if ns.pin != "" {
		errs = append(errs, unix.Unmount(ns.pin, unix.MNT_DETACH), os.Remove(ns.pin))
		ns.pin = ""
	}
	if ns.fd >= 0 {
		errs = append(errs, unix.Close(ns.fd))
		ns.fd = -1
	}
	return errors.Join(errs...)
}
