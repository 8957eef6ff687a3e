package config

import "time"

// Settings is one node's whole configuration with every default resolved.
type Settings struct {
	// Files lists what was read, in order, includes among them.
	Files []File
	// ID is the one that was asked for, which decided the lines that begin with @; empty: this host's.
	ID string
	// Global is global_defs, without the defaults that instances inherit:
	// those are already resolved into each Instance.
	Global Global
	// Instances are in the order of the file. Names are unique.
	Instances []Instance
	// SyncGroups never name an unknown instance and never overlap.
	SyncGroups []SyncGroup
	// Scripts, TrackFiles, TrackProcesses and BFDs are the tracked objects,
	// used or not (Used says).
	Scripts        []Script
	TrackFiles     []TrackFile
	TrackProcesses []TrackProcess
	BFDs           []BFD
	// StaticAddresses, StaticRoutes and StaticRules are added at start and
	// removed at stop, whatever the state of the instances.
	StaticAddresses []Address
	StaticRoutes    []Route
	StaticRules     []Rule
	// TrackGroups name the instances that go to FAULT when a static entry of
	// the group disappears.
	TrackGroups []TrackGroup
	// GARPGroups pace announcements over several interfaces together.
	GARPGroups []GARPGroup
	// LinkDelays debounce link events, one entry an interface.
	LinkDelays []LinkDelay
	// Own is the xvrrp { } block.
	Own Own
}

// Instance returns the instance of that name, nil when there is none.
func (s *Settings) Instance(name string) *Instance {
	for i := range s.Instances {
		if s.Instances[i].Name == name {
			return &s.Instances[i]
		}
	}
	return nil
}

// File is one file that was read.
type File struct {
	Path  string
	Bytes int
	// Lines counts physical lines.
	Lines int
}

// Pos is a place in a configuration file. Lines and columns count from 1; a
// zero Line means the file as a whole.
type Pos struct {
	File   string
	Line   int
	Column int
}

// SyncGroup is vrrp_sync_group: instances that change state together.
type SyncGroup struct {
	Name string
	// Members are instance names in the order of the file, at least one.
	Members []string
	// Tracks apply to every member.
	Tracks []Track
	// TrackingWeight is sync_group_tracking_weight: weighted trackers are
	// allowed, and the members should have equal priorities.
	TrackingWeight bool
	Notify         Notify
	Pos            Pos
}

// TrackGroup is track_group: instances bound to static entries.
type TrackGroup struct {
	Name    string
	Members []string
	Pos     Pos
}

// GARPGroup is garp_group: one pace for the announcements of several
// interfaces, for example all VLANs of one trunk.
type GARPGroup struct {
	// GARPInterval and GNAInterval are the gaps between two gratuitous ARPs
	// and two neighbour advertisements; 0 means no gap.
	GARPInterval time.Duration
	GNAInterval  time.Duration
	Interfaces   []string
	Pos          Pos
}

// LinkDelay is one line of interface_up_down_delays.
type LinkDelay struct {
	Interface string
	// Down and Up are how long a change must last before it counts, 0..255 s.
	Down time.Duration
	Up   time.Duration
	Pos  Pos
}
