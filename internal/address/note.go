package address

import "fmt"

// A Note is something that the watcher found or did on its own.
type Note struct {
	Kind    NoteKind
	Owner   string // the first of the owners; empty when the note is about no claim
	What    string // the address, route or rule in words
	Address Address
	Err     error // for Failed and Trouble
}

// NoteKind says what a note is about.
type NoteKind int

const (
	// Restored: somebody else took the address away, and it is back. Told once in the time of a claim, and when Failed was told
	// before; counted always.
	Restored NoteKind = iota + 1
	// Placed: an address that could not be added at first now stands.
	Placed
	// Failed: an address that stood is gone and could not be put back. Told once until it stands again.
	Failed
	// Duplicate: the kernel's duplicate address detection found the address on another host and disabled it here.
	Duplicate
	// StrayRemoved: a watched address stood though nobody here claims it, and was deleted.
	StrayRemoved
	// StrayFound: the same, but it was left alone.
	StrayFound
	// Trouble: the watching itself met an error; it goes on.
	Trouble
)

func (k NoteKind) String() string {
	switch k {
	case Restored:
		return "restored"
	case Placed:
		return "placed"
	case Failed:
		return "failed"
	case Duplicate:
		return "duplicate"
	case StrayRemoved:
		return "stray removed"
	case StrayFound:
		return "stray found"
	case Trouble:
		return "trouble"
	}
	return fmt.Sprintf("note %d", int(k))
}
