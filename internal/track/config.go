package track

import (
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

// Config is everything to watch. Names are unique over Scripts and Checks,
// over Files, and over Processes.
type Config struct {
	Scripts   []Script
	Checks    []Check
	Files     []File
	Processes []Process
	// Secure is enable_script_security: refuse to run as root what others
	// can change.
	Secure bool
}

// Script is a vrrp_script.
type Script struct {
	Name string
	// Command runs, unless OpenFile is set: then the check succeeds when that
	// file opens for reading.
	Command  command.Command
	OpenFile string
	Rhythm
}

// Rhythm is when something is asked and what its answers mean.
type Rhythm struct {
	// Interval is from start to start, Timeout bounds one run. A Timeout of 0
	// is the Interval.
	Interval, Timeout time.Duration
	// Rise and Fall are consecutive results needed.
	Rise, Fall int
	// InitFail: failed until Rise successes say otherwise.
	InitFail bool
}

func (r Rhythm) timeout() time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	return r.Interval
}

// Check is a built-in check.
type Check struct {
	Name string
	Kind CheckKind
	// Target is host:port (tcp), a URL (http, https), a path (unix, pidfile),
	// a unit (systemd), an address or nothing for the default route's gateway
	// (gateway).
	Target string
	// StatusMin..StatusMax are the accepted HTTP statuses.
	StatusMin, StatusMax int
	// Insecure: do not verify the certificate.
	Insecure bool
	Rhythm
}

// CheckKind is what a Check asks.
type CheckKind string

// The kinds of built-in checks.
const (
	TCP     CheckKind = "tcp"
	HTTP    CheckKind = "http"
	HTTPS   CheckKind = "https"
	Unix    CheckKind = "unix"
	PIDFile CheckKind = "pidfile"
	Systemd CheckKind = "systemd"
	Gateway CheckKind = "gateway"
)

// File is a track_file.
type File struct {
	Name string
	Path string
	// Init creates the file at start with InitValue, Overwrite also when it
	// exists.
	Init      bool
	InitValue int32
	Overwrite bool
}

// Process is a vrrp_track_process.
type Process struct {
	Name string
	// Process is the kernel's name of at most 15 bytes, or a path.
	Process string
	// FullCommand compares Process with the first word of the command line.
	FullCommand bool
	Params      []string
	Match       ParamMatch
	// Quorum..QuorumMax matching processes count as up; a QuorumMax of 0 is
	// no maximum.
	Quorum, QuorumMax int
	// ForkDelay and TerminateDelay are how long a new opinion must last.
	ForkDelay, TerminateDelay time.Duration
}

// ParamMatch is how parameters are compared.
type ParamMatch uint8

// Not at all; all of them; the first ones, of which the last may be longer;
// the first ones.
const (
	ParamNone ParamMatch = iota
	ParamExact
	ParamInitial
	ParamPartial
)
