package accept

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// follow starts to watch for tables that are deleted, once one of ours stands. With f.kernel held.
func (f *Filter) follow() {
	if f.events != nil {
		return
	}
	events, err := subscribe()
	if err != nil {
		f.trouble(fmt.Errorf("packet filter: nobody will tell when table %s is flushed: %w", f.name, err))
		return
	}
	f.events = events
	go f.hear(events)
}

// subscribe opens a socket that hears every change of nftables in this network namespace.
func subscribe() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), "changes of nftables")
	// Bound, since nobody tells a socket without a number anything.
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.NFNLGRP_NFTABLES - 1)}); err != nil {
		return nil, errors.Join(fmt.Errorf("join the group of nftables: %w", err), file.Close())
	}
	return file, nil
}

// hear looks after the table when some table was deleted, or when more happened than could be told.
func (f *Filter) hear(events *os.File) {
	buf := make([]byte, 1<<16)
	for {
		n, err := events.Read(buf)
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return // closed
		}
		if err != nil || deletesTable(buf[:n]) {
			f.putBack()
		}
	}
}

// deletesTable looks through netlink messages; their headers are in host byte order.
func deletesTable(b []byte) bool {
	const header, deletion = unix.SizeofNlMsghdr, unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELTABLE
	for len(b) >= header {
		length := int(binary.NativeEndian.Uint32(b))
		if binary.NativeEndian.Uint16(b[4:]) == deletion {
			return true
		}
		if length = (length + 3) &^ 3; length < header || length > len(b) {
			return false
		}
		b = b[length:]
	}
	return false
}

// putBack makes the table again if it is gone: our own replacing deletes one, too.
func (f *Filter) putBack() {
	f.kernel.Lock()
	gone := false
	if !f.closed && f.stands {
		if _, err := f.conn.ListTableOfFamily(f.name, nftables.TableFamilyINet); err != nil {
			gone, f.stands = true, false
			clear(f.have)
		}
	}
	f.kernel.Unlock()
	if !gone {
		return
	}
	f.trouble(fmt.Errorf("packet filter: somebody flushed table %s: putting it back", f.name))
	if err := f.commit(); err != nil {
		f.trouble(err)
	}
}
