package main

import (
	"encoding/binary"
	"errors"
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

// How often the client asks is also how well the time of a first answer can be known. More often costs more: at 0.1 ms the
// client is in the way of both daemons' announcements for some 30 µs.
const (
	probeEvery   = 200 * time.Microsecond
	probeClosely = 100 * time.Microsecond // where the first answer is what counts
)

const probeArg = "-probe="

// probe starts to ask a virtual address for an echo at a steady pace, as a
// client with something to do would. When it was answered, and by whom, is read
// from the capture. It is a child of ours: the measure must keep its own time on
// a busy machine, and the collector of this process must not stop it.
func (p *pair) probe(every time.Duration, targets ...netip.Addr) (*lab.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	list := []string{every.String()}
	for _, t := range targets {
		list = append(list, t.String())
	}
	return p.judge.Start(self, probeArg+strings.Join(list, ","))
}

// probing is what that child does until it is killed.
func probing(arg string) {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	pace, targets, _ := strings.Cut(arg, ",")
	every, err := time.ParseDuration(pace)
	var list []netip.Addr
	for text := range strings.SplitSeq(targets, ",") {
		addr, errAddr := netip.ParseAddr(text)
		err = errors.Join(err, errAddr)
		list = append(list, addr)
	}
	if err == nil {
		err = ask(every, list)
	}
	fmt.Fprintf(os.Stderr, "probe %s: %v\n", arg, err)
	os.Exit(1)
}

// ask sends its questions to the targets in turns.
func ask(every time.Duration, targets []netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	// Nothing is read here: a small buffer drops the answers early.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 0); err != nil {
		return err
	}
	if err := fifo(60); err != nil {
		fmt.Fprintln(os.Stderr, "the probes are as late as the machine:", err)
	}
	to := unix.RawSockaddrInet4{Family: unix.AF_INET}
	request := [8]byte{0: 8} // an echo request
	at := monotonic()
	for seq := uint16(0); ; seq++ {
		to.Addr = targets[int(seq)%len(targets)].As4()
		binary.BigEndian.PutUint16(request[6:], seq)
		binary.BigEndian.PutUint16(request[2:], 0)
		binary.BigEndian.PutUint16(request[2:], checksum(request[:]))
		// What is not sent is not answered.
		_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&request)), unsafe.Sizeof(request),
			unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&to)), unsafe.Sizeof(to))
		at = max(at+int64(every), monotonic())
		next := unix.NsecToTimespec(at)
		_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
			uintptr(unsafe.Pointer(&next)), 0, 0, 0) // awake too early, it asks once more
	}
}

// fifo makes the calling thread real-time.
func fifo(priority uint32) error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority}
	return unix.SchedSetAttr(0, &attr, 0)
}

func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // this clock is always there
	return ts.Nano()
}

// checksum is the Internet checksum (RFC 1071) of an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
