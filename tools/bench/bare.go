package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// bareTimer is no daemon: a real-time thread with its memory locked that sleeps
// until absolute deadlines and sends the same bytes at each. What it is off, the
// machine is off.
var bareTimer = kind{name: "bare timer", start: startBare}

const tickArg = "-tick="

func startBare(_ *bench, n *node, c config) (*lab.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return n.Start(self, fmt.Sprintf("%s%v,%v", tickArg, c.interval, n.addr()))
}

// ticking is what that child does until it is killed.
func ticking(task string) {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	text, from, _ := strings.Cut(task, ",")
	every, err := time.ParseDuration(text)
	var source netip.Addr
	if err == nil {
		source, err = netip.ParseAddr(from)
	}
	if err == nil {
		err = tickForEver(every, source)
	}
	fmt.Fprintf(os.Stderr, "tick %s: %v\n", task, err)
	os.Exit(1)
}

func tickForEver(every time.Duration, source netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protoVRRP)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInet4Addr(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, source.As4()); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255); err != nil {
		return err
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE); err != nil {
		return fmt.Errorf("lock the memory: %w", err)
	}
	if err := fifo(50); err != nil {
		return fmt.Errorf("real-time priority: %w", err)
	}
	vip := virtual(0, vrid).As4()
	advert := [12]byte{0: 0x31, 1: vrid, 2: 100, 3: 1} // version 3, one address
	binary.BigEndian.PutUint16(advert[4:], uint16(every/(10*time.Millisecond)))
	copy(advert[8:], vip[:])
	to := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: [4]byte{224, 0, 0, 18}}
	for at := monotonic(); ; {
		at += int64(every)
		next := unix.NsecToTimespec(at)
		for monotonic() < at { // Go's scheduler interrupts whoever sleeps long
			_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
				uintptr(unsafe.Pointer(&next)), 0, 0, 0)
		}
		if _, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&advert)), unsafe.Sizeof(advert), 0,
			uintptr(unsafe.Pointer(&to)), unsafe.Sizeof(to)); errno != 0 {
			return fmt.Errorf("send: %w", errno)
		}
	}
}
