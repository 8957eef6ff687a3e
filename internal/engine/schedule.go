package engine

import "time"

// schedule keeps the groups in the order of their deadlines: a heap of four
// branches whose elements know their place, so that a deadline moves without a
// search and without an allocation. A group without a deadline is not in it.
//
// A Backup's deadline moves with every advert, nearly always from the top to the
// bottom. So the heap is made of small numbers that lie close together: to
// look at a thousand groups on the way would take longer than all that is done
// with the advert.
type schedule struct {
	heap   []turn
	places []int32  // of the groups in the heap, by their numbers; -1: not in it
	groups []*group // by number
	free   []int32  // numbers of groups that left
}

// turn is a group's place in the order.
type turn struct {
	at     int64 // its deadline, nanoseconds after start
	number int32
}

const branches = 4

// first is the group with the earliest deadline; nil when there is none.
func (s *schedule) first() *group {
	if len(s.heap) == 0 {
		return nil
	}
	return s.groups[s.heap[0].number]
}

// next is the earliest deadline; zero when there is none.
func (s *schedule) next() time.Time {
	if g := s.first(); g != nil {
		return g.deadline
	}
	return time.Time{}
}

// enter gives a new group its number, which is its own until it leaves.
func (s *schedule) enter(g *group) {
	if last := len(s.free) - 1; last >= 0 {
		g.number, s.free = s.free[last], s.free[:last]
		s.groups[g.number] = g
		return
	}
	g.number = int32(len(s.groups))
	s.groups, s.places = append(s.groups, g), append(s.places, -1)
}

// leave takes a group out for good.
func (s *schedule) leave(g *group) {
	s.remove(g)
	s.groups[g.number] = nil
	s.free = append(s.free, g.number)
}

// set moves g to the place of its new deadline. A zero deadline takes it out.
func (s *schedule) set(g *group, deadline time.Time) {
	if deadline.IsZero() {
		s.remove(g)
		return
	}
	g.deadline = deadline
	t := turn{int64(deadline.Sub(start)), g.number}
	place := int(s.places[g.number])
	switch {
	case place < 0:
		place = len(s.heap)
		s.heap = append(s.heap, t)
		s.up(place, t)
	case t.at < s.heap[place].at:
		s.up(place, t)
	default:
		s.down(place, t)
	}
}

// remove takes g out until it has a deadline again.
func (s *schedule) remove(g *group) {
	g.deadline = time.Time{}
	place := int(s.places[g.number])
	if place < 0 {
		return
	}
	s.places[g.number] = -1
	end := len(s.heap) - 1
	last := s.heap[end]
	s.heap = s.heap[:end]
	if place == end {
		return
	}
	if parent := (place - 1) / branches; place > 0 && last.at < s.heap[parent].at {
		s.up(place, last)
	} else {
		s.down(place, last)
	}
}

// up puts t where place is, or nearer to the top.
func (s *schedule) up(place int, t turn) {
	for place > 0 {
		parent := (place - 1) / branches
		if t.at >= s.heap[parent].at {
			break
		}
		s.put(place, s.heap[parent])
		place = parent
	}
	s.put(place, t)
}

// down puts t where place is, or further from the top.
func (s *schedule) down(place int, t turn) {
	for {
		child := branches*place + 1
		if child >= len(s.heap) {
			break
		}
		for i := child + 1; i < min(branches*place+1+branches, len(s.heap)); i++ {
			if s.heap[i].at < s.heap[child].at {
				child = i
			}
		}
		if s.heap[child].at >= t.at {
			break
		}
		s.put(place, s.heap[child])
		place = child
	}
	s.put(place, t)
}

func (s *schedule) put(place int, t turn) {
	s.heap[place] = t
	s.places[t.number] = int32(place)
}
