package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kernelAlone is no daemon: it is what the kernel takes for the addresses when
// nobody else wants anything.
var kernelAlone = kind{name: "kernel alone"}

const (
	addedAlone = "added in one write"
	addArg     = "-add="
)

// kernel has a child add the addresses on a host of the lab, again and again.
func (b *bench) kernel(k kind, c config) (err error) {
	p, err := newPair(1)
	if err != nil {
		return err
	}
	defer func() { err = join(err, p.close()) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	n := p.nodes[0]
	var values []float64
	for range max(1, int(takeoverRounds*b.rounds)) {
		out, err := n.Run(self, fmt.Sprintf("%s%d,%v,%v", addArg, c.addresses, c.ipv6, c.lan))
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		ns, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
		if err != nil {
			return err
		}
		values = append(values, milliseconds(time.Duration(ns)))
		if err := n.flush(); err != nil {
			return err
		}
		time.Sleep(time.Second) // IPv6 has work left
	}
	b.add(series{Daemon: k.name, Interval: c.interval.String(), Load: c.size(), What: addedAlone, Unit: "ms", Values: values})
	return nil
}

// adding is what that child does. It prints how many nanoseconds the write took.
func adding(task string) {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	words := append(strings.Split(task, ","), "", "")
	n, err := strconv.Atoi(words[0])
	var took time.Duration
	if err == nil {
		took, err = addAll(config{addresses: n, ipv6: words[1] == "true", lan: words[2] == "true"})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds())
	os.Exit(0)
}

func addAll(c config) (took time.Duration, err error) {
	iface, err := net.InterfaceByName(link(0))
	if err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return 0, err
	}
	var requests []byte
	for i := range c.addresses {
		requests = appendAddition(requests, iface.Index, c.prefix(i), i == c.addresses-1)
	}
	if err := fifo(60); err != nil {
		fmt.Fprintln(os.Stderr, "without real-time priority:", err)
	}
	begin := monotonic()
	if err := unix.Sendto(fd, requests, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	took = time.Duration(monotonic() - begin)
	answer := make([]byte, 1<<16)
	size, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return 0, err
	}
	if size < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint32(answer[unix.SizeofNlMsghdr:]) != 0 {
		return 0, errors.New("the kernel refused an address")
	}
	return took, nil
}

// appendAddition appends an RTM_NEWADDR; the last one alone is answered.
func appendAddition(b []byte, index int, p netip.Prefix, last bool) []byte {
	ip := p.Addr()
	begin := len(b)
	flags := uint16(unix.NLM_F_REQUEST | unix.NLM_F_CREATE | unix.NLM_F_EXCL)
	if last {
		flags |= unix.NLM_F_ACK
	}
	b = append(b, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, unix.RTM_NEWADDR)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	family, nodad := byte(unix.AF_INET), byte(0)
	if ip.Is6() {
		family, nodad = unix.AF_INET6, unix.IFA_F_NODAD
	}
	b = append(b, family, byte(p.Bits()), nodad, unix.RT_SCOPE_UNIVERSE)
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	for _, attr := range []uint16{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+ip.BitLen()/8))
		b = binary.NativeEndian.AppendUint16(b, attr)
		b = append(b, ip.AsSlice()...)
	}
	binary.NativeEndian.PutUint32(b[begin:], uint32(len(b)-begin))
	return b
}
