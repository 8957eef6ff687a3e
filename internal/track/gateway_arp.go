package track

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// arp asks by ARP until the context ends. It goes past every firewall.
func arp(ctx context.Context, h neighbor) error {
	if !h.src.IsValid() {
		return errors.New("arp: no address of ours on the link")
	}
	proto := htons(unix.ETH_P_ARP)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(proto))
	if err != nil {
		return fmt.Errorf("arp: %w", err)
	}
	f := os.NewFile(uintptr(fd), "arp")
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.Close() })()
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: h.iface.Index}); err != nil {
		return fmt.Errorf("arp: %w", err)
	}
	to := &unix.SockaddrLinklayer{Protocol: proto, Ifindex: h.iface.Index, Halen: 6}
	copy(to.Addr[:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	buf := make([]byte, 128)
	for ctx.Err() == nil {
		if err := sendTo(f, arpRequest(h), to); err != nil {
			return fmt.Errorf("arp: %w", err)
		}
		if err := f.SetReadDeadline(time.Now().Add(echoEvery)); err != nil {
			return fmt.Errorf("arp: %w", err)
		}
		for {
			n, err := f.Read(buf)
			if err != nil {
				break // time to ask again
			}
			if isReply(buf[:n], h.addr) {
				return nil
			}
		}
	}
	return fmt.Errorf("arp: %w", ctx.Err())
}

// sendTo uses the descriptor only while the file is open.
func sendTo(f *os.File, b []byte, to unix.Sockaddr) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	if err := raw.Control(func(fd uintptr) { sendErr = unix.Sendto(int(fd), b, 0, to) }); err != nil {
		return err
	}
	return sendErr
}

// arpRequest is RFC 826: who has h.addr, tell h.src.
func arpRequest(h neighbor) []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, 1} // Ethernet, IPv4, lengths, request
	b = append(b, h.iface.HardwareAddr...)
	b = append(b, h.src.AsSlice()...)
	b = append(b, make([]byte, 6)...)
	return append(b, h.addr.AsSlice()...)
}

func isReply(b []byte, from netip.Addr) bool {
	return len(b) >= 28 && bytes.Equal(b[:8], []byte{0, 1, 8, 0, 6, 4, 0, 2}) &&
		bytes.Equal(b[14:18], from.AsSlice())
}

func htons(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
