package stamp

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// Arrival is the kernel's stamp of the wall clock (SO_TIMESTAMPNS) in the control
// messages of a recvmsg, carried over to Go's monotonic clock so that differences
// are true when the wall clock is set. Without a stamp it is now.
func Arrival(oob []byte) time.Time {
	now := time.Now()
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return now
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			s, ns := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			return now.Add(-now.Round(0).Sub(time.Unix(int64(s), int64(ns))))
		}
	}
	return now
}
