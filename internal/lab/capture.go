package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Frame is one captured frame.
type Frame struct {
	At   time.Time // the kernel's receive stamp, wall clock
	Out  bool      // sent by the interface, not received
	Data []byte    // from the Ethernet header on
}

// A Capture collects every frame that an interface sends or receives, until it is closed.
//
// Nobody sleeps until a frame comes: to wake somebody up costs whoever sends the frame some microseconds, and a measure
// must not weigh on what it measures. The kernel keeps and stamps the frames, and they are fetched now and then.
type Capture struct {
	Link string

	end  chan struct{} // closed by Close
	done chan struct{}

	mu      sync.Mutex
	file    *os.File
	data    []byte
	control []byte
	frames  []Frame
	closed  bool
	err     error // what ended the recording early
}

const (
	// captureBuffer holds some ten thousand small frames when the reader gets no processor.
	captureBuffer = 16 << 20
	// fetchEvery is how long frames stay in it when nobody asks for them.
	fetchEvery = 20 * time.Millisecond
)

// Capture starts to record a link of the host. Frames are recorded from the moment it returns.
func (h *Host) Capture(link string) (*Capture, error) {
	c := &Capture{Link: link, end: make(chan struct{}), done: make(chan struct{}), data: make([]byte, 1<<16), control: make([]byte, 512)}
	if err := h.ns.do(func() error { return c.open(link) }); err != nil {
		return nil, fmt.Errorf("host %s: capture %s: %w", h.Name, link, err)
	}
	go c.run()
	if !h.lab.atClose(c.Close) {
		return nil, errors.Join(errors.New("lab is closed"), c.Close())
	}
	return c, nil
}

func (c *Capture) open(link string) error {
	ifi, err := net.InterfaceByName(link)
	if err != nil {
		return err
	}
	// Protocol 0 hears nothing until bind names one interface.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.file = os.NewFile(uintptr(fd), "capture of "+link)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return errors.Join(err, c.file.Close())
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer); err != nil {
		return errors.Join(err, c.file.Close())
	}
	all := uint16(unix.ETH_P_ALL)
	to := &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: ifi.Index}
	if err := unix.Bind(fd, to); err != nil {
		return errors.Join(err, c.file.Close())
	}
	return nil
}

func (c *Capture) run() {
	defer close(c.done)
	pace := time.NewTicker(fetchEvery)
	defer pace.Stop()
	for {
		select {
		case <-c.end:
			return
		case <-pace.C:
			c.mu.Lock()
			c.fetch()
			c.mu.Unlock()
		}
	}
}

// fetch takes in what the kernel has recorded. With c.mu held.
func (c *Capture) fetch() {
	if c.closed || c.err != nil {
		return
	}
	conn, err := c.file.SyscallConn()
	if err == nil {
		var ended error
		err = conn.Control(func(fd uintptr) { ended = c.drain(int(fd)) })
		err = errors.Join(err, ended)
	}
	if err != nil {
		c.err = fmt.Errorf("capture of %s: %w", c.Link, err)
	}
}

func (c *Capture) drain(fd int) error {
	for {
		n, cn, _, from, err := unix.Recvmsg(fd, c.data, c.control, 0)
		switch err {
		case nil:
		case unix.ENETDOWN, unix.EINTR:
			continue // told once when the link goes down; the socket goes on
		case unix.EAGAIN:
			return nil
		default:
			return err
		}
		ll, _ := from.(*unix.SockaddrLinklayer)
		f := Frame{At: stamp(c.control[:cn]), Data: append([]byte(nil), c.data[:n]...)}
		f.Out = ll != nil && ll.Pkttype == unix.PACKET_OUTGOING
		c.frames = append(c.frames, f)
	}
}

// Frames is everything recorded so far, in order.
func (c *Capture) Frames() []Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetch()
	return append([]Frame(nil), c.frames...)
}

// Matching is the recorded frames that keep says yes to.
func (c *Capture) Matching(keep func(Frame) bool) []Frame {
	var some []Frame
	for _, f := range c.Frames() {
		if keep(f) {
			some = append(some, f)
		}
	}
	return some
}

// Close ends the recording; what was recorded stays readable. It tells what went wrong while recording, and may be
// called twice.
func (c *Capture) Close() error {
	c.mu.Lock()
	if c.closed {
		defer c.mu.Unlock()
		return c.err
	}
	c.fetch()
	c.closed = true
	err := errors.Join(c.err, c.file.Close())
	c.mu.Unlock()
	close(c.end)
	<-c.done
	return err
}

// stamp finds the kernel's time stamp among the control messages; without one it is now.
func stamp(control []byte) time.Time {
	msgs, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range msgs {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(native.Uint64(m.Data)), int64(native.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}
