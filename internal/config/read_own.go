package config

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ownDraft is the xvrrp block as written.
type ownDraft struct {
	Own
	have       seen
	instances  []*ownInstance
	heartbeats []*heartbeatDraft
}

// ownInstance is `instance NAME { }` inside it, or the defaults.
type ownInstance struct {
	InstanceOwn
	name string
	st   *statement
	have seen
}

func newOwn() *ownDraft {
	o := &ownDraft{have: seen{}}
	o.Listen = "127.0.0.1:9112"
	o.Realtime = true
	o.Defaults = InstanceOwn{Guard: GuardAlarm, GuardHoldLimit: 10 * time.Second, Fence: true, FloodLimit: 2000}
	o.FloodLimit = 2000
	return o
}

type od = ownDraft

var ownTable = table[od]{"xvrrp", joinWords(map[string]word[od]{
	"listen":          {min: 1, max: 1, read: readListen},
	"web_config_file": textWord(func(o *od) *string { return &o.WebConfigFile }),
	"realtime":        flagWord(func(o *od) *bool { return &o.Realtime }),
	"check":           {min: 1, max: 1, block: needBlock, repeat: adds, read: readCheck},
	"heartbeat":       {min: 1, max: 1, block: needBlock, repeat: adds, read: readHeartbeat},
	"instance":        {min: 1, max: 1, block: needBlock, repeat: adds, read: readOwnInstance},
}, ownWords(func(o *od) *InstanceOwn { return &o.Defaults }))}

var ownInstanceTable = table[ownInstance]{"xvrrp instance", joinWords(map[string]word[ownInstance]{
	"advert_int": {min: 1, max: 1, read: func(r *reader, st *statement, o *ownInstance) {
		d, ok := r.duration(st, 0, 500*time.Microsecond, 9990*time.Microsecond)
		if ok && d%(10*time.Microsecond) != 0 {
			r.err(codeOutOfRange, arg(st, 0), "choose a multiple of 10us", "advert_int %s is no multiple of 10 µs", d)
		}
		o.AdvertInterval = d
	}},
	"heartbeat": {min: 1, max: -1, repeat: adds, read: func(_ *reader, st *statement, o *ownInstance) {
		o.Heartbeats = append(o.Heartbeats, texts(st.Args())...)
	}},
}, ownWords(func(o *ownInstance) *InstanceOwn { return &o.InstanceOwn }))}

// strayWords are what may be done about a virtual address that somebody else added.
var strayWords = []string{"report", "remove"}

// ownWords hold for all instances in the block and for one inside instance.
func ownWords[T any](to func(*T) *InstanceOwn) map[string]word[T] {
	return map[string]word[T]{
		"dataplane": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, dataplaneWords); ok {
				to(into).Dataplane = Dataplane(n)
			}
		}},
		"split_brain_guard": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, guardWords); ok {
				to(into).Guard = Guard(n)
			}
		}},
		"guard_hold_limit": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if d, ok := r.duration(st, 0, 0, time.Hour); ok {
				to(into).GuardHoldLimit = d
			}
		}},
		"fence":       flagWord(func(t *T) *bool { return &to(t).Fence }),
		"flood_limit": intWord(1, 1000000, func(t *T) *int { return &to(t).FloodLimit }),
		"stray_addresses": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, strayWords); ok {
				to(into).RemoveStrays = n == 1
			}
		}},
		"garp_reply": flagWord(func(t *T) *bool { return &to(t).GARPReply }),
		"virtual_mac": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, []string{"off", "bpf"}); ok {
				to(into).VirtualMAC = n == 1
			}
		}},
		"witness": {min: 1, max: -1, repeat: adds, read: func(r *reader, st *statement, into *T) {
			for i := range st.Args() {
				if a, ok := r.address(st, i); ok {
					to(into).Witness = append(to(into).Witness, a)
				}
			}
		}},
		"witness_wait": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, witnessWaitWords); ok {
				to(into).WitnessWait = Doubt(n)
			}
		}},
		"isolated": {min: 1, max: 1, read: func(r *reader, st *statement, into *T) {
			if n, ok := r.choice(st, 0, isolatedWords); ok {
				to(into).Isolated = Doubt(n)
			}
		}},
		"notify_split_brain":      commandWord(func(t *T) *Command { return &to(t).NotifySplitBrain }),
		"notify_fifo_split_brain": flagWord(func(t *T) *bool { return &to(t).NotifyFIFOSplitBrain }),
	}
}

// duration reads a number of seconds, or a number with a unit: 2ms, 500us, 1s.
func (r *reader) duration(st *statement, i int, lo, hi time.Duration) (time.Duration, bool) {
	text := st.Args()[i].Text
	d, rounded, ok := decimalSeconds(text)
	if !ok {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			r.err(codeBadNumber, arg(st, i), "write seconds, or a unit: 0.002 or 2ms", "%s needs a time, not %s", st.Keyword(), quote(text))
			return 0, false
		}
	}
	if rounded || d < lo || d > hi {
		r.outOfRange(st, i, text, lo.String(), hi.String())
		return 0, false
	}
	return d, true
}

func readListen(r *reader, st *statement, o *od) {
	text := st.Args()[0].Text
	if text == "none" {
		o.Listen = ""
		return
	}
	host, port, found := cutLast(text, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	if !found || err != nil || n == 0 {
		r.err(codeBadAddress, arg(st, 0), "write ADDRESS:PORT such as 127.0.0.1:9112, or none", "listen %s has no port", quote(text))
		return
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); host != "" && err != nil {
		r.err(codeBadAddress, arg(st, 0), "write ADDRESS:PORT such as 127.0.0.1:9112, or none", "listen %s is no address", quote(host))
		return
	}
	o.Listen = text
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func readOwnInstance(r *reader, st *statement, o *od) {
	i := &ownInstance{InstanceOwn: InstanceOwn{}, name: st.Args()[0].Text, st: st, have: seen{}}
	for _, other := range o.instances {
		if other.name == i.name {
			r.err(codeDuplicate, arg(st, 0), "join the two blocks", "instance %s has two blocks", quote(i.name))
			return
		}
	}
	readBlock(r, ownInstanceTable, st.Block, i, i.have)
	o.instances = append(o.instances, i)
}
