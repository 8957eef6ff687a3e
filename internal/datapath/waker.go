package datapath

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// waker hands deadlines to the timer of the BPF program, by running the
// program set_wake. The wake-up comes back through the ring.
//
// It issues the system call itself: the way through the library allocates, and
// this happens after every advert.
type waker struct {
	program *ebpf.Program
	request vrrpWakeRequest
	attr    testRunAttr
}

// testRunAttr is the head of union bpf_attr for BPF_PROG_TEST_RUN.
type testRunAttr struct {
	program                    uint32
	result                     uint32
	_                          [2]uint32 // data sizes
	_                          [2]uint64 // data pointers
	_                          [2]uint32 // repeat, duration
	contextSize, contextOutLen uint32
	context, contextOut        uint64
	_                          [4]uint32 // flags, cpu, batch size, padding
}

const bpfProgTestRun = 10

// loadWaker returns nil where the kernel has no timers for BPF; a timerfd then
// takes their place.
func loadWaker(o *objects) *waker {
	spec, err := loadVrrp()
	if err != nil {
		return nil
	}
	var loaded struct {
		SetWake *ebpf.Program `ebpf:"set_wake"`
	}
	err = spec.LoadAndAssign(&loaded, &ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{
		vrrpMapRing: o.Ring, vrrpMapAlarms: o.Alarms,
	}})
	if err != nil {
		return nil
	}
	w := &waker{program: loaded.SetWake}
	w.attr.program = uint32(w.program.FD())
	w.attr.contextSize = uint32(unsafe.Sizeof(w.request))
	if w.set(0) != nil {
		// It loads but does not run: as good as none.
		_ = w.program.Close()
		return nil
	}
	return w
}

// set arms the timer for a point of CLOCK_MONOTONIC, in nanoseconds; 0 disarms it.
func (w *waker) set(at int64) error {
	w.request.DeadlineNs = uint64(at)
	w.attr.context = uint64(uintptr(unsafe.Pointer(&w.request)))
	_, _, errno := unix.Syscall(unix.SYS_BPF, bpfProgTestRun, uintptr(unsafe.Pointer(&w.attr)), unsafe.Sizeof(w.attr))
	runtime.KeepAlive(w)
	if errno != 0 {
		return fmt.Errorf("run set_wake: %w", errno)
	}
	if w.attr.result != 0 {
		return fmt.Errorf("set_wake: %w", unix.Errno(-int32(w.attr.result)))
	}
	return nil
}
