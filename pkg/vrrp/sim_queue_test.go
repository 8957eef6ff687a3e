package vrrp

// occurrence is something that happens to the simulated world at a time.
type occurrence struct {
	at   int64 // ns of true time
	seq  uint64
	kind occurrenceKind
	// node is whom it happens to; life tells its incarnations apart.
	node, life int
	link       int
	advert     Received
	ev         Event // instead of an advert
	act        func()
}

type occurrenceKind uint8

const (
	deliver  occurrenceKind = iota // an advert arrives
	thaw                           // a frozen process runs again
	run                            // something of the plan
	news                           // an answer, or an advert on an extra path, arrives
	question                       // who holds the addresses on the link?
	glance                         // the asker looks when the last frame came in
)

// agenda is a binary heap by time, then by order of posting.
type agenda struct {
	items []occurrence
	seq   uint64
}

func (a *agenda) before(i, j int) bool {
	x, y := &a.items[i], &a.items[j]
	return x.at < y.at || x.at == y.at && x.seq < y.seq
}

func (a *agenda) post(o occurrence) {
	a.seq++
	o.seq = a.seq
	a.items = append(a.items, o)
	for i := len(a.items) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.before(i, up) {
			return
		}
		a.items[i], a.items[up] = a.items[up], a.items[i]
		i = up
	}
}

func (a *agenda) next() (int64, bool) {
	if len(a.items) == 0 {
		return 0, false
	}
	return a.items[0].at, true
}

func (a *agenda) pop() occurrence {
	top := a.items[0]
	last := len(a.items) - 1
	a.items[0] = a.items[last]
	a.items[last] = occurrence{}
	a.items = a.items[:last]
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && a.before(c, least) {
				least = c
			}
		}
		if least == i {
			return top
		}
		a.items[i], a.items[least] = a.items[least], a.items[i]
		i = least
	}
}
