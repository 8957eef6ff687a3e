package pulse

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slots is the number of virtual routers that the file has room for: what the
// kernel program can hold.
const slots = 4096

// head is the first slot's worth of the file.
type head struct {
	// where is the sum of the format, the boot and the network namespace:
	// elsewhere the beats mean nothing.
	where [32]byte
	// slept is CLOCK_BOOTTIME minus CLOCK_MONOTONIC, not older than refresh.
	slept int64
	_     [24]byte
}

// slot is one virtual router.
type slot struct {
	key    [32]byte // sum of the name, zero: free
	beat   int64    // CLOCK_MONOTONIC of the last advert as master, 0: not master
	since  int64    // Unix nanoseconds: master since
	window int64    // how long after the beat no peer has missed anything
	kernel uint64   // 1: the kernel program hears for the router
}

// layout is the whole file.
type layout struct {
	head  head
	slots [slots]slot
}

const size = int(unsafe.Sizeof(layout{}))

// refresh is how often the head is brought up to date by a beat.
const refresh = int64(time.Second)

// sleepBound is by how much two readings of two clocks may differ without a
// sleep of the machine.
const sleepBound = int64(100 * time.Millisecond)

func sum(name string) [32]byte { return sha256.Sum256([]byte(name)) }

// here identifies the format, the boot and the network namespace.
func here() ([32]byte, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return [32]byte{}, err
	}
	network, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return [32]byte{}, err
	}
	return sum(fmt.Sprintf("xvrrp-pulse 1 %s %s", strings.TrimSpace(string(boot)), network)), nil
}

func readClock(id int32) int64 {
	var ts unix.Timespec
	// It cannot fail for the two clocks that we ask for.
	_ = unix.ClockGettime(id, &ts)
	return ts.Nano()
}

func slept() int64 { return readClock(unix.CLOCK_BOOTTIME) - readClock(unix.CLOCK_MONOTONIC) }
