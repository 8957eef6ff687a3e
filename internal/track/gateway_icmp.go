package track

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// ICMP types of the echo.
const (
	icmpEcho, icmpReply   = 8, 0
	icmp6Echo, icmp6Reply = 128, 129
)

// echoEvery is how often the question is asked again within one check.
const echoEvery = 200 * time.Millisecond

// echo asks by ICMP until the context ends.
func echo(ctx context.Context, h neighbor) error {
	network, local, ask, answer := "ip4:icmp", "0.0.0.0", byte(icmpEcho), byte(icmpReply)
	if h.addr.Is6() {
		network, local, ask, answer = "ip6:ipv6-icmp", "::", icmp6Echo, icmp6Reply
	}
	conn, err := net.ListenPacket(network, local)
	if err != nil {
		return fmt.Errorf("icmp: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	question := echoMessage(ask, rand.Uint64())
	to := &net.IPAddr{IP: h.addr.AsSlice()}
	if h.addr.IsLinkLocalUnicast() && h.addr.Is6() {
		to.Zone = h.iface.Name
	}
	buf := make([]byte, 1500)
	for ctx.Err() == nil {
		if _, err := conn.WriteTo(question, to); err != nil {
			return fmt.Errorf("icmp: %w", err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(echoEvery)); err != nil {
			return fmt.Errorf("icmp: %w", err)
		}
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				break // time to ask again
			}
			// Behind type, code and checksum the answer repeats the question.
			if n == len(question) && buf[0] == answer && bytes.Equal(buf[4:n], question[4:]) && sameAddr(from, h.addr) {
				return nil
			}
		}
	}
	return fmt.Errorf("icmp: %w", ctx.Err())
}

func sameAddr(from net.Addr, want netip.Addr) bool {
	ip, ok := from.(*net.IPAddr)
	if !ok {
		return false
	}
	got, ok := netip.AddrFromSlice(ip.IP)
	return ok && got.Unmap() == want
}

// echoMessage is an echo request; the kernel fills in the checksum of ICMPv6.
func echoMessage(kind byte, token uint64) []byte {
	b := make([]byte, 16)
	b[0] = kind
	binary.BigEndian.PutUint64(b[8:], token)
	copy(b[4:8], b[12:16]) // identifier and sequence
	binary.BigEndian.PutUint16(b[2:], checksum(b))
	return b
}

// checksum is RFC 1071's; b has an even length.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
