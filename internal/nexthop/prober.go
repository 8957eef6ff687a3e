package nexthop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/netspace"
)

// prober asks for a neighbour's Ethernet address on its own, by ARP or by
// neighbour solicitation, past every firewall in both directions: the question
// leaves and the answer comes through a packet socket. It goes beside the
// kernel's own resolution, which a firewall can stop and a busy host delay.
type prober struct {
	answered func(way, [6]byte)
	ns       netspace.Namespace // where the sockets are opened; the resolver's
	mu       sync.Mutex
	ears     map[ear]*packet.Conn
	closed   bool
	running  sync.WaitGroup
}

// ear is one open socket.
type ear struct {
	ifindex int
	family  uint8
}

// listenFor is how long a socket waits for an answer to the latest question.
const listenFor = 3 * time.Second

func newProber(ns netspace.Namespace, answered func(way, [6]byte)) *prober {
	return &prober{ns: ns, answered: answered, ears: map[ear]*packet.Conn{}}
}

// ask sends one question. That it could not be sent is no news: the target is
// unresolved already, and asked for again in a moment.
func (p *prober) ask(w way, source netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		_ = p.ns.Do(func() error { return p.send(w, source) })
	}
}

func (p *prober) send(w way, source netip.Addr) error {
	conn, err := p.open(ear{w.ifindex, family(w.via)})
	if err != nil {
		return err
	}
	mac, err := macOf(conn)
	if err != nil {
		return err
	}
	question, to, err := questionFor(w, source, mac)
	if err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(listenFor)); err != nil {
		return err
	}
	_, err = conn.WriteTo(question, &packet.Addr{HardwareAddr: to})
	return err
}

// macOf asks the socket for its interface's address, which unlike netlink never
// waits for the kernel's configuration lock.
func macOf(conn *packet.Conn) (net.HardwareAddr, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var addr unix.Sockaddr
	var failed error
	if err := raw.Control(func(fd uintptr) { addr, failed = unix.Getsockname(int(fd)) }); err != nil {
		return nil, err
	}
	l, ok := addr.(*unix.SockaddrLinklayer)
	if failed != nil || !ok || l.Halen != 6 {
		return nil, errors.Join(failed, errors.New("no Ethernet interface"))
	}
	return net.HardwareAddr(l.Addr[:6]), nil
}

// open gives the socket for an interface and family, and starts to listen on a new one.
func (p *prober) open(e ear) (*packet.Conn, error) {
	if conn := p.ears[e]; conn != nil {
		return conn, nil
	}
	protocol, cfg := unix.ETH_P_ARP, &packet.Config{}
	if e.family == unix.AF_INET6 {
		protocol = unix.ETH_P_IPV6
		var err error
		if cfg.Filter, err = bpf.Assemble(advertisements); err != nil {
			return nil, fmt.Errorf("listen on interface %d: %w", e.ifindex, err)
		}
	}
	conn, err := packet.Listen(&net.Interface{Index: e.ifindex}, packet.Datagram, protocol, cfg)
	if err != nil {
		return nil, fmt.Errorf("listen on interface %d: %w", e.ifindex, err)
	}
	p.ears[e] = conn
	p.running.Add(1)
	go p.hear(e, conn)
	return conn, nil
}

// advertisements is a socket filter that passes neighbour advertisements
// (ICMPv6 type 136 right behind the IPv6 header) and nothing else: the socket
// would be handed all IPv6 traffic of the interface.
var advertisements = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 6, Size: 1}, // next header
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMPV6, SkipFalse: 3},
	bpf.LoadAbsolute{Off: 40, Size: 1}, // ICMPv6 type
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 136, SkipFalse: 1},
	bpf.RetConstant{Val: 1 << 16},
	bpf.RetConstant{Val: 0},
}

// hear reads answers until nobody asked for a while.
func (p *prober) hear(e ear, conn *packet.Conn) {
	defer p.running.Done()
	buf := make([]byte, 2048)
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			p.mu.Lock()
			delete(p.ears, e)
			p.mu.Unlock()
			conn.Close()
			return
		}
		if addr, mac, ok := answerIn(e.family, buf[:n]); ok {
			p.answered(way{via: addr, ifindex: e.ifindex}, mac)
		}
	}
}

func (p *prober) close() {
	p.mu.Lock()
	p.closed = true
	for _, conn := range p.ears {
		conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}
