package engine

import "time"

// schedule keeps the groups in the order of their deadlines: a binary heap
// whose elements know their place, so that a deadline moves without a search
// and without an allocation. A group without a deadline is not in it.
type schedule []*group

// next is the earliest deadline; zero when there is none.
func (s schedule) next() time.Time {
	if len(s) == 0 {
		return time.Time{}
	}
	return s[0].deadline
}

// set moves g to the place of its new deadline. A zero deadline takes it out.
func (s *schedule) set(g *group, deadline time.Time) {
	switch {
	case deadline.IsZero() && g.place < 0:
		return
	case deadline.IsZero():
		s.remove(g)
		return
	case g.place < 0:
		g.place = len(*s)
		*s = append(*s, g)
	}
	g.deadline = deadline
	s.down(s.up(g.place))
}

func (s *schedule) remove(g *group) {
	if g.place < 0 {
		return
	}
	at, last := g.place, len(*s)-1
	s.swap(at, last)
	(*s)[last] = nil
	*s = (*s)[:last]
	g.place, g.deadline = -1, time.Time{}
	if at < last {
		s.down(s.up(at))
	}
}

func (s schedule) up(at int) int {
	for at > 0 {
		parent := (at - 1) / 2
		if !s[at].deadline.Before(s[parent].deadline) {
			break
		}
		s.swap(at, parent)
		at = parent
	}
	return at
}

func (s schedule) down(at int) {
	for {
		child := 2*at + 1
		if child >= len(s) {
			return
		}
		if right := child + 1; right < len(s) && s[right].deadline.Before(s[child].deadline) {
			child = right
		}
		if !s[child].deadline.Before(s[at].deadline) {
			return
		}
		s.swap(at, child)
		at = child
	}
}

func (s schedule) swap(a, b int) {
	s[a], s[b] = s[b], s[a]
	s[a].place, s[b].place = a, b
}
