package survey

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/packet"
)

// Answer is one Ethernet address that answers for an IP address.
type Answer struct {
	MAC  MAC           `json:"mac"`
	Took time.Duration `json:"took"` // from the latest question to the first answer
	At   time.Time     `json:"at"`
	// Count is how many answers came: several questions were asked.
	Count int `json:"count"`
	// Unasked: it was never an answer, only an announcement heard meanwhile.
	Unasked bool `json:"unasked,omitempty"`
	// Local: this host holds the address itself. It does not answer itself.
	Local bool `json:"local,omitempty"`
	// Router is the R flag of an IPv6 answer.
	Router bool `json:"router,omitempty"`
}

// questions is how often is asked: one frame may be lost.
const questions = 3

// Who asks on an interface who has an address, by ARP or neighbour
// solicitation, and collects every answer that comes within the time given, in the
// order of their coming. Nobody answering is no error. It needs CAP_NET_RAW.
func Who(ctx context.Context, ifindex int, addr netip.Addr, within time.Duration) ([]Answer, error) {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || addr.IsMulticast() || addr.IsUnspecified() {
		return nil, fmt.Errorf("who has %v: not the address of a host", addr)
	}
	link, err := net.InterfaceByIndex(ifindex)
	if err != nil {
		return nil, fmt.Errorf("who has %v: interface %d: %w", addr, ifindex, err)
	}
	a, err := newAsker(link, addr)
	if err != nil {
		return nil, fmt.Errorf("who has %v: %w", addr, err)
	}
	defer a.conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = a.conn.SetReadDeadline(time.Unix(1, 0)) }) // fails only when closed
	defer stop()
	if err := a.ask(ctx, within); err != nil {
		return a.answers, fmt.Errorf("who has %v on %s: %w", addr, link.Name, err)
	}
	return a.answers, ctx.Err()
}

// asker is one run of Who.
type asker struct {
	link    *net.Interface
	addr    netip.Addr
	conn    *packet.Conn
	asked   time.Time // the latest question
	nobody  bool      // it was asked without an address of ours: answers go to all nodes
	answers []Answer
}

func newAsker(link *net.Interface, addr netip.Addr) (*asker, error) {
	if len(link.HardwareAddr) != 6 {
		return nil, fmt.Errorf("%s is no Ethernet interface", link.Name)
	}
	conn, err := listen(link, addr)
	if err != nil {
		return nil, err
	}
	a := &asker{link: link, addr: addr, conn: conn}
	if mac, ok := holder(addr); ok {
		a.answers = append(a.answers, Answer{MAC: mac, At: time.Now(), Local: true})
	}
	return a, nil
}

// ask sends the questions in the first half of the time and listens to its end.
func (a *asker) ask(ctx context.Context, within time.Duration) error {
	end := time.Now().Add(within)
	for n := range questions {
		if err := a.send(n); err != nil {
			return err
		}
		until := end
		if n < questions-1 {
			until = time.Now().Add(within / (2 * (questions - 1)))
		}
		if err := a.listen(ctx, until); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

func (a *asker) send(n int) error {
	payload, to, err := a.question(n)
	if err != nil {
		return err
	}
	a.asked = time.Now()
	_, err = a.conn.WriteTo(payload, &packet.Addr{HardwareAddr: to})
	return err
}

// listen collects answers until the given time.
func (a *asker) listen(ctx context.Context, until time.Time) error {
	if err := a.conn.SetReadDeadline(until); err != nil {
		return err
	}
	buf := make([]byte, 2048)
	for ctx.Err() == nil {
		n, from, err := a.conn.ReadFrom(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return err
		}
		if f, ok := from.(*packet.Addr); ok && len(f.HardwareAddr) == 6 {
			a.hear(buf[:n], MAC(f.HardwareAddr), time.Now())
		}
	}
	return nil
}

// hear notes an answer, one line for each MAC.
func (a *asker) hear(payload []byte, from MAC, now time.Time) {
	c, ok := claimIn(a.addr.Is6(), payload, from)
	if !ok || c.Addr != a.addr {
		return
	}
	got := Answer{MAC: c.MAC, Took: now.Sub(a.asked), At: now, Count: 1, Unasked: c.Kind != Reply && !a.nobody, Router: c.Router}
	for i := range a.answers {
		known := &a.answers[i]
		if known.MAC != c.MAC || known.Local {
			continue
		}
		if known.Unasked && !got.Unasked {
			got.Count += known.Count
			*known = got
		} else {
			known.Count++
		}
		return
	}
	a.answers = append(a.answers, got)
}

// holder finds the interface of this host that holds the address.
func holder(addr netip.Addr) (mac MAC, ok bool) {
	links, err := net.Interfaces()
	if err != nil {
		return mac, false
	}
	for i := range links {
		for _, p := range prefixes(&links[i]) {
			if p.Addr() == addr {
				copy(mac[:], links[i].HardwareAddr)
				return mac, true
			}
		}
	}
	return mac, false
}

// prefixes are the addresses of an interface with their lengths.
func prefixes(link *net.Interface) (list []netip.Prefix) {
	addrs, err := link.Addrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()))
		}
	}
	return list
}
