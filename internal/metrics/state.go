package metrics

// State is a virtual router's state in the words of keepalived's users. The
// values are keepalived's own numbers, which its exporter shows.
type State uint8

// The states. Fault is Initialize with at least one cause that holds it there.
const (
	Init State = iota
	Backup
	Master
	Fault
)

var states = [...]State{Init, Backup, Master, Fault}

// String returns the metric label.
func (s State) String() string {
	switch s {
	case Init:
		return "init"
	case Backup:
		return "backup"
	case Master:
		return "master"
	case Fault:
		return "fault"
	}
	return "unknown"
}

// Announcement is how a virtual address was announced.
type Announcement uint8

// GratuitousARP is for IPv4, NeighborAdvert for IPv6.
const (
	GratuitousARP Announcement = iota
	NeighborAdvert
)

// String returns the metric label.
func (a Announcement) String() string {
	if a == NeighborAdvert {
		return "na"
	}
	return "garp"
}
