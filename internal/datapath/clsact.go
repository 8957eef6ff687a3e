package datapath

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// clsact is a filter of ours at the ingress or egress of an interface, for
// kernels before 6.6. It is no link: it stays until somebody deletes it. A pin,
// named "clsact-3" after the interface, tells a successor that it is ours, and
// "clsact-qdisc-3" that we also made the qdisc that it hangs on.
type clsact struct {
	ifindex  int
	mode     Mode
	handle   uint32
	priority uint16
	parent   uint32
	daemon   string // how the names of all our filters begin; other daemons have other names
	name     string // of the filter
	marker   string // path of the pin, "" when nothing is pinned
}

const (
	clsactPin = "clsact-"
	qdiscPin  = "clsact-qdisc-"
)

// clsactOf describes the filter that this daemon has or would have: for the
// reception of adverts, or for one of the programs of virtual MACs.
func (d *Datapath) clsactOf(ifindex int, m Mode) *clsact {
	c := &clsact{ifindex: ifindex, mode: m, handle: d.clsactHandle(), priority: 1, parent: netlink.HANDLE_MIN_INGRESS}
	c.daemon = fmt.Sprintf("xvrrp_%08x", c.handle)
	c.name = c.daemon
	if m != TC {
		c.name += "_" + string(m)
		c.priority = 2
	}
	if m == vmacEgress {
		c.parent = netlink.HANDLE_MIN_EGRESS
	}
	if d.cfg.PinDir != "" {
		c.marker = filepath.Join(d.cfg.PinDir, clsactMark(m)+strconv.Itoa(ifindex))
	}
	return c
}

// clsactMark is how the names of the pins of one kind of filter begin.
func clsactMark(m Mode) string {
	if m == TC {
		return clsactPin
	}
	return clsactPin + string(m) + "-"
}

// clsactHandle tells daemons on one interface apart.
func (d *Datapath) clsactHandle() uint32 {
	h := fnv.New32a()
	// A hash in memory takes every write.
	_, _ = h.Write([]byte(d.cfg.PinDir))
	return h.Sum32()>>1 | 1
}

func (d *Datapath) attachClsact(ifindex int) (*attachment, error) {
	c := d.clsactOf(ifindex, TC)
	if err := d.addClsact(c, d.objects.TC); err != nil {
		return nil, err
	}
	return &attachment{ifindex: ifindex, mode: TC, filter: c}, nil
}

// addClsact adds a filter, and the qdisc if there is none.
func (d *Datapath) addClsact(c *clsact, program *ebpf.Program) error {
	switch err := netlink.QdiscAdd(clsactQdisc(c.ifindex)); {
	case err == nil:
		if err := d.mark(qdiscPin, c.ifindex); err != nil {
			return err
		}
	case !errors.Is(err, unix.EEXIST):
		return fmt.Errorf("add a clsact qdisc: %w", err)
	}
	filter := c.filter()
	filter.Handle = c.handle
	filter.Fd = program.FD()
	// A replacement swaps the program of a filter that a predecessor left.
	err := netlink.FilterReplace(filter)
	if err != nil {
		err = fmt.Errorf("add a clsact filter: %w", err)
	} else {
		err = d.mark(clsactMark(c.mode), c.ifindex)
	}
	if err != nil {
		return errors.Join(err, c.release())
	}
	return nil
}

func (c *clsact) filter() *netlink.BpfFilter {
	return &netlink.BpfFilter{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: c.ifindex,
			Parent:    c.parent,
			Priority:  c.priority,
			Protocol:  unix.ETH_P_ALL,
		},
		Name:         c.name,
		DirectAction: true,
	}
}

func clsactQdisc(ifindex int) netlink.Qdisc {
	return &netlink.GenericQdisc{QdiscType: "clsact", QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: ifindex,
		Handle:    netlink.MakeHandle(0xffff, 0),
		Parent:    netlink.HANDLE_CLSACT,
	}}
}

// mark pins the program under a name that says what we have made.
func (d *Datapath) mark(prefix string, ifindex int) error {
	if d.cfg.PinDir == "" {
		return nil
	}
	path := filepath.Join(d.cfg.PinDir, prefix+strconv.Itoa(ifindex))
	if err := unmark(path); err != nil {
		return err
	}
	p, err := d.objects.TC.Clone()
	if err == nil {
		err = errors.Join(p.Pin(path), p.Close())
	}
	if err != nil {
		return fmt.Errorf("pin the clsact program: %w", err)
	}
	return nil
}

func unmark(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unpin the clsact program: %w", err)
	}
	return nil
}

// find returns our filter as the kernel has it, nil when it is gone.
func (c *clsact) find() netlink.Filter {
	dev, err := netlink.LinkByIndex(c.ifindex)
	if err != nil {
		return nil
	}
	filters, err := netlink.FilterList(dev, c.parent)
	if err != nil {
		return nil
	}
	for _, f := range filters {
		if bpf, ok := f.(*netlink.BpfFilter); ok && bpf.Name == c.name {
			return bpf
		}
	}
	return nil
}

func (c *clsact) alive() bool { return c.find() != nil }

// forsake removes the filter that a predecessor left, if its mark is there.
func (c *clsact) forsake() error {
	if c.marker == "" {
		return nil
	}
	if _, err := os.Stat(c.marker); err != nil {
		return nil
	}
	return c.release()
}

// release removes the filter and its marks, and with the last of our filters the
// qdisc, if it is empty and our mark says that we made it.
func (c *clsact) release() error {
	if f := c.find(); f != nil {
		if err := netlink.FilterDel(f); err != nil {
			return fmt.Errorf("remove the clsact filter: %w", err)
		}
	}
	if c.marker == "" {
		return nil
	}
	if err := unmark(c.marker); err != nil {
		return err
	}
	qdisc := filepath.Join(filepath.Dir(c.marker), qdiscPin+strconv.Itoa(c.ifindex))
	if _, err := os.Stat(qdisc); err != nil {
		return nil
	}
	last, err := c.removeEmptyQdisc()
	if last {
		err = errors.Join(err, unmark(qdisc))
	}
	return err
}

// removeEmptyQdisc reports whether no filter of ours is left.
func (c *clsact) removeEmptyQdisc() (last bool, err error) {
	dev, err := netlink.LinkByIndex(c.ifindex)
	if err != nil {
		return true, nil // the device took it along
	}
	others := false
	for _, parent := range []uint32{netlink.HANDLE_MIN_INGRESS, netlink.HANDLE_MIN_EGRESS} {
		filters, err := netlink.FilterList(dev, parent)
		if err != nil {
			return true, fmt.Errorf("list the clsact filters: %w", err)
		}
		for _, f := range filters {
			if bpf, ok := f.(*netlink.BpfFilter); ok && strings.HasPrefix(bpf.Name, c.daemon) {
				return false, nil
			}
			others = true
		}
	}
	if others {
		return true, nil
	}
	// A device that was deleted took its qdisc along; what bears its index now
	// has none, and there is nothing to remove.
	err = netlink.QdiscDel(clsactQdisc(c.ifindex))
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
		return true, fmt.Errorf("remove the clsact qdisc: %w", err)
	}
	return true, nil
}
