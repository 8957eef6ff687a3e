package doctor

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// openRaw opens a raw IP socket in the thread's network.
func openRaw() (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 112)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "raw")
	defer file.Close() // FilePacketConn has a copy
	link, err := net.InterfaceByName("eth0")
	if err != nil {
		return nil, err
	}
	mreq := &unix.IPMreqn{Multiaddr: [4]byte{224, 0, 0, 18}, Ifindex: int32(link.Index)}
	if err := unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreq); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, mreq); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0); err != nil {
		return nil, err
	}
	return net.FilePacketConn(file)
}
