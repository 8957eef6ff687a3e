package metrics

import (
	"slices"
	"strings"
	"sync/atomic"
)

// MainPath is the label of an instance's own interface among its paths.
const MainPath = "main"

// Path is what is counted for one way of an instance's adverts. All methods may
// be called from any goroutine.
type Path struct {
	name           string
	up             atomic.Bool
	received, sent atomic.Uint64
	rejected       counts[string]
}

// Path returns the handle of a path and makes it if need be.
func (i *Instance) Path(name string) *Path {
	name = strings.ToValidUTF8(name, "\uFFFD")
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.paths {
		if p.name == name {
			return p
		}
	}
	p := &Path{name: name}
	p.up.Store(true)
	i.paths = append(slices.Clone(i.paths), p)
	return p
}

// RetainPaths drops every path but these.
func (i *Instance) RetainPaths(names []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.paths = slices.DeleteFunc(slices.Clone(i.paths), func(p *Path) bool { return !slices.Contains(names, p.name) })
}

// eachPath calls f for every path, and with second for all but the interface.
func (i *Instance) eachPath(second bool, f func(*Path)) {
	i.mu.Lock()
	list := i.paths // replaced, never changed
	i.mu.Unlock()
	for _, p := range list {
		if !second || p.name != MainPath {
			f(p)
		}
	}
}

// SetUp tells whether the path is alive.
func (p *Path) SetUp(up bool) { p.up.Store(up) }

// Received counts a heartbeat that passed every check.
func (p *Path) Received() { p.received.Add(1) }

// Sent counts a heartbeat of ours, once however many peers it went to.
func (p *Path) Sent() { p.sent.Add(1) }

// Rejected counts a heartbeat that was refused, by a wire.Reject's word.
func (p *Path) Rejected(reason string) { p.rejected.add(reason, 1) }

// Counts are the heartbeats taken in, sent and, by reason, refused.
func (p *Path) Counts() (received, sent uint64, rejected map[string]uint64) {
	rejected = map[string]uint64{}
	p.rejected.each(func(reason string, n uint64) { rejected[reason] = n })
	return p.received.Load(), p.sent.Load(), rejected
}

// paths are the metrics of second paths.
var paths = []row{
	{
		name: "xvrrp_heartbeat_up", kind: gauge, labels: name, extra: []string{"path"},
		help: "Whether a way of the instance's adverts is alive: main is its interface, the others its second paths.",
		read: func(i *Instance, put put) {
			i.eachPath(false, func(p *Path) { put(truth(p.up.Load()), p.name) })
		},
	},
	{
		name: "xvrrp_heartbeats_received_total", kind: counter, labels: name, extra: []string{"path"},
		help: "Heartbeats on a second path that passed every check.",
		read: func(i *Instance, put put) {
			i.eachPath(true, func(p *Path) { put(float64(p.received.Load()), p.name) })
		},
	},
	{
		name: "xvrrp_heartbeats_sent_total", kind: counter, labels: name, extra: []string{"path"},
		help: "Heartbeats sent on a second path, each counted once however many peers it went to.",
		read: func(i *Instance, put put) {
			i.eachPath(true, func(p *Path) { put(float64(p.sent.Load()), p.name) })
		},
	},
	{
		name: "xvrrp_heartbeats_rejected_total", kind: counter, labels: name, extra: []string{"path", "reason"},
		help: "Heartbeats on a second path that were refused, by reason.",
		read: func(i *Instance, put put) {
			i.eachPath(true, func(p *Path) {
				eachReject(&p.rejected, func(reason string, n uint64) { put(float64(n), p.name, reason) })
			})
		},
	},
}
