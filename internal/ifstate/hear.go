package ifstate

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// heardAtOnce bounds a burst, so that a flood of changes is told while it goes on.
const heardAtOnce = 1000

// hear waits for messages and takes in all that are there, then tells whose addresses changed. ENOBUFS says that some were
// lost.
func (w *Watcher) hear() error {
	changed := map[int]bool{}
	var failed error
	err := w.conn.Read(func(fd uintptr) bool {
		var heard bool
		heard, failed = w.receive(int(fd), func(typ uint16, body []byte) {
			if index := w.change(typ, body); index != 0 {
				changed[index] = true
			}
		})
		return heard || failed != nil
	})
	for index := range changed {
		w.tellAddresses(index)
	}
	return errors.Join(err, failed)
}

// receive hands on the messages that are there, without waiting.
func (w *Watcher) receive(fd int, each func(typ uint16, body []byte)) (heard bool, err error) {
	for range heardAtOnce {
		n, from, err := unix.Recvfrom(fd, w.buf, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return heard, nil
		case err != nil:
			return heard, err
		}
		heard = true
		if a, ok := from.(*unix.SockaddrNetlink); !ok || a.Pid != 0 {
			continue // not from the kernel
		}
		msgs, err := syscall.ParseNetlinkMessage(w.buf[:n])
		if err != nil {
			return heard, err
		}
		for _, m := range msgs {
			each(m.Header.Type, m.Data)
		}
	}
	return heard, nil
}

// change takes in one message and tells of links at once, since a flap that is over must be told as well. It returns the link
// whose addresses changed, to be told when a whole burst is in.
func (w *Watcher) change(typ uint16, body []byte) (ifindex int) {
	index, err := w.take(typ, body)
	switch {
	case err != nil:
		w.trouble(err)
		return 0
	case typ == unix.RTM_NEWLINK:
		w.tellLink(index)
	case typ == unix.RTM_DELLINK:
		if _, ok := w.now.links[index]; !ok {
			w.tellGone(index)
		}
	}
	return index
}

// take brings the picture up to date by one message and returns the index of its link, 0 when it says nothing.
func (w *Watcher) take(typ uint16, body []byte) (index int, err error) {
	switch typ {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		// Bridges tell of their ports with a family of their own.
		if len(body) < unix.SizeofIfInfomsg || body[0] != unix.AF_UNSPEC {
			return 0, nil
		}
		l, err := linkOf(body)
		if err != nil {
			return 0, err
		}
		if typ == unix.RTM_DELLINK {
			w.now.deleteLink(l.Index)
		} else {
			w.now.links[l.Index] = l
		}
		return l.Index, nil
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		index, a, err := addressOf(body)
		if err != nil {
			return 0, err
		}
		if typ == unix.RTM_DELADDR {
			w.now.deleteAddress(index, a)
		} else {
			w.now.setAddress(index, a)
		}
		return index, nil
	}
	return 0, nil
}

// sync makes the picture anew. What waits to be heard is older than the answers and is thrown away; what comes meanwhile is
// taken in, without telling, so that the picture never goes back to what is over.
func (w *Watcher) sync() error {
	if err := w.drain(func(uint16, []byte) {}); err != nil && !errors.Is(err, unix.ENOBUFS) {
		return fmt.Errorf("list links and addresses: %w", err)
	}
	w.now = newPicture()
	for _, q := range []struct {
		ask, answer uint16
		body        nl.NetlinkRequestData
	}{
		{unix.RTM_GETLINK, unix.RTM_NEWLINK, nl.NewIfInfomsg(unix.AF_UNSPEC)},
		{unix.RTM_GETADDR, unix.RTM_NEWADDR, nl.NewIfAddrmsg(unix.AF_UNSPEC)},
	} {
		msgs, err := w.dump(q.ask, q.answer, q.body)
		if err != nil {
			return fmt.Errorf("list links and addresses: %w", err)
		}
		for _, m := range msgs {
			if _, err := w.take(q.answer, m); err != nil {
				return fmt.Errorf("list links and addresses: %w", err)
			}
		}
	}
	err := w.drain(func(typ uint16, body []byte) {
		if _, err := w.take(typ, body); err != nil {
			w.trouble(err)
		}
	})
	if err != nil {
		return fmt.Errorf("list links and addresses: %w", err)
	}
	return nil
}

// drain hands on everything that waits to be heard.
func (w *Watcher) drain(each func(typ uint16, body []byte)) error {
	var failed error
	err := w.conn.Control(func(fd uintptr) {
		for heard := true; heard && failed == nil; {
			heard, failed = w.receive(int(fd), each)
		}
	})
	return errors.Join(err, failed)
}

// dump asks for a list, again when a change interrupts it.
func (w *Watcher) dump(ask, answer uint16, body nl.NetlinkRequestData) ([][]byte, error) {
	return dump.List(func() ([][]byte, error) {
		req := nl.NewNetlinkRequest(int(ask), unix.NLM_F_DUMP)
		req.Sockets = w.asks
		req.AddData(body)
		return req.Execute(unix.NETLINK_ROUTE, answer)
	})
}
