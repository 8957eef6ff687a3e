package doctor

import "slices"

// Severity ranks a Finding.
type Severity uint8

// A Note is good to know, a Warning may hurt one day, a Problem breaks VRRP
// now.
const (
	Note Severity = iota
	Warning
	Problem
)

// String returns the word.
func (s Severity) String() string { return [...]string{"note", "warning", "problem"}[s] }

// MarshalText lets JSON carry the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing about the host or its LAN.
type Finding struct {
	Severity Severity `json:"severity"`
	// Code is stable; docs/doctor.md explains each.
	Code string `json:"code"`
	// About is the interface, instance or table; empty: the host.
	About  string `json:"about,omitempty"`
	What   string `json:"what"`
	Why    string `json:"why"`
	Remedy string `json:"remedy"`
}

// Sort puts the worst first and keeps the order otherwise.
func Sort(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
}

// Broken says that something in the list breaks VRRP.
func Broken(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == Problem })
}
