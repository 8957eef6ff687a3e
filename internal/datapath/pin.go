package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// A link's pin is named after its mode and interface: "xdp-3", "tc-3". For
// clsact filters see there.

func (d *Datapath) pinPath(ifindex int, m Mode) string {
	return filepath.Join(d.cfg.PinDir, string(m)+"-"+strconv.Itoa(ifindex))
}

// egress names the pins of the fence's second program; it is no way to receive.
const egress Mode = "egress"

// parsePin takes the name of a link's pin apart.
func parsePin(name string) (ifindex int, m Mode, ok bool) {
	for _, m := range []Mode{XDP, XDPGeneric, TC, egress, vmacIngress, vmacEgress} {
		if rest, found := strings.CutPrefix(name, string(m)+"-"); found {
			if ifindex, err := strconv.Atoi(rest); err == nil {
				return ifindex, m, true
			}
		}
	}
	return 0, "", false
}

// keep pins a new link, if we pin at all.
func (d *Datapath) keep(a *attachment) (*attachment, error) {
	if d.cfg.PinDir == "" {
		return a, nil
	}
	if err := a.link.Pin(d.pinPath(a.ifindex, a.mode)); err != nil {
		return nil, errors.Join(fmt.Errorf("pin the link: %w", err), releaseLink(a.link))
	}
	return a, nil
}

// adopt takes over the link that a predecessor pinned for an interface, in one
// of the modes, and puts our program in the place of the old one. It returns
// nil when there is none. Pins of other modes go: two programs on one
// interface would tell every advert twice.
func (d *Datapath) adopt(ifindex int, modes []Mode) (*attachment, error) {
	if d.cfg.PinDir == "" {
		return nil, nil
	}
	var adopted *attachment
	for _, m := range []Mode{XDP, XDPGeneric, TC} {
		l, err := d.pinned(ifindex, m)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		a := &attachment{ifindex: ifindex, mode: m, link: l}
		if adopted == nil && slices.Contains(modes, m) && a.alive() && d.replace(a) == nil {
			adopted = a
			continue
		}
		if err := releaseLink(l); err != nil {
			return nil, err
		}
	}
	return adopted, nil
}

// pinned opens a link's pin; fs.ErrNotExist when there is none. The file system
// is asked first: where bpf() is forbidden, as by the seccomp profile of a
// container, even a pin that is not there is "not permitted", and packet
// sockets, which need none, would not have their turn.
func (d *Datapath) pinned(ifindex int, m Mode) (link.Link, error) {
	path := d.pinPath(ifindex, m)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := link.LoadPinnedLink(path, nil)
	if err != nil {
		return nil, fmt.Errorf("open the pinned link: %w", err)
	}
	return l, nil
}

// replace puts our program into a link, in one step.
func (d *Datapath) replace(a *attachment) error {
	if a.mode == TC {
		return a.link.Update(d.objects.TC)
	}
	return a.link.Update(d.objects.XDP)
}

// releaseLink detaches at once: a link that is only closed and unpinned goes
// some time later. The device may be gone, and the link with it.
func releaseLink(l link.Link) error {
	detach := l.Detach()
	if errors.Is(detach, unix.ENOLINK) || errors.Is(detach, unix.ENODEV) {
		detach = nil
	}
	unpin := l.Unpin()
	if errors.Is(unpin, fs.ErrNotExist) {
		unpin = nil
	}
	return errors.Join(detach, unpin, l.Close())
}

// Sweep removes what a predecessor left on interfaces that are not attached
// now: its configuration named them, ours does not. Call it once everything
// that ours names is attached; before, it would take away what Attach adopts.
func (d *Datapath) Sweep() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(d.sweep(func(ifindex int, m Mode) bool {
		if m == vmacIngress || m == vmacEgress {
			return d.stations[ifindex] != nil
		}
		a, ok := d.attached[ifindex]
		return ok && (a.mode == m || m == egress && a.egress != nil)
	}), d.disown())
}

// sweep removes the pinned links that used does not want to keep; nil keeps none.
func (d *Datapath) sweep(used func(int, Mode) bool) error {
	if d.cfg.PinDir == "" {
		return nil
	}
	entries, err := os.ReadDir(d.cfg.PinDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the pins: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if err := d.sweepClsact(e.Name(), used == nil); err != nil {
			errs = append(errs, err)
		}
		ifindex, m, ok := parsePin(e.Name())
		if !ok || used != nil && used(ifindex, m) {
			continue
		}
		l, err := link.LoadPinnedLink(filepath.Join(d.cfg.PinDir, e.Name()), nil)
		if err == nil {
			err = releaseLink(l)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("remove the pin %s: %w", e.Name(), err))
		}
	}
	return errors.Join(errs...)
}

// sweepClsact removes the clsact filter that a mark stands for, unless we use
// it and all is false.
func (d *Datapath) sweepClsact(mark string, all bool) error {
	for _, m := range []Mode{TC, vmacIngress, vmacEgress} {
		rest, ok := strings.CutPrefix(mark, clsactMark(m))
		ifindex, err := strconv.Atoi(rest)
		if !ok || err != nil {
			continue // another pin
		}
		c := d.clsactOf(ifindex, m)
		if !all && d.uses(c) {
			return nil
		}
		return c.release()
	}
	return nil
}

// uses reports whether a filter is in use.
func (d *Datapath) uses(c *clsact) bool {
	if a := d.attached[c.ifindex]; a != nil && a.filter != nil && *a.filter == *c {
		return true
	}
	s := d.stations[c.ifindex]
	return s != nil && slices.ContainsFunc(s.filters, func(o *clsact) bool { return *o == *c })
}

// removePinDir removes the directory once it is empty.
func (d *Datapath) removePinDir() error {
	if d.cfg.PinDir == "" {
		return nil
	}
	err := os.Remove(d.cfg.PinDir)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTEMPTY) {
		return nil
	}
	return fmt.Errorf("remove the pin directory: %w", err)
}
