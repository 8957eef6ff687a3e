package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// story is the timeline that is printed as it happens, and the figures at the
// end.
type story struct {
	w     io.Writer
	begin time.Time

	mu      sync.Mutex
	holders map[string]bool

	outage, handback, release time.Duration
}

func newStory(w io.Writer) *story {
	return &story{w: w, begin: time.Now(), holders: map[string]bool{}}
}

func (s *story) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(fmt.Sprintf(format, args...))
}

func (s *story) line(text string) {
	fmt.Fprintf(s.w, "%8.3f s  %s\n", time.Since(s.begin).Seconds(), text)
}

// holds takes in whether a director holds the address and tells of changes.
func (s *story) holds(name string, has bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holders[name] == has {
		return
	}
	s.holders[name] = has
	if has {
		s.line(fmt.Sprintf("    %s holds %v", name, vip))
	} else {
		s.line(fmt.Sprintf("    %s gave %v up", name, vip))
	}
}

// owner is who holds the address.
func (s *story) owner() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, n := range []string{"director-a", "director-b"} {
		if s.holders[n] {
			names = append(names, n)
		}
	}
	return strings.Join(names, " and ")
}

// has tells whether a director holds the address, alone or not.
func (s *story) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holders[name]
}

func (s *story) sole(name string) bool { return s.owner() == name }

// end prints the figures.
func (s *story) end(p *probe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := func(d time.Duration) string { return fmt.Sprintf("%7.1f ms", float64(d)/float64(time.Millisecond)) }
	sent, answered, heldUp := p.totals()
	fmt.Fprintf(s.w, "\nWhat the client saw of %v, probed every %v (%d probes, %d answers):\n\n", vip, probeEvery, sent, answered)
	fmt.Fprintf(s.w, "  longest silence when the active director died  %s   the protocol's own bound: %s\n", ms(s.outage), ms(bound))
	fmt.Fprintf(s.w, "  longest silence when it came back              %s\n", ms(s.handback))
	fmt.Fprintf(s.w, "  longest silence when it was stopped in order   %s   the protocol's own bound: %s\n\n", ms(s.release), ms(releaseBound))
	fmt.Fprintf(s.w, "The bound of a death is 3 adverts and the skew of priority %d: 3 x %v + %d/256 x %v.\n", weak, interval, 256-weak, interval)
	fmt.Fprintf(s.w, "The bound of a farewell is that skew alone. The client asks every %v, and no figure is finer than that.\n", probeEvery)
	if heldUp > 0 {
		fmt.Fprintf(s.w, "This machine held the client itself up for up to %v: a silence in which nobody asked is not counted.\n", heldUp.Round(time.Millisecond))
	}
	fmt.Fprintln(s.w, "No rule was added to a firewall, and none changed.")
}

// releaseBound is the wait after a goodbye: the skew alone.
const releaseBound = (256 - weak) * interval / 256
