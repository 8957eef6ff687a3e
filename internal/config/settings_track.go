package config

import "time"

// TrackKind is what is watched.
type TrackKind uint8

// The kinds of trackers. TrackCheck is a built-in check of the xvrrp block,
// which is named in track_script like a script.
const (
	TrackScript TrackKind = iota
	TrackInterface
	TrackFileValue
	TrackProcessQuorum
	TrackBFD
	TrackCheck
)

// String returns the metric label of the kind.
func (k TrackKind) String() string {
	return [...]string{"script", "interface", "file", "process", "bfd", "check"}[k]
}

// Track is one entry of a track_… block.
type Track struct {
	Kind TrackKind
	// Name is the script, file, process, check, BFD session or interface.
	Name string
	// Weight is -253..253 (files and processes: -254..254). 0: down is FAULT.
	Weight int
	// Reverse flips the sign of the contribution; with weight 0, up is FAULT.
	Reverse bool
	Pos     Pos
}

// Script is vrrp_script.
type Script struct {
	Name string
	// Command is what runs; for OpenFile it is the path.
	Command Command
	// OpenFile: the check succeeds when the file opens for reading (`</path`).
	OpenFile bool
	// Interval is from start to start. Default 1 s.
	Interval time.Duration
	// Timeout bounds one run. Default Interval.
	Timeout time.Duration
	// Weight and Reverse are the defaults of trackers that name none.
	Weight  int
	Reverse bool
	// Rise and Fall are consecutive results needed, at least 1. Default 1.
	Rise, Fall int
	// InitFail: counts as failed until the first result.
	InitFail bool
	// Used: some instance or group tracks it. Unused scripts never run.
	Used bool
	Pos  Pos
}

// TrackFile is track_file: a number in a file.
type TrackFile struct {
	Name string
	Path string
	// Weight multiplies the number, -254..254. Default 1. 0: non-zero is FAULT.
	Weight  int
	Reverse bool
	// Init creates the file at start with InitValue; InitOverwrite also when
	// it exists.
	Init          bool
	InitValue     int32
	InitOverwrite bool
	Used          bool
	Pos           Pos
}

// TrackProcess is vrrp_track_process: a number of running processes.
type TrackProcess struct {
	Name string
	// Process is the kernel's 15-byte name or a path.
	Process string
	// Params are compared as ParamMatch says.
	Params     []string
	ParamMatch ParamMatch
	// FullCommand compares with the first word of the whole command line.
	FullCommand bool
	// Weight is -254..254. Default 0.
	Weight  int
	Reverse bool
	// Quorum..QuorumMax matching processes count as up. Defaults 1 and
	// 0, which means no maximum.
	Quorum, QuorumMax int
	// ForkDelay and TerminateDelay debounce, 0..3600 s. Default 0.
	ForkDelay, TerminateDelay time.Duration
	Used                      bool
	Pos                       Pos
}

// ParamMatch is param_match.
type ParamMatch uint8

// How the parameters of a process are compared.
const (
	ParamNone ParamMatch = iota
	ParamExact
	ParamInitial
	ParamPartial
)

// BFD is bfd_instance. xvrrp does not run BFD; an instance that tracks one is
// an Error finding.
type BFD struct {
	Name    string
	Weight  int
	Reverse bool
	Used    bool
	// Options are the lines of the block as they stand.
	Options []Option
	Pos     Pos
}

// Command is a command line, split as keepalived splits it. No shell.
type Command struct {
	// Argv is the command and its arguments, never empty in a set Command.
	Argv []string
	// User and Group are names or numbers. They are resolved: the command's
	// own, else script_user, else keepalived_script when that user exists,
	// else empty, which means the daemon's own.
	User, Group string
	Pos         Pos
}

// IsZero reports whether there is no command.
func (c Command) IsZero() bool { return len(c.Argv) == 0 }

// Notify are the commands of an instance or group. Those that are not set are
// zero Commands.
type Notify struct {
	Master, Backup, Fault, Stop Command
	// Deleted and MasterRxLowerPri are for instances only.
	Deleted, MasterRxLowerPri Command
	// Any runs after the specific one, with four more arguments.
	Any Command
	// PriorityChanges also runs Any and feeds the FIFO on a new effective
	// priority.
	PriorityChanges bool
	// SMTPAlert asks for mail on transitions; xvrrp warns and sends none.
	SMTPAlert bool
}
