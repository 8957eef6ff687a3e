package stamp

import (
	"encoding/binary"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestArrival(t *testing.T) {
	oob := make([]byte, unix.CmsgSpace(16))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	h.Level, h.Type = unix.SOL_SOCKET, unix.SO_TIMESTAMPNS
	h.SetLen(unix.CmsgLen(16))
	at := time.Now().Add(-time.Hour)
	binary.NativeEndian.PutUint64(oob[unix.CmsgLen(0):], uint64(at.Unix()))
	binary.NativeEndian.PutUint64(oob[unix.CmsgLen(0)+8:], uint64(at.Nanosecond()))
	// Between the two readings of the wall clock nobody sets it by a second.
	if off := Arrival(oob).Sub(at); off.Abs() > time.Second {
		t.Errorf("an hour ago is read %v off", off)
	}
	if age := time.Since(Arrival(nil)); age > time.Minute {
		t.Errorf("without a stamp: %v ago", age)
	}
}
