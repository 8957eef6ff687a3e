package address

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// A socket speaks rtnetlink: many requests in one write, and every answer looked at. It is not safe for concurrent use.
type socket struct {
	fd   int
	seq  uint32
	out  []byte
	in   []byte
	errs []error
}

const (
	// batchSize is how many requests go out in one write. The kernel answers before the write returns, and should it refuse
	// them all, the refusals must fit into the receive buffer. Many at once pay for IPv6, where every address leaves work to a kernel thread
	// that competes for the same lock: a thousand took a third of the time that ten batches of a hundred did.
	// That work (addrconf_dad_work, once for every address) comes also with IFA_F_NODAD, and only with it does the address get its route
	// and can be used: after a hundred added in 0.5 ms the last can after 3. One write of a thousand took 40 to 320 ms on a busy machine;
	// iproute2 adding them one by one was as erratic.
	batchSize     = 1000
	receiveBuffer = 1 << 22 // bytes; an answer takes less than 2 kB of it
	timeoutSec    = 10      // another process may hold the kernel's configuration lock for long
)

func openSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	s := &socket{fd: fd, in: make([]byte, 1<<16)}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("netlink socket: %w", errors.Join(err, s.close()))
	}
	tv := unix.Timeval{Sec: timeoutSec}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return nil, fmt.Errorf("netlink socket: %w", errors.Join(err, s.close()))
	}
	// Niceties, each of which an older kernel or a missing privilege may refuse: room, short answers, error texts.
	for _, o := range []struct{ level, opt, value int }{
		{unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer},
		{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer},
		{unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1},
		{unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1},
		{unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1},
	} {
		_ = unix.SetsockoptInt(fd, o.level, o.opt, o.value) // works without, see above
	}
	return s, nil
}

func (s *socket) close() error { return unix.Close(s.fd) }

// port is what the kernel knows the socket by: news of what it asked for bear it.
func (s *socket) port() (uint32, error) {
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return 0, fmt.Errorf("netlink socket: %w", err)
	}
	a, ok := sa.(*unix.SockaddrNetlink)
	if !ok {
		return 0, errors.New("netlink socket: no netlink address")
	}
	return a.Pid, nil
}

// A request is one message of a batch: its type, its flags beside REQUEST and ACK, and its body.
type request struct {
	typ   uint16
	flags uint16
	body  func(b []byte) []byte
}

// batch sends n requests and returns the kernel's answer to each: errs[i] is nil when the i-th was done. The error beside
// them says that the socket itself failed; then unanswered requests carry it too. The slice is reused by the next call.
func (s *socket) batch(n int, req func(i int) request) (errs []error, err error) {
	return s.batchTold(n, req, nil)
}

// batchTold is batch that tells, perhaps from another goroutine, how far the kernel has come: the first so many are done, or refused.
// With nil nobody is told.
func (s *socket) batchTold(n int, req func(i int) request, done func(n int)) (errs []error, err error) {
	return s.deliver(n, func(from, to int) []byte {
		s.out = s.out[:0]
		for i := from; i < to; i++ {
			ack := uint16(0)
			if done != nil {
				ack = acknowledgement(i-from, to-from)
			} else if i == to-1 {
				ack = unix.NLM_F_ACK
			}
			s.out = appendRequest(s.out, 0, ack, req(i))
		}
		return s.out
	}, done)
}

// deliver is batchTold of requests that write puts together, the last of which asks for an acknowledgement.
func (s *socket) deliver(n int, write func(from, to int) []byte, done func(n int)) (errs []error, err error) {
	if cap(s.errs) < n {
		s.errs = make([]error, n)
	}
	s.errs = s.errs[:n]
	for i := range s.errs {
		s.errs[i] = errUnanswered
	}
	for from, to := 0, 0; from < n && err == nil; from = to {
		to = min(from+batchSize, n)
		out := write(from, to)
		first := s.number(out)
		if done != nil && n >= followFrom {
			err = s.follow(from, to, out, first, done)
		} else if err = s.chunk(from, to, out, first); err == nil && done != nil {
			done(to)
		}
		if err == nil {
			s.grant(from, to)
		}
	}
	for i, e := range s.errs {
		if err != nil && e == errUnanswered {
			s.errs[i] = err
		}
	}
	return s.errs, err
}

var errUnanswered = errors.New("no answer from the kernel")

// chunk sends requests in one write. Only the last asks for an acknowledgement: refusals come unasked and in order, so
// when the last is answered, whatever was not refused is done.
func (s *socket) chunk(from, to int, out []byte, first uint32) error {
	if err := unix.Sendto(s.fd, out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return wrapSend(err)
	}
	for s.errs[to-1] == errUnanswered {
		if _, err := s.take(from, to, first); err != nil {
			return err
		}
	}
	return nil
}

func wrapSend(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("netlink send: %w", err)
}

// number gives every message its sequence number and returns the first.
func (s *socket) number(out []byte) (first uint32) {
	first = s.seq + 1
	for at := 0; at+sizeHdr <= len(out); at += int(native.Uint32(out[at:])) {
		s.seq++
		native.PutUint32(out[at+8:], s.seq)
	}
	return first
}

// take notes what the kernel has answered, and returns the last request of these that is answered, -1 for none.
func (s *socket) take(from, to int, first uint32) (last int, err error) {
	n, err := s.receive()
	last = -1
	if err != nil {
		return last, err
	}
	eachMessage(s.in[:n], func(h unix.NlMsghdr, body []byte) {
		i := from + int(h.Seq-first)
		if h.Type != unix.NLMSG_ERROR || h.Seq-first >= uint32(to-from) || s.errs[i] != errUnanswered {
			return // an answer that came too late for an earlier call
		}
		s.errs[i] = answer(h, body)
		last = i
	})
	return last, nil
}

// grant takes those that were not refused for done.
func (s *socket) grant(from, to int) {
	for i := from; i < to; i++ {
		if s.errs[i] == errUnanswered {
			s.errs[i] = nil
		}
	}
}

// appendRequest appends one whole message.
func appendRequest(b []byte, seq uint32, flags uint16, r request) []byte {
	start := len(b)
	b = append(b, make([]byte, sizeHdr)...)
	b = r.body(b)
	native.PutUint32(b[start:], uint32(len(b)-start))
	native.PutUint16(b[start+4:], r.typ)
	native.PutUint16(b[start+6:], unix.NLM_F_REQUEST|flags|r.flags)
	native.PutUint32(b[start+8:], seq)
	return b
}

// dump asks a question whose answer is a list and calls each with the body of every message of it.
func (s *socket) dump(r request, each func(typ uint16, body []byte)) error {
	s.seq++
	s.out = appendRequest(s.out[:0], s.seq, unix.NLM_F_DUMP, r)
	if err := unix.Sendto(s.fd, s.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return wrapSend(err)
	}
	var failed error
	interrupted := false
	for done := false; !done; {
		n, err := s.receive()
		if err != nil {
			return err
		}
		eachMessage(s.in[:n], func(h unix.NlMsghdr, body []byte) {
			if h.Seq != s.seq {
				return
			}
			interrupted = interrupted || h.Flags&unix.NLM_F_DUMP_INTR != 0
			switch h.Type {
			case unix.NLMSG_DONE:
				done = true
			case unix.NLMSG_ERROR:
				failed, done = answer(h, body), true
			default:
				each(h.Type, body)
			}
		})
	}
	if failed == nil && interrupted {
		return dump.ErrInterrupted
	}
	return failed
}

func (s *socket) receive() (int, error) {
	for {
		n, from, err := unix.Recvfrom(s.fd, s.in, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, fmt.Errorf("netlink: %w for %d s", errUnanswered, timeoutSec)
		case err != nil:
			return 0, fmt.Errorf("netlink receive: %w", err)
		}
		if a, ok := from.(*unix.SockaddrNetlink); ok && a.Pid == 0 {
			return n, nil // from the kernel
		}
	}
}

// A refusal is the kernel's no: the error number and, where it gave one, its own words.
type refusal struct {
	errno unix.Errno
	text  string
}

func (r *refusal) Error() string {
	if r.text == "" {
		return r.errno.Error()
	}
	return r.errno.Error() + " (kernel: " + r.text + ")"
}

func (r *refusal) Unwrap() error { return r.errno }

// answer reads an NLMSG_ERROR: nil for an acknowledgement.
func answer(h unix.NlMsghdr, body []byte) error {
	errno := -int32(uint32At(body))
	if errno == 0 {
		return nil
	}
	r := &refusal{errno: unix.Errno(errno)}
	const echo = 4 + sizeHdr // the error number and the header of what it answers
	if h.Flags&unix.NLM_F_ACK_TLVS != 0 && h.Flags&unix.NLM_F_CAPPED != 0 && len(body) > echo {
		eachAttr(body[echo:], func(typ uint16, data []byte) {
			if typ == unix.NLMSGERR_ATTR_MSG {
				r.text = cString(data)
			}
		})
	}
	return r
}

// eachMessage calls f for every message of a read.
func eachMessage(b []byte, f func(h unix.NlMsghdr, body []byte)) {
	for len(b) >= sizeHdr {
		h := unix.NlMsghdr{
			Len: native.Uint32(b), Type: native.Uint16(b[4:]), Flags: native.Uint16(b[6:]), Seq: native.Uint32(b[8:]),
		}
		if h.Len < sizeHdr || int(h.Len) > len(b) {
			return
		}
		f(h, b[sizeHdr:h.Len])
		b = b[min((int(h.Len)+3)&^3, len(b)):]
	}
}
