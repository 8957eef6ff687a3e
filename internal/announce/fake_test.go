package announce

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// network is what the Announcer under test sends to, and its diary.
type network struct {
	mu     sync.Mutex
	begun  time.Time
	frames []sent
	notes  []string
	refuse func(ifindex, n int) (int, error) // what an interface says to n frames
	opened map[int]int
}

// sent is one frame that left.
type sent struct {
	at      time.Duration
	ifindex int
	addr    string
}

type fakeSender struct {
	*network
	ifindex int
}

func (f fakeSender) close() {}

func (f fakeSender) send(frames []frame) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := len(frames), error(nil)
	if f.refuse != nil {
		n, err = f.refuse(f.ifindex, len(frames))
	}
	for _, fr := range frames[:n] {
		if fr.ifindex != f.ifindex {
			panic("a frame went to the wrong interface")
		}
		addr := netip.AddrFrom4([4]byte(fr.data[28:32])).String()
		if len(fr.data) > 60 {
			addr = netip.AddrFrom16([16]byte(fr.data[22:38])).String()
		}
		f.frames = append(f.frames, sent{time.Since(f.begun), f.ifindex, addr})
	}
	return n, err
}

func (n *network) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notes = append(n.notes, fmt.Sprintf("%v ", time.Since(n.begun))+fmt.Sprintf(format, args...))
}

// story runs f with an Announcer in virtual time.
func story(t *testing.T, pacing Pacing, f func(t *testing.T, a *Announcer, n *network)) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{begun: time.Now(), opened: map[int]int{}}
		a := begin(Options{
			Pacing: pacing,
			Done:   func(owner string, why Reason, _ time.Time) { n.note("%s done: %v", owner, why) },
			Failed: func(owner string, ifindex int, err error) { n.note("%s failed on %d: %v", owner, ifindex, err) },
		}, func(ifindex int) (sender, error) {
			n.mu.Lock()
			n.opened[ifindex]++
			n.mu.Unlock()
			return fakeSender{n, ifindex}, nil
		})
		defer a.Close()
		f(t, a, n)
	})
}

// all is what left so far, once everything that is due has left.
func (n *network) all() []sent {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.frames)
}

// said is what the Announcer told so far.
func (n *network) said() []string {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.notes)
}

// opens is how often the socket of an interface was opened.
func (n *network) opens(ifindex int) int {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.opened[ifindex]
}

// rounds folds what was sent into one line for each moment: "5s: 5 x 192.0.2.1".
func (n *network) rounds() (lines []string) {
	frames := n.all()
	for i := 0; i < len(frames); {
		f := frames[i]
		j := i
		for j < len(frames) && frames[j] == f {
			j++
		}
		lines = append(lines, fmt.Sprintf("%v: %d x %s", f.at, j-i, f.addr))
		i = j
	}
	return lines
}

// is compares what happened with what should have, line by line.
func is(t *testing.T, what string, got []string, want string) {
	t.Helper()
	lines := strings.FieldsFunc(want, func(r rune) bool { return r == '\n' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	if !slices.Equal(got, lines) {
		t.Errorf("%s\n got:\n  %s\nwant:\n  %s", what, strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

// on makes targets on an interface.
func on(ifindex int, addrs ...string) (targets []Target) {
	for _, a := range addrs {
		targets = append(targets, Target{IfIndex: ifindex, MAC: physical, Addr: netip.MustParseAddr(a)})
	}
	return targets
}
