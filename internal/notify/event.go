package notify

import "fmt"

// Kind is whom an event is about.
type Kind uint8

// An instance or a sync group.
const (
	Instance Kind = iota
	Group
)

// String is the word that scripts and FIFOs get.
func (k Kind) String() string {
	if k == Group {
		return "GROUP"
	}
	return "INSTANCE"
}

// State is what an event tells, in the word that scripts and FIFOs get.
type State string

// States, and events that keepalived tells in the same place.
const (
	Master  State = "MASTER"
	Backup  State = "BACKUP"
	Fault   State = "FAULT"
	Stop    State = "STOP"
	Deleted State = "DELETED"
	// MasterRxLowerPri: a master heard an advert of lower priority.
	MasterRxLowerPri State = "MASTER_RX_LOWER_PRI"
	// MasterPriority and BackupPriority: the effective priority changed.
	MasterPriority State = "MASTER_PRIORITY"
	BackupPriority State = "BACKUP_PRIORITY"
	// SplitBrain and SplitBrainOver are ours: another node is master beside us.
	// Only who asked for them is told.
	SplitBrain     State = "SPLIT_BRAIN"
	SplitBrainOver State = "SPLIT_BRAIN_OVER"
)

// ours reports whether keepalived does not know a state.
func (s State) ours() bool { return s == SplitBrain || s == SplitBrainOver }

// Event is one thing to tell.
type Event struct {
	Kind  Kind
	Name  string
	State State
	// Priority is the effective one; 0 for groups.
	Priority int
}

// args are the four arguments that a general notify script gets.
func (e Event) args() []string {
	return []string{e.Kind.String(), e.Name, string(e.State), fmt.Sprint(e.priority())}
}

func (e Event) priority() int {
	if e.Kind == Group {
		return 0
	}
	return e.Priority
}

// line is what a FIFO gets.
func (e Event) line() string {
	return fmt.Sprintf("%s \"%s\" %s %d\n", e.Kind, e.Name, e.State, e.priority())
}

// key is whose order matters.
type key struct {
	kind Kind
	name string
}

func (e Event) key() key { return key{e.Kind, e.Name} }
