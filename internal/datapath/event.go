package datapath

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// advertHeader is the length of an advert record without its datagram.
const advertHeader = int(unsafe.Offsetof(vrrpAdvertEvent{}.Ip))

// kindOf reads the first word of a record, which every kind of record has.
func kindOf(record []byte) vrrpEventKind {
	if len(record) < 4 {
		return 0
	}
	return *(*vrrpEventKind)(unsafe.Pointer(&record[0]))
}

// advert reads an advert record. The datagram still lies in the record.
func (d *Datapath) advert(record []byte) (wire.Datagram, vrrpVerdict, error) {
	if len(record) < advertHeader {
		return wire.Datagram{}, 0, fmt.Errorf("advert record of %d bytes", len(record))
	}
	// The pointer is used for the header's fields only; the array at its end is
	// as long in the record as Length says.
	e := (*vrrpAdvertEvent)(unsafe.Pointer(&record[0]))
	if int(e.Length) != len(record)-advertHeader {
		return wire.Datagram{}, 0, fmt.Errorf("advert record of %d bytes for %d bytes of datagram", len(record), e.Length)
	}
	return wire.Datagram{
		At:        d.clock.timeAt(d.drained, int64(e.ArrivedNs)),
		IfIndex:   int(e.Ifindex),
		SourceMAC: e.SourceMac,
		IP:        record[advertHeader:],
	}, e.Verdict, nil
}

// claim reads a claim record.
func (d *Datapath) claim(record []byte) (Claim, error) {
	if len(record) != int(unsafe.Sizeof(vrrpClaimEvent{})) {
		return Claim{}, fmt.Errorf("claim record of %d bytes", len(record))
	}
	e := (*vrrpClaimEvent)(unsafe.Pointer(&record[0]))
	return Claim{
		At:      d.clock.time(int64(e.ArrivedNs)),
		IfIndex: int(e.Ifindex),
		MAC:     e.Mac,
		Addr:    netipAddress(e.Address, uint8(e.Family)),
		Kind:    e.How,
	}, nil
}

// isDue reports whether a wake record answers the deadline that was set last.
// An older one may still stand in the ring.
func (d *Datapath) isDue(record []byte) bool {
	if len(record) != int(unsafe.Sizeof(vrrpWakeEvent{})) || d.wake.IsZero() {
		return false
	}
	e := (*vrrpWakeEvent)(unsafe.Pointer(&record[0]))
	return int64(e.DeadlineNs) == d.clock.deadline(d.wake)
}

// deadline is a time as the kernel's timers take it: never 0, which disarms them.
func (c clock) deadline(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return max(c.stamp(at), 1)
}
