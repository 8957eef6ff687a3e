package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/sockfilter"
)

// A witness is a child on a director that hears from the kernel when an address stands there, as `ip monitor address` does.
// The kernel's filter shows it that one address and no other: of a thousand it is woken up once.
type witness struct{ *lab.Process }

const witnessArg = "-witness="

// watch starts a witness of an address.
func (n *node) watch(addr netip.Addr) (*witness, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := n.Start(self, witnessArg+addr.String())
	return &witness{p}, err
}

// since is when the address stood for the first time after a moment.
func (w *witness) since(begin time.Time) (at time.Time, ok bool) {
	for line := range strings.Lines(w.Output()) {
		ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if at = time.Unix(0, ns); err == nil && !at.Before(begin) {
			return at, true
		}
	}
	return time.Time{}, false
}

// witnessing is what that child does until it is killed. It prints the wall clock's nanoseconds, a line for each time.
func witnessing(text string) {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	addr, err := netip.ParseAddr(text)
	if err == nil {
		err = hear(addr)
	}
	fmt.Fprintf(os.Stderr, "witness of %s: %v\n", text, err)
	os.Exit(1)
}

func hear(addr netip.Addr) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	if err := sockfilter.Attach(fd, standsNow(addr)); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR}); err != nil {
		return err
	}
	if err := fifo(60); err != nil {
		fmt.Fprintln(os.Stderr, "the witness is as late as the machine:", err)
	}
	news := make([]byte, 4096)
	for {
		if _, _, err := unix.Recvfrom(fd, news, 0); err != nil {
			return err
		}
		fmt.Println(time.Now().UnixNano())
	}
}

// standsNow is a filter that lets the news of one address pass. In those of the kernel its attribute is the first.
func standsNow(addr netip.Addr) []bpf.Instruction {
	const typeAt, addressAt = 4, unix.SizeofNlMsghdr + unix.SizeofIfAddrmsg + unix.SizeofRtAttr
	typ := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.RTM_NEWADDR)) // the header is in the host's byte order
	b := addr.AsSlice()
	words := uint8(len(b) / 4)
	filter := []bpf.Instruction{
		bpf.LoadAbsolute{Off: typeAt, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(typ), SkipFalse: 2*words + 1},
	}
	for i := range words {
		filter = append(filter,
			bpf.LoadAbsolute{Off: addressAt + 4*uint32(i), Size: 4},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: binary.BigEndian.Uint32(b[4*i:]), SkipFalse: 2*(words-i) - 1},
		)
	}
	return append(filter, bpf.RetConstant{Val: 1 << 16}, bpf.RetConstant{Val: 0})
}
