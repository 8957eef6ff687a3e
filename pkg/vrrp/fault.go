package vrrp

import "slices"

// Cause is one named thing that keeps a router in Initialize. Two causes are
// the same if kind and name are.
type Cause struct {
	Kind CauseKind
	// Name is what is broken: an interface, a script, a file. It may be empty
	// where there can be only one.
	Name string
}

// CauseKind is the sort of a Cause.
type CauseKind uint8

// The kinds.
const (
	// CauseNone is no cause.
	CauseNone CauseKind = iota
	// CauseInterface: the interface of the router is down, or gone.
	CauseInterface
	// CauseTracked: a tracked interface is down.
	CauseTracked
	// CauseScript: an unweighted script or check failed.
	CauseScript
	// CauseFile: a tracked file says so.
	CauseFile
	// CauseProcess: a tracked process is missing.
	CauseProcess
	// CauseBFD: a tracked BFD session is not up.
	CauseBFD
	// CauseAddress: the interface has no address to send from. The router
	// itself raises and clears it, after PrimaryChanged.
	CauseAddress
	// CauseSource: the configured source address is not there (track_src_ip).
	CauseSource
	// CausePeers: there is no unicast peer (unicast_fault_no_peer).
	CausePeers
	// CauseConfig: the settings cannot work on this host.
	CauseConfig
	// CauseAdmin: an operator drained the router.
	CauseAdmin
	// CauseStatic: a static address, route or rule of a track_group is gone and
	// cannot be put back.
	CauseStatic
	// CauseGroup: another member of the sync group has a fault. The Group
	// itself raises and clears it.
	CauseGroup
	// CausePending: a check has no result yet. Quiet.
	CausePending
	// CauseDelay: the start-up delay runs. The router itself raises and clears
	// it. Quiet.
	CauseDelay
	// CauseGroupPending: another member has a quiet cause. Quiet; the Group
	// itself raises and clears it.
	CauseGroupPending
)

var causeLabels = [...]string{
	CauseNone:         "none",
	CauseInterface:    "interface",
	CauseTracked:      "tracked_interface",
	CauseScript:       "script",
	CauseFile:         "file",
	CauseProcess:      "process",
	CauseBFD:          "bfd",
	CauseAddress:      "no_address",
	CauseSource:       "source_address",
	CausePeers:        "no_peers",
	CauseConfig:       "configuration",
	CauseAdmin:        "drained",
	CauseStatic:       "track_group",
	CauseGroup:        "sync_group",
	CausePending:      "pending",
	CauseDelay:        "startup_delay",
	CauseGroupPending: "sync_group_pending",
}

// String returns a stable label.
func (k CauseKind) String() string {
	if int(k) < len(causeLabels) {
		return causeLabels[k]
	}
	return "unknown"
}

// Quiet says that operators call a router with this cause "initialising" and
// not FAULT: nothing is broken, something is not yet known.
func (k CauseKind) Quiet() bool { return k >= CausePending }

// String returns "kind" or "kind name".
func (c Cause) String() string {
	if c.Name == "" {
		return c.Kind.String()
	}
	return c.Kind.String() + " " + c.Name
}

// causes is a set, in the order of raising.
type causes []Cause

func (s *causes) raise(c Cause) bool {
	if slices.Contains(*s, c) {
		return false
	}
	*s = append(*s, c)
	return true
}

func (s *causes) clear(c Cause) bool {
	i := slices.Index(*s, c)
	if i < 0 {
		return false
	}
	*s = slices.Delete(*s, i, i+1)
	return true
}

// loud returns the first cause that is not quiet.
func (s causes) loud() (Cause, bool) {
	for _, c := range s {
		if !c.Kind.Quiet() {
			return c, true
		}
	}
	return Cause{}, false
}
