package stage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Stage is the namespace. Its methods may be called from any goroutine; those of a nil Stage do nothing.
type Stage struct {
	mu      sync.Mutex  // held while addresses come and go
	stands  bool        // an address of the last rehearsal
	ipv6    bool        // of that family
	removal *time.Timer // calls clear
	routing int         // a netlink socket
	frames  int         // a packet socket of the loopback interface
	answer  []byte
}

// removeAfter is when the address goes. Not at once: the kernel has one lock for all of that, and who rehearses is in a hurry
// to be its next holder.
const removeAfter = 10 * time.Millisecond

// Open makes a stage. It needs CAP_NET_ADMIN and CAP_NET_RAW, and either CAP_SYS_ADMIN or a system that lets everybody
// make user namespaces.
func Open() (*Stage, error) {
	s := newStage()
	done := make(chan error)
	go s.aside(done)
	err := <-done
	if errors.Is(err, unix.EPERM) {
		err = s.send()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("rehearsal stage: %w", err), s.Close())
	}
	return s, nil
}

func newStage() *Stage {
	s := &Stage{routing: -1, frames: -1, answer: make([]byte, 4096)}
	s.removal = time.AfterFunc(time.Hour, s.clear)
	s.removal.Stop()
	return s
}

// aside opens the stage on a thread that goes with its goroutine; the namespace stays with the sockets.
func (s *Stage) aside(done chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		done <- s.open()
		return
	}
	// The first thread never goes, and is the process for whoever asks in which namespace that is.
	defer runtime.UnlockOSThread()
	again := make(chan error)
	go s.aside(again)
	done <- <-again
}

// open does it in a namespace that the thread does not leave again.
func (s *Stage) open() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	return s.furnish()
}

// furnish opens the sockets in the namespace of the thread, a new one.
func (s *Stage) furnish() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("loopback interface up: %w", err)
	}
	if s.routing, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	if err := unix.Bind(s.routing, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	if s.frames, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	if err := unix.Bind(s.frames, &unix.SockaddrLinklayer{Ifindex: lo.Attrs().Index}); err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	return nil
}

// Close gives the namespace back.
func (s *Stage) Close() error {
	if s == nil {
		return nil
	}
	s.removal.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, fd := range []*int{&s.routing, &s.frames} {
		if *fd >= 0 {
			errs = append(errs, unix.Close(*fd))
		}
		*fd = -1
	}
	return errors.Join(errs...)
}

// Address adds an address of either family and sends a frame. Who comes a moment after another need not: a processor
// remembers that long, and of a thousand routers that take over together one rehearses.
func (s *Stage) Address(ipv6 bool) {
	if s == nil || !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	if s.stands || s.routing < 0 {
		return
	}
	// Whatever becomes of it, the processor has been there.
	_ = s.ask(unix.RTM_NEWADDR, ipv6)
	s.Frame()
	s.stands, s.ipv6 = true, ipv6
	s.removal.Reset(removeAfter)
}

// clear removes the address.
func (s *Stage) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stands && s.routing >= 0 {
		_ = s.ask(unix.RTM_DELADDR, s.ipv6) // if it stays, the next rehearsal ends early
	}
	s.stands = false
}

// ask has the kernel do something with the address. It answers before the write returns.
func (s *Stage) ask(typ uint16, ipv6 bool) error {
	if err := unix.Sendto(s.routing, request(typ, ipv6), unix.MSG_DONTWAIT, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink send: %w", err)
	}
	n, _, err := unix.Recvfrom(s.routing, s.answer, unix.MSG_DONTWAIT)
	if err != nil {
		return fmt.Errorf("netlink receive: %w", err)
	}
	if n < unix.SizeofNlMsghdr+4 {
		return fmt.Errorf("netlink answer of %d bytes", n)
	}
	if errno := -int32(binary.NativeEndian.Uint32(s.answer[unix.SizeofNlMsghdr:])); errno != 0 {
		return unix.Errno(errno)
	}
	return nil
}

// Frame sends a frame, an ARP question that no loopback interface takes in.
func (s *Stage) Frame() {
	if s == nil {
		return
	}
	// As above.
	_ = unix.Send(s.frames, question[:], unix.MSG_DONTWAIT)
}

// question is a whole frame: 192.0.2.1 (RFC 5737) asks for itself.
var question = [42]byte{
	0: 0xff, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 12: 8, 13: 6, // to all, ARP
	15: 1, 16: 8, 18: 6, 19: 4, 21: 1, 28: 192, 30: 2, 31: 1, 38: 192, 40: 2, 41: 1,
}

// request adds or removes 192.0.2.1/32 or 2001:db8::1/128 (RFC 5737, RFC 3849) on the loopback interface, which is 1 everywhere.
func request(typ uint16, ipv6 bool) []byte {
	native := binary.NativeEndian
	family, addr, flags := byte(unix.AF_INET), []byte{192, 0, 2, 1}, byte(0)
	if ipv6 {
		family, addr, flags = unix.AF_INET6, []byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 15: 1}, unix.IFA_F_NODAD
	}
	b := make([]byte, unix.SizeofNlMsghdr, 64)
	b = append(b, family, byte(len(addr)*8), flags, unix.RT_SCOPE_UNIVERSE)
	b = native.AppendUint32(b, 1)
	for _, attr := range []uint16{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		b = native.AppendUint16(b, uint16(unix.SizeofRtAttr+len(addr)))
		b = native.AppendUint16(b, attr)
		b = append(b, addr...)
	}
	native.PutUint32(b, uint32(len(b)))
	native.PutUint16(b[4:], typ)
	how := uint16(unix.NLM_F_REQUEST | unix.NLM_F_ACK)
	if typ == unix.RTM_NEWADDR {
		how |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	native.PutUint16(b[6:], how)
	return b
}
