package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// askEvery is how often the judge asks who has the address.
const askEvery = 5 * time.Millisecond

// bridged is how many questions in a row an owner may leave unanswered: on a
// machine that does many things at once an answer may come behind the next
// question.
const bridged = 3

// asking is the judge's questions under way.
type asking struct {
	fd         int
	stop, done chan struct{}
}

// ask lets the judge ask by ARP, every few milliseconds and to all, who has the
// virtual address, as any third host would.
func (p *pair) ask() (*asking, error) {
	a := &asking{fd: -1, stop: make(chan struct{}), done: make(chan struct{})}
	var mac [6]byte
	index := 0
	if err := p.judge.Do(func() (err error) {
		a.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	}); err != nil {
		return nil, fmt.Errorf("packet socket of the judge: %w", err)
	}
	l, err := p.judge.Link(link(0))
	if err != nil {
		return nil, join(err, unix.Close(a.fd))
	}
	copy(mac[:], l.Attrs().HardwareAddr)
	index = l.Attrs().Index
	go a.run(question(mac, address(0, 9), virtual(0, vrid)), index)
	return a, nil
}

// run asks on a real-time thread of its own, which ends with the goroutine.
func (a *asking) run(frame []byte, index int) {
	defer close(a.done)
	runtime.LockOSThread()
	if err := fifo(40); err != nil {
		fmt.Fprintln(os.Stderr, "the questions are as late as the machine:", err)
	}
	to := &unix.SockaddrLinklayer{Ifindex: index}
	for at := monotonic(); ; {
		select {
		case <-a.stop:
			return
		default:
		}
		// What is not asked is not judged.
		_ = unix.Sendto(a.fd, frame, 0, to)
		at = max(at+int64(askEvery), monotonic())
		next := unix.NsecToTimespec(at)
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &next, nil) // awake too early, it asks once more
	}
}

func (a *asking) close() error {
	close(a.stop)
	<-a.done
	return unix.Close(a.fd)
}

// question is an ARP request (RFC 826) as a whole frame.
func question(from [6]byte, sender, target netip.Addr) []byte {
	f := make([]byte, arpLen)
	for i := range 6 {
		f[i] = 0xff
	}
	copy(f[6:], from[:])
	binary.BigEndian.PutUint16(f[12:], etherARP)
	copy(f[etherLen:], []byte{0, 1, 8, 0, 6, 4, 0, 1})
	copy(f[arpSender:], from[:])
	s, t := sender.As4(), target.As4()
	copy(f[arpSendsIP:], s[:])
	copy(f[arpSendsIP+10:], t[:])
	return f
}

// answerer tells an ARP reply for the address, and whose it is.
func answerer(f lab.Frame, of netip.Addr) (mac [6]byte, ok bool) {
	if f.Out || len(f.Data) < arpLen || binary.BigEndian.Uint16(f.Data[12:]) != etherARP || f.Data[etherLen+7] != 2 {
		return mac, false
	}
	return [6]byte(f.Data[arpSender:]), [4]byte(f.Data[arpSendsIP:]) == of.As4()
}

// answersFrom are the times of a host's answers.
func answersFrom(frames []lab.Frame, of netip.Addr, from [6]byte) (at []time.Time) {
	for _, f := range frames {
		if mac, ok := answerer(f, of); ok && mac == from {
			at = append(at, f.At)
		}
	}
	return at
}

// owners is what the judge saw of a row.
type owners struct {
	most, end int           // owners at once, and at the end
	two, none time.Duration // longest with two, longest with none
}

// judgeOwners reads questions and answers between two times: whose answers came
// before the next question, or in a later one's time for want of a processor.
// It counts questions, so that what was not asked counts for nothing.
func judgeOwners(frames []lab.Frame, of netip.Addr, begin, end time.Time) (o owners) {
	var asked []time.Time
	answered := map[[6]byte][]bool{} // by question
	for _, f := range frames {
		if f.At.Before(begin) || f.At.After(end) {
			continue
		}
		if isQuestion(f, of) {
			asked = append(asked, f.At)
		}
		if mac, ok := answerer(f, of); ok && len(asked) > 0 {
			list := answered[mac]
			answered[mac] = append(list, make([]bool, len(asked)-len(list))...)
			answered[mac][len(asked)-1] = true
		}
	}
	many := make([]int, len(asked)) // owners at each question
	for _, list := range answered {
		for i, owns := range bridge(append(list, make([]bool, len(asked)-len(list))...)) {
			if owns {
				many[i]++
			}
		}
	}
	o.two = longest(asked, many, func(n int) bool { return n > 1 })
	o.none = longest(asked, many, func(n int) bool { return n == 0 })
	for _, n := range many {
		o.most = max(o.most, n)
	}
	if len(many) > bridged { // the last answers may be under way
		o.end = many[len(many)-1-bridged]
	}
	return o
}

// bridge closes the short gaps between two answers.
func bridge(owns []bool) []bool {
	last := -1
	for i, yes := range owns {
		if !yes {
			continue
		}
		if last >= 0 && i-last <= bridged+1 {
			for k := last + 1; k < i; k++ {
				owns[k] = true
			}
		}
		last = i
	}
	return owns
}

// longest is the longest time in which something was so at every question.
func longest(asked []time.Time, many []int, so func(int) bool) (most time.Duration) {
	first := -1
	for i, n := range many {
		switch {
		case !so(n):
			first = -1
			continue
		case first < 0:
			first = i
		}
		most = max(most, asked[i].Sub(asked[first])+askEvery)
	}
	return most
}

// isQuestion tells the judge's own question on its way out.
func isQuestion(f lab.Frame, of netip.Addr) bool {
	return f.Out && len(f.Data) >= arpLen && binary.BigEndian.Uint16(f.Data[12:]) == etherARP && f.Data[etherLen+7] == 1 &&
		[4]byte(f.Data[arpSendsIP+10:]) == of.As4() && [4]byte(f.Data[arpSendsIP:]) == address(0, 9).As4()
}
