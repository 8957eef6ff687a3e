package datapath

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// ring reads the records of a BPF ring buffer where they lie. The kernel maps
// the data pages twice in a row, so that no record is ever split.
type ring struct {
	consumed *uint64 // position up to which we have read; ours to write
	produced *uint64 // position up to which records are reserved; the kernel's
	data     []byte
	mask     uint64
	next     uint64 // position after the record that peek returned

	consumerPage, producerPages []byte
}

// Flags in the length word of a record's header (include/uapi/linux/bpf.h).
const (
	recordBusy    = 1 << 31
	recordDiscard = 1 << 30
	recordHeader  = 8
)

func openRing(m *ebpf.Map) (*ring, error) {
	page, size := os.Getpagesize(), int(m.MaxEntries())
	consumer, err := unix.Mmap(m.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the ring's consumer page: %w", err)
	}
	producer, err := unix.Mmap(m.FD(), int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		// The first error is the one to report; the page goes with the process.
		_ = unix.Munmap(consumer)
		return nil, fmt.Errorf("map the ring's data pages: %w", err)
	}
	return &ring{
		consumed:      (*uint64)(unsafe.Pointer(&consumer[0])),
		produced:      (*uint64)(unsafe.Pointer(&producer[0])),
		data:          producer[page:],
		mask:          uint64(size - 1),
		consumerPage:  consumer,
		producerPages: producer,
	}, nil
}

// end is the position behind everything that was reserved up to now.
func (r *ring) end() uint64 { return atomic.LoadUint64(r.produced) }

// peek returns the next record before the position limit, valid until pop.
// Without one it returns nil, and busy tells whether that is because some CPU
// is still writing it.
func (r *ring) peek(limit uint64) (record []byte, busy bool) {
	at := atomic.LoadUint64(r.consumed)
	for at < limit {
		start := at & r.mask
		length := atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[start])))
		if length&recordBusy != 0 {
			return nil, true
		}
		size := uint64(length &^ (recordBusy | recordDiscard))
		r.next = at + recordHeader + (size+7)&^7
		if length&recordDiscard == 0 {
			start += recordHeader
			return r.data[start : start+size : start+size], false
		}
		at = r.next
		r.pop()
	}
	return nil, false
}

// pop gives the space of the record that peek returned back to the kernel.
func (r *ring) pop() { atomic.StoreUint64(r.consumed, r.next) }

func (r *ring) close() error {
	if err := unix.Munmap(r.consumerPage); err != nil {
		return fmt.Errorf("unmap the ring's consumer page: %w", err)
	}
	if err := unix.Munmap(r.producerPages); err != nil {
		return fmt.Errorf("unmap the ring's data pages: %w", err)
	}
	return nil
}
