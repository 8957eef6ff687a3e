package datapath

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Sink is told what came in. All methods are called on the thread of Run, one
// at a time; they must not block.
type Sink interface {
	// Datagram hands over one advert. d.IP lies in the kernel's ring and is
	// valid only during the call. Of the adverts that the kernel refused a few
	// each second come too, so that the refusal can be told to people.
	Datagram(d wire.Datagram)
	// Foreign hands over an advert for no virtual router on its interface that
	// lists a virtual address watched there: somebody else has it, too. Of many,
	// a few each second come.
	Foreign(d wire.Datagram)
	// Wakeup says that the time given to Wake has come. Every advert that
	// arrived before has been handed over already.
	Wakeup(now time.Time)
	// Interrupted answers one or more calls of Interrupt.
	Interrupted()
	// Claim reports that another host uses a watched virtual address.
	Claim(c Claim)
}
