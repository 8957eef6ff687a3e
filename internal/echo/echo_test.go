package echo

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// route opens a netlink socket that belongs to the groups, and tells its port.
func route(t *testing.T, groups uint32) (fd int, port uint32) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, sa.(*unix.SockaddrNetlink).Pid
}

// change asks for an address to be added or deleted and waits for the answer.
func change(t *testing.T, fd int, typ uint16, index int, last byte) {
	t.Helper()
	flags := uint16(unix.NLM_F_REQUEST | unix.NLM_F_ACK)
	if typ == unix.RTM_NEWADDR {
		flags |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
	}
	b := native(nil, 40, typ, flags)
	b = append(b, unix.AF_INET, 32, 0, 0, byte(index), byte(index>>8), 0, 0)
	for _, attr := range []byte{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		b = append(b, 8, 0, attr, 0, 192, 0, 2, last)
	}
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil || n < 20 || answer[4] != unix.NLMSG_ERROR || answer[16]|answer[17] != 0 {
		t.Fatalf("answer % x, %v", answer[:n], err)
	}
}

func native(b []byte, length uint32, typ, flags uint16) []byte {
	return append(b, byte(length), 0, 0, 0, byte(typ), 0, byte(flags), byte(flags>>8), 1, 0, 0, 0, 0, 0, 0, 0)
}

func TestIgnore(t *testing.T) {
	h := testnet.New(t).Host("h")
	h.Veth("eth0", "wire")
	index := h.Index("eth0")
	h.Do(func() {
		ours, port := route(t, 0)
		theirs, _ := route(t, 0)
		ear, _ := route(t, 1<<(unix.RTNLGRP_IPV4_IFADDR-1))
		tv := unix.Timeval{Sec: 20}
		if err := errors.Join(Ignore(ear, port), unix.SetsockoptTimeval(ear, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)); err != nil {
			t.Fatal(err)
		}
		change(t, ours, unix.RTM_NEWADDR, index, 1)   // ours: not heard
		change(t, theirs, unix.RTM_NEWADDR, index, 2) // somebody's
		change(t, ours, unix.RTM_DELADDR, index, 2)
		change(t, theirs, unix.RTM_DELADDR, index, 1)
		for _, want := range []uint16{unix.RTM_NEWADDR, unix.RTM_DELADDR, unix.RTM_DELADDR} {
			b := make([]byte, 4096)
			n, _, err := unix.Recvfrom(ear, b, 0)
			if err != nil || n < 44 {
				t.Fatalf("%d bytes, %v", n, err)
			}
			// After the two headers comes the address: 4 bytes of the first attribute's own, then its value.
			got, last := uint16(b[4]), b[16+8+4+3]
			if got != want {
				t.Errorf("heard type %d of address .%d, want type %d", got, last, want)
			}
			if got == unix.RTM_NEWADDR && last != 2 {
				t.Errorf("heard of our own address .%d", last)
			}
		}
	})
}
