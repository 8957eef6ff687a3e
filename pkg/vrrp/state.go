package vrrp

// State is the state of a virtual router (RFC 9568 section 6.4).
type State uint8

// The states. keepalived's FAULT is Initialize with a cause that is not quiet.
const (
	Initialize State = iota
	Backup
	Active
)

// String returns RFC 9568's name.
func (s State) String() string {
	switch s {
	case Initialize:
		return "Initialize"
	case Backup:
		return "Backup"
	case Active:
		return "Active"
	}
	return "unknown"
}

// MIB returns the value of vrrpv3OperationsStatus (RFC 6527): 1, 2 or 3.
func (s State) MIB() uint8 { return uint8(s) + 1 }
