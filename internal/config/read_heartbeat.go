package config

// heartbeatDraft is heartbeat NAME { } as written.
type heartbeatDraft struct {
	Heartbeat
	hmac hmacDraft
	st   *statement
	have seen
}

// noHeartbeat is what an instance writes that is to have no second path,
// mainPath what metrics call its own interface.
const (
	noHeartbeat = "none"
	mainPath    = "main"
)

func readHeartbeat(r *reader, st *statement, o *od) {
	h := &heartbeatDraft{Heartbeat: Heartbeat{Name: st.Args()[0].Text, Pos: Pos(st.Pos)}, st: st, have: seen{}}
	h.hmac.have = h.have
	readBlock(r, heartbeatTable, st.Block, h, h.have)
	if h.Name == noHeartbeat || h.Name == mainPath {
		r.err(codeBadWord, arg(st, 0), "choose another name", "heartbeat %s cannot be called so: the word means something else", quote(h.Name))
		return
	}
	for _, other := range o.heartbeats {
		if other.Name == h.Name {
			r.err(codeDuplicate, arg(st, 0), "choose another name", "heartbeat %s is defined twice", quote(h.Name))
			return
		}
	}
	o.heartbeats = append(o.heartbeats, h)
}

var heartbeatTable = table[heartbeatDraft]{"heartbeat", joinWords(map[string]word[heartbeatDraft]{
	"interface": ifWord(func(h *heartbeatDraft) *string { return &h.Interface }),
	"unicast": {min: 1, max: -1, repeat: adds, read: func(r *reader, st *statement, h *heartbeatDraft) {
		for i := range st.Args() {
			if a, ok := r.address(st, i); ok {
				h.addPeer(r, st, i, a)
			}
		}
	}},
}, hmacWords(func(h *heartbeatDraft) *hmacDraft { return &h.hmac }))}
