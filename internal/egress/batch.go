package egress

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Frame is one datagram of a batch.
type Frame struct {
	// Dst is the Ethernet destination. Zero means: the group in the datagram's header.
	Dst [6]byte
	// Src is the Ethernet source. Zero means: the MAC of the Interface.
	Src [6]byte
	// IP is the complete datagram.
	IP []byte
	// Err is what became of it: set by SendBatch, nil when the frame left.
	Err error
}

// batch is the memory of SendBatch: it grows to the largest batch and stays.
type batch struct {
	messages []mmsghdr
	vectors  [][2]unix.Iovec
	headers  [][headerLen]byte
	frames   []int // which frame each message is
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32 // bytes sent, written by the kernel
}

// maxBatch is the most messages that one sendmmsg takes (UIO_MAXIOV).
const maxBatch = 1024

// SendBatch sends all frames with as few system calls as possible and sets Err
// in each. It returns how many left. One frame that fails holds none other up.
func (i *Interface) SendBatch(frames []Frame) (sent int) {
	for len(frames) > 0 {
		n := min(len(frames), maxBatch)
		sent += i.sendBatch(frames[:n])
		frames = frames[n:]
	}
	return sent
}

func (i *Interface) sendBatch(frames []Frame) (sent int) {
	b := &i.batch
	b.grow(len(frames))
	n := 0
	for f := range frames {
		if frames[f].Err = i.put(n, &frames[f]); frames[f].Err == nil {
			b.frames[n] = f
			n++
		}
	}
	for at := 0; at < n; {
		done, errno := i.sendmmsg(b.messages[at:n])
		switch errno {
		case 0:
			sent += done
			at += done
		case unix.EINTR:
		default: // the first of the rest failed: note it, go on behind it
			frames[b.frames[at]].Err = i.failure(errno)
			at++
		}
	}
	b.forget(n)
	return sent
}

// put makes message n of the batch from f.
func (i *Interface) put(n int, f *Frame) error {
	etherType, ok := etherTypeOf(f.IP)
	if !ok {
		return ErrNotIP
	}
	dst, src := f.Dst, f.Src
	if dst == [6]byte{} {
		if dst, ok = groupMAC(f.IP); !ok {
			return ErrNotMulticast
		}
	}
	if src == [6]byte{} {
		src = i.MAC()
	}
	b := &i.batch
	putHeader(b.headers[n][:], dst, src, etherType)
	v := &b.vectors[n]
	v[0].Base, v[1].Base = &b.headers[n][0], &f.IP[0]
	v[0].SetLen(headerLen)
	v[1].SetLen(len(f.IP))
	b.messages[n].hdr.Iov = &v[0]
	b.messages[n].hdr.SetIovlen(2)
	return nil
}

func (b *batch) grow(n int) {
	if n > len(b.messages) {
		b.messages = make([]mmsghdr, n)
		b.vectors = make([][2]unix.Iovec, n)
		b.headers = make([][headerLen]byte, n)
		b.frames = make([]int, n)
	}
}

// forget drops the pointers to the callers' datagrams.
func (b *batch) forget(n int) {
	for m := range b.vectors[:n] {
		b.vectors[m][1].Base = nil
	}
}

func (i *Interface) sendmmsg(messages []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(i.fd), uintptr(unsafe.Pointer(&messages[0])),
		uintptr(len(messages)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
