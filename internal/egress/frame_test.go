package egress

import (
	"bytes"
	"testing"
)

// datagram4 builds a datagram of protocol 112 with n bytes behind its header.
func datagram4(dst [4]byte, n int) []byte {
	b := make([]byte, 20+n)
	copy(b, []byte{0x45, 0xc0, byte(len(b) >> 8), byte(len(b)), 0, 1, 0, 0, 255, 112, 0, 0, 192, 0, 2, 1})
	copy(b[16:], dst[:])
	for i := 20; i < len(b); i++ {
		b[i] = byte(i)
	}
	return b
}

// datagram6 builds a datagram of protocol 112 with n bytes behind its header.
func datagram6(dst [16]byte, n int) []byte {
	b := make([]byte, 40+n)
	copy(b, []byte{0x60, 0, 0, 0, byte(n >> 8), byte(n), 112, 255, 0xfe, 0x80})
	b[23] = 1
	copy(b[24:], dst[:])
	for i := 40; i < len(b); i++ {
		b[i] = byte(i)
	}
	return b
}

var (
	group4 = [4]byte{224, 0, 0, 18}
	group6 = [16]byte{0: 0xff, 1: 2, 15: 0x12}
)

func TestGroupMAC(t *testing.T) {
	for _, c := range []struct {
		name string
		ip   []byte
		want []byte // nil: not a group
	}{
		{"VRRP", datagram4(group4, 20), []byte{1, 0, 0x5e, 0, 0, 0x12}},
		{"the top bit of 23 is dropped", datagram4([4]byte{239, 255, 1, 2}, 0), []byte{1, 0, 0x5e, 0x7f, 1, 2}},
		{"VRRP over IPv6", datagram6(group6, 24), []byte{0x33, 0x33, 0, 0, 0, 0x12}},
		{"all 32 bits", datagram6([16]byte{0: 0xff, 1: 8, 12: 1, 13: 2, 14: 3, 15: 4}, 0), []byte{0x33, 0x33, 1, 2, 3, 4}},
		{"a host", datagram4([4]byte{192, 0, 2, 9}, 0), nil},
		{"the broadcast address", datagram4([4]byte{255, 255, 255, 255}, 0), nil},
		{"an IPv6 host", datagram6([16]byte{0: 0xfe, 1: 0x80, 15: 2}, 0), nil},
		{"cut short", datagram4(group4, 0)[:19], nil},
		{"IPv6 cut short", datagram6(group6, 0)[:39], nil},
		{"no IP", []byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n1234"), nil},
		{"nothing", nil, nil},
	} {
		mac, ok := groupMAC(c.ip)
		if ok != (c.want != nil) || ok && !bytes.Equal(mac[:], c.want) {
			t.Errorf("%s: %x, %v; want %x", c.name, mac, ok, c.want)
		}
	}
}
