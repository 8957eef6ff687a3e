package test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// flooded is a pair with a judge on a port that junk does not reach.
type flooded struct {
	*lan
	judge *node
	pair  []*testnet.Process // a, b
}

const floodInterval = 100 * time.Millisecond

func newFlooded(t *testing.T, start func(n *node, priority int) *testnet.Process) *flooded {
	t.Helper()
	f := &flooded{lan: newLAN(t, peersNetwork)}
	f.judge = f.node("judge", peersNetwork, 8)
	f.sw.Drop(f.c.port, f.judge.port, 0)
	f.pair = []*testnet.Process{start(f.a, 200)}
	f.owned(peersVIP, "a", 15*time.Second)
	f.pair = append(f.pair, start(f.b, 100))
	f.stays(peersVIP, "a", time.Second)
	return f
}

// junk is a kind of frames, made for the i-th time.
type junk struct {
	name string
	make func(i int) []byte
	// believed: the protocol gives it to anybody to say this, and it is heeded.
	// A backup may then be master for a moment; it must not stay.
	believed bool
}

// junkAdvert is a good one of our virtual router in all but what change does.
func junkAdvert(source string, change func(a *wire.Advert), bend ...func(frame []byte)) []byte {
	a := wire.Advert{
		Version: wire.V3, VRID: 51, Priority: 50, Interval: floodInterval,
		Src: netip.MustParseAddr(source), Dst: wire.Group(wire.IPv4),
		Addresses: []netip.Addr{netip.MustParseAddr(peersVIP)},
	}
	if change != nil {
		change(&a)
	}
	frame := a.Append([]byte{1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 0x66, 8, 0})
	for _, b := range bend {
		b(frame)
	}
	for len(frame) < 60 {
		frame = append(frame, 0)
	}
	return frame
}

func anyone(i int) string { return fmt.Sprintf("10.9.%d.%d", 1+i/200%200, 1+i%200) }

func goodbye(a *wire.Advert) { a.Priority = 0 }

func forged(a *wire.Advert) { a.TTL = 64 }

func misadded(frame []byte) { frame[14+20+6] ^= 0xff }

const stranger = "10.9.0.66"

var junkKinds = []junk{
	{"wrong TTL", func(int) []byte { return junkAdvert(stranger, forged) }, false},
	{"wrong checksum", func(int) []byte { return junkAdvert(stranger, nil, misadded) }, false},
	{"wrong VRID", func(i int) []byte { return junkAdvert(anyone(i), func(a *wire.Advert) { a.VRID = 52 }) }, false},
	{"priority 0 of one sender", func(int) []byte { return junkAdvert(stranger, goodbye) }, true},
	{"priority 0 of many senders", func(i int) []byte { return junkAdvert(anyone(i), goodbye) }, true},
	{"lower priority of one sender", func(int) []byte { return junkAdvert(stranger, nil) }, false},
	{"lower priority of many senders", func(i int) []byte { return junkAdvert(anyone(i), nil) }, false},
}

// sender returns what puts one frame after the other on the client's wire.
func (l *lan) sender() func(frame []byte) error {
	l.t.Helper()
	var fd int
	l.c.Do(func() {
		var err error
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			l.t.Fatal(err)
		}
	})
	l.t.Cleanup(func() { unix.Close(fd) })
	to := &unix.SockaddrLinklayer{Ifindex: l.c.Index("eth0")}
	return func(frame []byte) error { return unix.Sendto(fd, frame, 0, to) }
}

// flood sends junk as fast as the lab takes it, for a time and up to a number
// of frames; it returns how many the client's link took.
func (l *lan) flood(j junk, during time.Duration, most int) (sent int) {
	l.t.Helper()
	frames := make([][]byte, 2000)
	for i := range frames {
		frames[i] = j.make(i)
	}
	send := l.sender()
	for end := time.Now().Add(during); sent < most && time.Now().Before(end); sent++ {
		if err := send(frames[sent%len(frames)]); err != nil && err != unix.ENOBUFS {
			l.t.Fatal(err)
		}
	}
	return sent
}

// drip sends a kind of junk evenly.
func (l *lan) drip(j junk, perSecond int, during time.Duration) {
	l.t.Helper()
	send := l.sender()
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for i := range int(during.Seconds() * float64(perSecond)) {
		<-tick.C
		if err := send(j.make(i)); err != nil {
			l.t.Fatal(err)
		}
	}
}

// transitions counts the changes that both daemons' logs tell; keepalived and
// xvrrp use the same words.
func (f *flooded) transitions() (n int) {
	for _, p := range f.pair {
		n += strings.Count(p.Output(), "Entering MASTER STATE") + strings.Count(p.Output(), "Entering BACKUP STATE")
	}
	return n
}

// userTime is the CPU time that a daemon and its children have spent outside
// the kernel, from field 14 of their stat.
func userTime(t *testing.T, group int) (sum time.Duration) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[2] != strconv.Itoa(group) {
			continue
		}
		ticks, err := strconv.Atoi(fields[11])
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		sum += time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100 everywhere
	}
	return sum
}

// outcome is what a flood did.
type outcome struct {
	sent, transitions int
	during            time.Duration
	user              time.Duration   // of the master
	adverts           int             // of the master, on the judge's wire
	said              int             // lines in the master's log
	late              []time.Duration // how much longer than the interval each gap was, sorted
}

func (o outcome) String() string {
	if len(o.late) == 0 {
		return fmt.Sprintf("%d junk packets in %v: %d transitions, %d adverts of the master", o.sent, o.during.Round(time.Millisecond), o.transitions, o.adverts)
	}
	return fmt.Sprintf("%d junk packets in %v: %d transitions, %d adverts of the master, late by %v at the median, %v at most; %.0f %% of a CPU in user space, %d log lines",
		o.sent, o.during.Round(time.Millisecond), o.transitions, o.adverts,
		o.late[len(o.late)/2].Round(10*time.Microsecond), o.late[len(o.late)-1].Round(10*time.Microsecond),
		100*o.user.Seconds()/o.during.Seconds(), o.said)
}

// suffer runs a flood and watches; a while after its end belongs to it.
func (f *flooded) suffer(t *testing.T, send func() int) (o outcome) {
	t.Helper()
	wire := f.judge.Capture("eth0")
	before, began, used := f.transitions(), time.Now(), userTime(t, f.pair[0].Pid())
	lines := strings.Count(f.pair[0].Output(), "\n")
	o.sent = send()
	o.during = time.Since(began)
	o.user = userTime(t, f.pair[0].Pid()) - used
	f.silenceAfter()
	if err := wire.Close(); err != nil {
		t.Fatal(err)
	}
	o.transitions, o.said = f.transitions()-before, strings.Count(f.pair[0].Output(), "\n")-lines
	frames := adverts(wire, f.a.ip)
	o.adverts = len(frames)
	for i := 1; i < len(frames); i++ {
		o.late = append(o.late, frames[i].At.Sub(frames[i-1].At)-floodInterval)
	}
	slices.Sort(o.late)
	return o
}

// silenceAfter is twice the down interval: what the junk set going comes out.
func (f *flooded) silenceAfter() { time.Sleep(8 * floodInterval) }

// Junk at the highest rate that the lab reaches changes nothing: the master
// stays, the backup stays, and adverts keep coming.
func TestFlood(t *testing.T) {
	f := newFlooded(t, func(n *node, priority int) *testnet.Process {
		return n.xvrrp(conf(3, "BACKUP", priority, "0.1"))
	})
	for _, j := range junkKinds {
		t.Run(j.name, func(t *testing.T) {
			o := f.suffer(t, func() int { return f.flood(j, 1500*time.Millisecond, 1_000_000) })
			t.Log(o)
			if o.transitions != 0 && !j.believed {
				t.Errorf("%d transitions", o.transitions)
			}
			f.owned(peersVIP, "a", 5*time.Second)
			if want := int((o.during + 8*floodInterval) / floodInterval); o.adverts < want/2 {
				t.Errorf("%d adverts of the master reached the wire, of about %d", o.adverts, want)
			}
		})
	}
}

// The same packets unsettle Debian's keepalived: 15 of them in a second, which
// also shows that they arrive and that the test above can fail.
func TestFloodKeepalived(t *testing.T) {
	f := newFlooded(t, func(n *node, priority int) *testnet.Process {
		return n.keepalived(conf(3, "BACKUP", priority, "0.1"))
	})
	for _, j := range junkKinds[:2] {
		o := f.suffer(t, func() int { f.drip(j, 15, 4*time.Second); return 60 })
		t.Logf("%s, 15 a second: %v", j.name, o)
		if o.transitions == 0 {
			t.Errorf("%s: no transition of keepalived", j.name)
		}
	}
	f.stays(peersVIP, "a", 0)
	for _, j := range junkKinds[3:] {
		t.Logf("%s: %v", j.name, f.suffer(t, func() int { return f.flood(j, 1500*time.Millisecond, 1_000_000) }))
	}
}
