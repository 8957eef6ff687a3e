package control

import "time"

// Kind is what an Event tells.
type Kind string

// The kinds of events. New ones may be added; readers ignore those that they
// do not know.
const (
	KindStarted      Kind = "started"       // the daemon
	KindStopping     Kind = "stopping"      // the daemon
	KindReloaded     Kind = "reloaded"      // or failed to, see Text
	KindTransition   Kind = "transition"    // From, To, Reason, Evidence
	KindPriority     Kind = "priority"      // effective priority changed
	KindMaster       Kind = "master"        // another node is master now
	KindRejected     Kind = "rejected"      // first advert refused for a reason
	KindConflict     Kind = "conflict"      // a foreign host claims our address
	KindSplitBrain   Kind = "split_brain"   // began or ended, see Reason
	KindGuard        Kind = "guard"         // a takeover waits
	KindPath         Kind = "path"          // a way of the adverts was lost or is back, see Reason
	KindTracker      Kind = "tracker"       // a tracked object went up or down
	KindLink         Kind = "link"          // an interface went up or down
	KindNotify       Kind = "notify"        // a notify script ended badly
	KindTakeoverDone Kind = "takeover_done" // addresses held and announced
	KindHost         Kind = "host"          // something on this host is near its limit
	KindError        Kind = "error"         // something failed and is retried
)

// Event is one fact of the daemon's history, one line of GET /v1/events.
type Event struct {
	// Seq counts all events of this daemon from 1, also over restarts that
	// keep the history.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// Earlier: an earlier process of this daemon wrote it down.
	Earlier bool `json:"earlier,omitempty"`
	// Instance or Group is whom it is about; both empty: the daemon.
	Instance string `json:"instance,omitempty"`
	Group    string `json:"group,omitempty"`
	From     State  `json:"from,omitempty"`
	To       State  `json:"to,omitempty"`
	// Reason is one stable word.
	Reason string `json:"reason,omitempty"`
	// Text is one line for people.
	Text     string    `json:"text,omitempty"`
	Evidence *Evidence `json:"evidence,omitempty"`
}

// Evidence is what the daemon knew when it decided. What does not apply is
// left out.
type Evidence struct {
	Priority    int `json:"priority,omitempty"`     // ours, effective
	OldPriority int `json:"old_priority,omitempty"` // before a change
	// Temporary is the priority that an operator had set, if one had.
	Temporary int `json:"temporary_priority,omitempty"`

	// The advert that decided, or the last before a silence.
	Master         string     `json:"master,omitempty"`
	MasterMAC      string     `json:"master_mac,omitempty"`
	MasterPriority int        `json:"master_priority,omitempty"`
	LastAdvert     *time.Time `json:"last_advert,omitempty"`
	LastAdvertAge  Seconds    `json:"last_advert_age,omitempty"` // at the deadline
	Limit          Seconds    `json:"limit,omitempty"`           // Active_Down_Interval

	Deadline *time.Time `json:"deadline,omitempty"`
	Lateness Seconds    `json:"lateness,omitempty"`
	// Held is how long the takeover was put off, HeldFor why: still_answers,
	// deaf, witness_silent.
	Held    Seconds `json:"held,omitempty"`
	HeldFor string  `json:"held_for,omitempty"`
	// Takeover is from the deadline to the last announcement.
	Takeover Seconds `json:"takeover,omitempty"`

	// Kernel counts the packets of protocol 112 that the kernel refused on the
	// interface, for all virtual routers there, since KernelSince (the last
	// accepted advert), by verdict; nil without KernelSince: nobody looked.
	// Rejected counts those of this virtual router that reached us, by reason.
	Kernel      map[string]uint64 `json:"kernel,omitempty"`
	KernelSince *time.Time        `json:"kernel_since,omitempty"`
	Rejected    map[string]uint64 `json:"rejected,omitempty"`
	// TTL is that of the last rejected advert, when it was the reason.
	TTL int `json:"ttl,omitempty"`

	Path    string   `json:"path,omitempty"`   // a second path's name, main for the interface
	Faults  []string `json:"faults,omitempty"` // what holds us in FAULT
	Tracker string   `json:"tracker,omitempty"`
	Address string   `json:"address,omitempty"` // of a conflict
	MAC     string   `json:"mac,omitempty"`     // of a conflict
	// Remedy is one line: what a person can do.
	Remedy string `json:"remedy,omitempty"`
}

// Instance is the answer to GET /v1/instances/{name}: what `explain` tells.
type Instance struct {
	InstanceStatus
	// Events are the last of this instance and its group, oldest first.
	Events []Event `json:"events"`
	// Histograms are what `advise` reads, by metric name without the prefix:
	// advert_interarrival_seconds and so on.
	Histograms map[string]Histogram `json:"histograms"`
}

// Histogram is a cumulative histogram, as in Prometheus.
type Histogram struct {
	Count   uint64   `json:"count"`
	Sum     Seconds  `json:"sum"`
	Max     Seconds  `json:"max"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket counts what was not longer than Le.
type Bucket struct {
	Le    Seconds `json:"le"`
	Count uint64  `json:"count"`
}

// Config is the answer to GET /v1/config.
type Config struct {
	Files    []File    `json:"files"`
	LoadedAt time.Time `json:"loaded_at"`
	// Text is the configuration in effect, every default resolved, in
	// keepalived's syntax; secrets are masked.
	Text string `json:"text"`
	// Settings is the same as data.
	Settings any `json:"settings,omitempty"`
}

// ReloadRequest is the body of POST /v1/reload; an empty body means a plain
// reload.
type ReloadRequest struct {
	// DryRun plans and changes nothing.
	DryRun bool `json:"dry_run"`
}

// ReloadResult is its answer. A file with errors is not an HTTP error: OK is
// false and nothing has changed.
type ReloadResult struct {
	OK      bool     `json:"ok"`
	Applied bool     `json:"applied"` // false for a dry run
	Plan    []string `json:"plan"`    // one line for each change
	// Findings are errors and warnings, as `xvrrp check` prints them.
	Findings []string `json:"findings"`
	Error    string   `json:"error,omitempty"`
}

// ReleaseRequest is the body of POST /v1/instances/{name}/release; an empty
// body means: hand over once.
type ReleaseRequest struct {
	// Drain stays away from mastership until Resume.
	Drain  bool `json:"drain"`
	Resume bool `json:"resume"`
	// Force also when nobody is known who would take over.
	Force bool `json:"force"`
}

// ReleaseResult is its answer.
type ReleaseResult struct {
	Instance string `json:"instance"`
	State    State  `json:"state"` // before
	Released bool   `json:"released"`
	// At is when; the others were asked before that.
	At time.Time `json:"at,omitzero"`
	// Text says why not, or what will happen.
	Text string `json:"text,omitempty"`
}

// PriorityRequest is the body of POST /v1/instances/{name}/priority.
type PriorityRequest struct {
	// Priority is 1 to 254; it counts instead of the configured one and of the
	// weights of all trackers.
	Priority int `json:"priority,omitempty"`
	// For is how long; 0: until Reset or the end of the daemon.
	For Seconds `json:"for,omitempty"`
	// Reset goes back to the configured priority and the trackers' weights.
	Reset bool `json:"reset,omitempty"`
}

// PriorityResult is its answer.
type PriorityResult struct {
	Instance string `json:"instance"`
	Before   int    `json:"before"` // effective
	Priority int    `json:"priority"`
	// Temporary is what holds now; nil after a reset.
	Temporary *TemporaryPriority `json:"temporary,omitempty"`
	Text      string             `json:"text"`
}

// AskRequest is the body of POST /v1/instances/{name}/ask.
type AskRequest struct {
	// Address is one of the instance's virtual addresses; empty: the first.
	Address string `json:"address,omitempty"`
	// Wait is how long answers are collected; 0: 1.5 s, 10 s at most.
	Wait Seconds `json:"wait,omitempty"`
}

// AskResult is its answer.
type AskResult struct {
	Instance string `json:"instance"`
	State    State  `json:"state"` // ours
	Address  string `json:"address"`
	// MACs are those at which this node holds the address, or would.
	MACs []string `json:"macs"`
	// Helpers are the nodes that answered. Only a node that runs xvrrp does.
	Helpers []Helper `json:"helpers"`
	// Refused counts answers that were not authentic.
	Refused int `json:"refused,omitempty"`
}

// Helper is another node of the virtual router and what it sees.
type Helper struct {
	Address  string `json:"address"`
	MAC      string `json:"mac,omitempty"`
	State    State  `json:"state"`
	Priority int    `json:"priority"`
	// Took is from the question to its answer.
	Took Seconds `json:"took"`
	// Sees are the MACs that answered it for the virtual address, none when
	// nobody did.
	Sees []Sighting `json:"sees"`
	// Failed: it could not ask on its LAN.
	Failed bool `json:"failed,omitempty"`
}

// Sighting is one MAC that answers for the virtual address.
type Sighting struct {
	MAC  string  `json:"mac"`
	Took Seconds `json:"took"` // from the helper's question to the first answer
	// Local: the helper holds the address itself.
	Local bool `json:"local,omitempty"`
}
