package vrrp

import (
	"net/netip"
	"time"
)

// guardPlan is what a history has of the guard. In half of the histories it is
// the zero value, and the nodes know the RFC only.
//
// In a strict history two nodes guard with hold and a limit beyond its end, both
// are fenced, ARP always crosses, and adverts are cut but never lost by chance.
// Then, whatever else happens, no two hosts answer for the addresses for longer
// than an Active_Down_Interval plus 20 ms at a time (lookDual); if one of the two
// dies or freezes during that time, its lease comes on top.
type guardPlan struct {
	guard Guard
	// fence: the addresses of a dead or frozen node fall silent by themselves.
	// arpCrosses: questions reach the other side of a cut. chatty: there are
	// other hosts on the link, whom everybody hears.
	fence, arpCrosses, chatty, strict bool
	limit                             int64
	witness                           bool
	deafWait, witnessWait             Wait
	paths                             uint8
	more                              int // mishaps of the guard
	// dual is since when each link has two hosts that answer, -1: it has not.
	dual [maxLinks]int64
	// extra is what more of that is right, as one of them stood still meanwhile.
	extra [maxLinks]int64
}

func (w *world) guardPlan() {
	p := &w.plan
	p.guardPlan = guardPlan{dual: [maxLinks]int64{-1, -1}}
	if w.one(2) {
		return
	}
	p.guard = pick(w, []Guard{GuardOff, GuardAlarm, GuardHold, GuardHold, GuardHold})
	p.fence, p.arpCrosses, p.chatty, p.more = !w.one(4), !w.one(3), !w.one(4), 4
	p.limit = p.unit * pick(w, []int64{1, 2, 5}) / 2
	p.paths = pick(w, []uint8{0, 0, 1, 2})
	if !p.fence {
		p.paths = 0 // nobody can tell a dead one's answers from those of a router that is heard there only
	}
	if p.guard == GuardHold && w.one(2) {
		p.strict, p.fence, p.arpCrosses, p.limit = true, true, true, 1000*p.unit
		return
	}
	p.witness = w.one(2)
	p.deafWait = pick(w, []Wait{WaitNot, WaitNot, WaitLimit})
	if p.chatty && w.one(4) {
		p.deafWait = WaitAlways
	}
	if p.witness {
		p.witnessWait = pick(w, []Wait{WaitNot, WaitLimit, WaitAlways})
	}
}

func (w *world) guardConfig(cfg *Config) {
	p := &w.plan
	cfg.Guard, cfg.HoldLimit, cfg.Paths = p.guard, time.Duration(p.limit), p.paths
	cfg.Witness, cfg.WitnessWait, cfg.DeafWait = p.witness, p.witnessWait, p.deafWait
	if p.strict && cfg.Priority == PriorityOwner { // an owner asserts itself
		cfg.Priority--
	}
}

// strictChaos lets only such things happen as leave room for a promise.
func (w *world) strictChaos() {
	u := w.plan.unit
	w.net.delayMax = w.plan.late
	for range w.rng.IntN(9) {
		w.at(w.upTo(30*u), func() {
			n, link := w.anyone(), w.rng.IntN(w.links)
			switch w.rng.IntN(11) {
			case 0, 1:
				w.cutOff(link, n, w.one(2))
			case 2:
				w.net.cut, w.net.pathCut = [maxLinks][maxNodes][maxNodes]bool{}, [maxLinks][maxNodes][maxNodes]bool{}
			case 3:
				n.crash()
				w.at(w.now+w.upTo(8*u), n.revive)
			case 4, 5, 6:
				n.freeze(w.upTo(8 * u))
			case 7:
				n.tell(link, FaultRaised{scripted})
				w.at(w.now+w.upTo(5*u), func() { n.tell(link, FaultCleared{scripted}) })
			case 8:
				n.tell(link, HandOver{Hold: time.Duration(w.upTo(2 * u))})
			case 9:
				n.stop()
				w.at(w.now+w.upTo(5*u), n.restart)
			case 10:
				n.tell(link, Answered{Addr: simVIP, MAC: [6]byte{2, 9}, Stranger: true})
			}
		})
	}
	w.until(40 * u)
}

// cutOff lets nothing of a node's adverts through to the others, and perhaps
// nothing of theirs either; the extra path mostly stays.
func (w *world) cutOff(link int, n *node, both bool) {
	path := w.one(3)
	for _, m := range w.nodes {
		w.net.cut[link][n.id][m.id] = true
		w.net.cut[link][m.id][n.id] = w.net.cut[link][m.id][n.id] || both
		if path {
			w.net.pathCut[link][n.id][m.id] = true
			w.net.pathCut[link][m.id][n.id] = w.net.pathCut[link][m.id][n.id] || both
		}
	}
}

// guardMishap is what else goes wrong where there is a guard.
func (w *world) guardMishap(n *node, link int) {
	switch other := w.anyone(); w.rng.IntN(6) {
	case 0:
		w.net.deaf[link][n.id] = true
	case 1:
		w.net.mute = !w.net.mute
	case 2:
		w.net.arpCut[link][n.id][other.id] = true
	case 3:
		w.net.pathCut[link][n.id][other.id] = true
	case 4:
		n.tell(link, Answered{Addr: simVIP, MAC: [6]byte{2, 9}, Stranger: w.one(2), Outranks: w.one(2)})
	case 5: // somebody says goodbye in nobody's name
		if n.alive && !n.frozen {
			n.arrive(link, Received{From: netip.AddrFrom4([4]byte{10, 9, 9, 9}), Interval: n.routers[link].Config().Interval})
		}
	}
}

// settleGuard ends what the guard cannot see through by itself.
func (w *world) settleGuard() {
	w.net.mute = w.plan.witnessWait == WaitLimit && w.one(2)
}

// patience is how much longer than the RFC's a takeover may take.
func (w *world) patience() int64 {
	p := &w.plan
	cfg := w.nodes[0].routers
	if len(cfg) == 0 || !w.nodes[0].cfgs[0].waits() {
		return 0
	}
	more := 3 * p.imax / 2                // three windows
	if p.guard == GuardHold && !p.fence { // a dead one may contest a takeover, and then hold the next
		more += 2 * (p.down + p.limit)
	}
	if p.guard == GuardHold && !p.fence ||
		p.deafWait == WaitLimit && !p.chatty || p.witnessWait == WaitLimit && w.net.mute {
		more += p.limit
	}
	if p.deafWait != WaitNot || p.witnessWait != WaitNot {
		more += p.down + p.limit + p.imax // who was cut off listens for another down interval, and then asks again
	}
	return drifted(more)
}

var simVIP = netip.AddrFrom4([4]byte{10, 0, 0, 200})

func (n *node) mac() [6]byte { return [6]byte{2, 0, 0, 0, 0, byte(n.id + 1)} }

// lastBreath: a process that stops may have renewed its leases just now.
func (n *node) lastBreath() {
	if n.alive && n.w.one(2) {
		n.life0 = n.w.now
	}
}

// answers says whether the host of a node answers for the addresses of a link:
// while it has them, whether its process is alive or not, until the fence closes.
func (n *node) answers(link int) bool {
	if n.life == 0 || !n.views[link].held {
		return false
	}
	if n.alive && !n.frozen || !n.w.plan.fence {
		return true
	}
	cfg := n.cfgs[link]
	lease := int64(cfg.DownAdverts)*int64(cfg.Interval) - int64(cfg.Interval)/4
	return n.w.now < n.life0+lease-lease/1_000_000*n.ppm
}

// rtt is the longest way of a question and its answer.
func (w *world) rtt() int64 { return w.plan.unit / 16 }

// ask carries a question to everybody on the link, and to the witness.
func (w *world) ask(n *node, link int, a Ask) {
	if a.Addresses {
		w.todo.post(occurrence{at: w.now + w.upTo(w.rtt()/2), kind: question, node: n.id, life: n.life, link: link})
	}
	if a.Witness && !w.net.mute && !w.net.deaf[link][n.id] {
		w.todo.post(occurrence{at: w.now + w.upTo(w.rtt()), kind: news, node: n.id, life: n.life, link: link, ev: WitnessAnswered{}})
	}
	w.todo.post(occurrence{at: max(w.now, n.when(a.Until)-1000), kind: glance, node: n.id, life: n.life, link: link})
}

// reply lets everybody answer that a question has reached.
func (w *world) reply(q occurrence) {
	for _, m := range w.nodes {
		if m.id != q.node && m.answers(q.link) && !w.net.arpCut[q.link][q.node][m.id] && !w.net.deaf[q.link][m.id] {
			w.claim(m, w.nodes[q.node], q.link)
		}
	}
}

// announce is a gratuitous ARP.
func (w *world) announce(n *node, link int) {
	if !w.nodes[n.id].answers(link) || w.plan.guard == GuardOff {
		return
	}
	for _, to := range w.nodes {
		if to != n && to.alive {
			w.claim(n, to, link)
		}
	}
}

// claim is one frame that says who has the addresses.
func (w *world) claim(from, to *node, link int) {
	if w.net.arpCut[link][from.id][to.id] || w.net.deaf[link][to.id] {
		return
	}
	ev := Answered{Addr: simVIP, MAC: from.mac(), Outranks: from.id > to.id}
	// Who preempted knows the MAC of the router that it replaced.
	if r := to.routers[link]; r.State() == Active && r.transition.Reason == ReasonPreempt {
		replaced := r.transition.Evidence.Discarded
		ev.Stranger = replaced.Path == 0 && replaced.From != from.cfgs[link].Primary
	}
	w.todo.post(occurrence{at: w.now + w.upTo(w.rtt()/2), kind: news, node: to.id, life: to.life, link: link, ev: ev})
}

// look tells a node when its interface was alive last.
func (w *world) look(n *node, link int) {
	if w.plan.chatty && !w.net.deaf[link][n.id] {
		n.frame[link] = w.now - 1000
	}
	at := epoch.Add(-time.Hour)
	if n.frame[link] >= 0 {
		at = n.local(n.frame[link])
	}
	n.hears(link, FrameHeard{At: at})
}

// onPath is an address of the extra path that belongs to one of the link, in
// the same order.
func onPath(a netip.Addr) netip.Addr {
	b := a.As4()
	b[0] = 172
	return netip.AddrFrom4(b)
}

// beat sends one advert to everybody on each extra path.
func (w *world) beat(n *node, link int, ad SendAdvert) {
	for number := range w.plan.paths {
		for _, to := range w.nodes {
			if to == n || !to.alive || w.net.pathCut[link][n.id][to.id] || w.rng.IntN(256) < w.net.loss {
				continue
			}
			ev := PathHeard{Path: number + 1, From: onPath(n.cfgs[link].Primary), Local: onPath(to.cfgs[link].Primary),
				Priority: ad.Priority, Interval: ad.Interval}
			w.todo.post(occurrence{at: w.now + w.delay(), kind: news, node: to.id, life: to.life, link: link, ev: ev})
		}
	}
}

// lookDual finds two hosts that answer at once for too long.
func (w *world) lookDual() {
	p := &w.plan
	if !p.strict || w.wrong != nil {
		return
	}
	most := drifted(int64(w.nodes[0].cfgs[0].DownAdverts+1)*p.imax) + int64(20*time.Millisecond)
	for link := range w.links {
		answering, most := 0, most+p.extra[link]
		for _, n := range w.nodes {
			if n.answers(link) {
				answering++
				if n.frozen || !n.alive {
					p.extra[link] = int64(n.cfgs[link].DownAdverts) * p.imax // it stood still in the middle: its lease
				}
			}
		}
		switch {
		case answering < 2:
			p.dual[link], p.extra[link] = -1, 0
		case p.dual[link] < 0:
			p.dual[link] = w.now
		case w.now-p.dual[link] > most:
			w.failf("link %d: two hosts answer for %v, want at most %v", link, time.Duration(w.now-p.dual[link]), time.Duration(most))
		}
	}
}
