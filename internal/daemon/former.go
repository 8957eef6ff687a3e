package daemon

import (
	"net"
	"slices"
	"sync"
	"time"
)

// former is what is known of the Ethernet addresses of the router that was
// master last: where its adverts came from, and which ones answered for the
// addresses meanwhile. With bonds and virtual MACs they need not be the same.
type former struct {
	mu     sync.Mutex
	mac    [6]byte // of its last advert
	at     time.Time
	others [][6]byte // which claimed the addresses while it sent adverts, the newest last
}

// mostOthers bounds what is remembered of them.
const mostOthers = 4

// advert notes where an advert came from. Loop thread.
func (f *former) advert(mac [6]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mac != mac {
		f.mac, f.others = mac, f.others[:0]
	}
	f.at = time.Now()
}

// claims notes who claims the addresses while adverts come in. Loop thread.
func (f *former) claims(mac [6]byte, silence time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mac == [6]byte{} || f.mac == mac || time.Since(f.at) > silence || slices.Contains(f.others, mac) {
		return
	}
	if len(f.others) == mostOthers {
		f.others = append(f.others[:0], f.others[1:]...)
	}
	f.others = append(f.others, mac)
}

// heard is where the last advert came from, "" when none did.
func (f *former) heard() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mac == [6]byte{} {
		return ""
	}
	return net.HardwareAddr(f.mac[:]).String()
}

// last is where to ask it.
func (f *former) last() [6]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.others); n > 0 {
		return f.others[n-1]
	}
	return f.mac
}

// stranger reports whether an Ethernet address is known not to be its. Where no
// advert was ever heard nobody is.
func (f *former) stranger(mac [6]byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mac != [6]byte{} && f.mac != mac && !reservedMAC(mac) && !slices.Contains(f.others, mac)
}

// reservedMAC reports whether an address is one of those that VRRP reserves
// (RFC 9568 section 7.3): whoever is master has it.
func reservedMAC(mac [6]byte) bool {
	return mac[0] == 0 && mac[1] == 0 && mac[2] == 0x5e && mac[3] == 0 && (mac[4] == 1 || mac[4] == 2)
}
