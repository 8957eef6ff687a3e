package address

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// facts lists the addresses of an interface, of all with index 0.
func (s *socket) facts(index int) ([]fact, error) {
	var list []fact
	err := dump.Whole(func() error {
		list = list[:0]
		var bad error
		err := s.dump(request{typ: unix.RTM_GETADDR, body: func(b []byte) []byte {
			b = append(b, unix.AF_UNSPEC, 0, 0, 0)
			return native.AppendUint32(b, uint32(index))
		}}, func(typ uint16, body []byte) {
			f, err := parseFact(body)
			if err != nil {
				bad = err
			} else if index == 0 || f.index == index { // older kernels list everything
				list = append(list, f)
			}
		})
		return errors.Join(err, bad)
	})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return list, nil
}

// index looks an interface up by name; ENODEV when there is none. Not by netlink: RTM_GETLINK waits for the kernel's
// configuration lock, and a takeover that asks may find somebody else's change holding it.
func (s *socket) index(name string) (int, error) {
	if len(name) > maxLabel {
		return 0, fmt.Errorf("interface %s: %w", name, unix.ENODEV)
	}
	ask, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(s.fd, unix.SIOCGIFINDEX, ask)
	}
	if err != nil {
		return 0, fmt.Errorf("interface %s: %w", name, err)
	}
	return int(ask.Uint32()), nil
}

// link calls f with the attributes of an interface.
func (s *socket) link(index int, f func(attrs []byte)) error {
	body, err := s.get(request{typ: unix.RTM_GETLINK, body: func(b []byte) []byte {
		b = append(b, unix.AF_UNSPEC, 0, 0, 0)
		b = native.AppendUint32(b, uint32(index))
		return append(b, make([]byte, 8)...)
	}})
	if err != nil {
		return err
	}
	f(body[unix.SizeofIfInfomsg:])
	return nil
}

// get asks for one link and returns its message's body, which the next request overwrites.
func (s *socket) get(r request) ([]byte, error) {
	s.seq++
	s.out = appendRequest(s.out[:0], s.seq, 0, r)
	if err := unix.Sendto(s.fd, s.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("netlink send: %w", err)
	}
	for {
		n, err := s.receive()
		if err != nil {
			return nil, err
		}
		var got []byte
		var failed error
		eachMessage(s.in[:n], func(h unix.NlMsghdr, body []byte) {
			switch {
			case h.Seq != s.seq:
			case h.Type == unix.NLMSG_ERROR:
				failed = answer(h, body)
			case len(body) >= unix.SizeofIfInfomsg:
				got = body
			}
		})
		if got != nil || failed != nil {
			return got, failed
		}
	}
}
