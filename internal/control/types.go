package control

import (
	"strconv"
	"time"
)

// State is a virtual router's state as operators read it.
type State string

// The states.
const (
	Init   State = "INIT"
	Backup State = "BACKUP"
	Master State = "MASTER"
	Fault  State = "FAULT"
)

// Seconds is a length of time that JSON shows as a number of seconds.
type Seconds time.Duration

// Duration returns s as a time.Duration.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// String returns s as Go prints durations: 312.4ms.
func (s Seconds) String() string { return time.Duration(s).String() }

// MarshalJSON writes seconds with as many decimals as needed, never with an
// exponent.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', -1, 64), nil
}

// UnmarshalJSON reads a number of seconds, rounded to the nanosecond.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	if v < 0 {
		*s = Seconds(v*1e9 - 0.5)
	} else {
		*s = Seconds(v*1e9 + 0.5)
	}
	return nil
}

// Status is the answer to GET /v1/status: the whole daemon at one moment.
type Status struct {
	Version    string    `json:"version"`
	GoVersion  string    `json:"go_version"`
	PID        int       `json:"pid"`
	Hostname   string    `json:"hostname"`
	RouterID   string    `json:"router_id,omitempty"`
	RuntimeDir string    `json:"runtime_dir"`
	StartedAt  time.Time `json:"started_at"`
	// Now is when the answer was made; ages count back from it.
	Now        time.Time        `json:"now"`
	Listen     string           `json:"listen,omitempty"` // host:port of the TCP listener
	Files      []File           `json:"files"`            // configuration files as last loaded
	Reload     Reload           `json:"reload,omitzero"`  // the last attempt to load them again, if there was one
	Dataplanes []Dataplane      `json:"dataplanes"`
	Kernel     []KernelCount    `json:"kernel"`
	Instances  []InstanceStatus `json:"instances"`
	Groups     []GroupStatus    `json:"groups"`
	Trackers   []TrackerStatus  `json:"trackers"`
}

// File is one configuration file that was read.
type File struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
	Lines int    `json:"lines"`
}

// Reload is the outcome of the last load of the configuration.
type Reload struct {
	At time.Time `json:"at"`
	OK bool      `json:"ok"`
	// Error is one line; empty when OK.
	Error string `json:"error,omitempty"`
}

// Dataplane is how adverts come in on an interface.
type Dataplane struct {
	Interface string `json:"interface"`
	// Mode is xdp, xdp-generic, tc or socket.
	Mode string `json:"mode"`
	// Reason says why not a better one; empty when it is the best.
	Reason string `json:"reason,omitempty"`
}

// KernelCount is what the kernel program did with packets of protocol 112.
type KernelCount struct {
	Interface string `json:"interface"`
	Verdict   string `json:"verdict"`
	Packets   uint64 `json:"packets"`
}

// InstanceStatus is one virtual router.
type InstanceStatus struct {
	Name      string `json:"name"`
	Interface string `json:"interface"`
	VRID      uint8  `json:"vrid"`
	Family    string `json:"family"`  // ipv4, ipv6
	Version   int    `json:"version"` // 2, 3
	Group     string `json:"group,omitempty"`
	Dataplane string `json:"dataplane"`

	State State     `json:"state"`
	Since time.Time `json:"since"`
	// Reason is why it went there, the word of the metric's label.
	Reason string `json:"reason"`
	// Faults are the causes that hold it in FAULT; empty otherwise.
	Faults []string `json:"faults"`

	Priority           int  `json:"priority"`            // effective
	ConfiguredPriority int  `json:"configured_priority"` // of the file
	Owner              bool `json:"owner"`               // priority 255
	// Temporary is the priority that an operator set; nil when none did.
	Temporary *TemporaryPriority `json:"temporary_priority,omitempty"`
	Preempt   bool               `json:"preempt"`

	// PrimaryAddress is the source of our adverts; empty when there is none.
	PrimaryAddress string   `json:"primary_address"`
	Unicast        bool     `json:"unicast"`
	Peers          []string `json:"peers"`

	AdvertInterval     Seconds `json:"advert_interval"`
	MasterDownInterval Seconds `json:"master_down_interval"`
	SkewTime           Seconds `json:"skew_time"`
	// Deadline is when the instance acts next if nothing comes in; nil in
	// INIT and FAULT.
	Deadline *time.Time `json:"deadline,omitempty"`

	// Master is who is believed to be master; nil when nobody is known.
	Master *MasterStatus `json:"master,omitempty"`
	VIPs   []VIPStatus   `json:"vips"`
	// Trackers are the names of what the instance watches.
	Trackers []string `json:"trackers"`

	// Paths are the second paths of its adverts. MainPathLost: the master is
	// heard on one of these, and not on the interface.
	Paths        []PathStatus `json:"paths,omitempty"`
	MainPathLost bool         `json:"main_path_lost,omitempty"`

	// Guard is split_brain_guard; Held says why a takeover is put off now.
	Guard string `json:"guard"`
	Held  *Hold  `json:"held,omitempty"`

	SplitBrain bool `json:"split_brain"`
	// Contest says since when, and by which signs; nil without a split brain.
	Contest *SplitBrain `json:"contest,omitempty"`
	// RefusedFrom are the senders of refused adverts, by address and MAC;
	// RefusedRest counts the adverts of those that are too many to be kept.
	RefusedFrom []RefusedSource `json:"refused_from"`
	RefusedRest uint64          `json:"refused_rest,omitempty"`

	Fence    bool     `json:"fence"`
	Counters Counters `json:"counters"`
}

// Hold is a takeover that is put off.
type Hold struct {
	Reason string    `json:"reason"` // still_answers, deaf, witness_silent
	Text   string    `json:"text"`
	Since  time.Time `json:"since"`
	// Limit is for how long at most, if there is a limit for this reason.
	Limit  Seconds `json:"limit,omitempty"`
	Remedy string  `json:"remedy"`
}

// SplitBrain is another master beside us.
type SplitBrain struct {
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"` // the latest sign
	Signs []Sign    `json:"signs"`
}

// Sign is one way in which another master shows, as it was seen first.
type Sign struct {
	Sign   string `json:"sign"` // one stable word
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
}

// RefusedSource is a sender of adverts that were refused. Of those that the
// kernel program refuses only some fifty a second are seen here.
type RefusedSource struct {
	Address  string            `json:"address"`
	MAC      string            `json:"mac"`
	Rejected map[string]uint64 `json:"rejected"` // by reason
	Total    uint64            `json:"total"`
	First    time.Time         `json:"first"`
	Last     time.Time         `json:"last"`
	// Reason, TTL and Priority are those of the last one.
	Reason   string `json:"reason"`
	TTL      int    `json:"ttl"`
	Priority int    `json:"priority"`
}

// TemporaryPriority is a priority that an operator set over the control socket.
type TemporaryPriority struct {
	Priority int       `json:"priority"`
	Since    time.Time `json:"since"`
	// Until is when it lapses; nil: with a reset or the end of the daemon.
	Until *time.Time `json:"until,omitempty"`
	By    string     `json:"by,omitempty"` // who, by the kernel's word: "uid 0"
}

// MasterStatus is the master as this node sees it.
type MasterStatus struct {
	Address  string `json:"address"`
	MAC      string `json:"mac,omitempty"`
	Priority int    `json:"priority"`
	// Self: it is this node. Then the last advert is the one we sent.
	Self bool `json:"self"`
	// LastAdvert is the kernel's time of its last accepted advert.
	LastAdvert    time.Time `json:"last_advert"`
	LastAdvertAge Seconds   `json:"last_advert_age"`
	// AdvertInterval is the interval that its adverts carry.
	AdvertInterval Seconds `json:"advert_interval"`
}

// PathState is what there is to say of a second path.
type PathState string

// The states. A backup listens, a master sends and hears nobody.
const (
	PathAlive   PathState = "alive"   // the master is heard on it
	PathLost    PathState = "lost"    // it was, and is not any more, but elsewhere
	PathSilent  PathState = "silent"  // it never was, but is elsewhere
	PathSending PathState = "sending" // this node is master
	PathDown    PathState = "down"    // it cannot be used, see Why
	PathIdle    PathState = "idle"    // nothing is known yet, or nothing is to be heard
)

// PathStatus is one second path of an instance.
type PathStatus struct {
	Name      string    `json:"name"`
	Interface string    `json:"interface"`
	Peers     []string  `json:"peers,omitempty"` // none: multicast
	State     PathState `json:"state"`
	Why       string    `json:"why,omitempty"`
	// LastHeard is the kernel's time of the last heartbeat since the node is
	// backup, From its sender.
	From         string            `json:"from,omitempty"`
	LastHeard    *time.Time        `json:"last_heard,omitempty"`
	LastHeardAge Seconds           `json:"last_heard_age,omitempty"`
	Received     uint64            `json:"received"`
	Sent         uint64            `json:"sent"`
	Rejected     map[string]uint64 `json:"rejected"`
}

// VIPStatus is one virtual address.
type VIPStatus struct {
	Address   string `json:"address"` // with prefix length
	Interface string `json:"interface"`
	Label     string `json:"label,omitempty"`
	// Excluded: not carried in adverts.
	Excluded bool `json:"excluded"`
	Held     bool `json:"held"`
	// Conflict is the MAC of another host that claimed the address last.
	Conflict   string     `json:"conflict,omitempty"`
	ConflictAt *time.Time `json:"conflict_at,omitempty"`
}

// Counters are totals since the instance was made.
type Counters struct {
	Received      uint64            `json:"received"`
	Sent          uint64            `json:"sent"`
	ZeroReceived  uint64            `json:"priority_zero_received"`
	ZeroSent      uint64            `json:"priority_zero_sent"`
	BecameMaster  uint64            `json:"became_master"`
	Released      uint64            `json:"released_master"`
	Rejected      map[string]uint64 `json:"rejected"` // by reason
	WakesAbsorbed uint64            `json:"late_wakeups_absorbed"`
	GuardHolds    uint64            `json:"guard_holds"`
	Announced     uint64            `json:"announced"`
}

// GroupStatus is a sync group.
type GroupStatus struct {
	Name    string    `json:"name"`
	State   State     `json:"state"`
	Since   time.Time `json:"since"`
	Members []string  `json:"members"`
}

// TrackerStatus is one tracked object.
type TrackerStatus struct {
	Kind string `json:"kind"` // script, check, file, process, interface
	Name string `json:"name"`
	// Known is false until the first result.
	Known  bool `json:"known"`
	Up     bool `json:"up"`
	Weight int  `json:"weight"`
	// Value is the number of a file, the count of a process.
	Value int64 `json:"value,omitempty"`
	// Text is what the last run said, one line.
	Text     string    `json:"text,omitempty"`
	LastRun  time.Time `json:"last_run"`
	Duration Seconds   `json:"duration"`
}
