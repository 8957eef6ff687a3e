package wire

import (
	"iter"
	"strings"
)

// Warnings is the set of checks that an accepted advert did not pass: they are
// counted (Reject.Counter) and logged, but the advert goes on to the election.
type Warnings uint8

// The members of the set, each named after its Reject.
const (
	WarnFirstAddressNotLinkLocal Warnings = 1 << iota
	WarnOwnerConflict
	WarnIntervalMismatch
	WarnAddressListMismatch
)

// warned gives the Reject of each bit, lowest first.
var warned = [...]Reject{
	FirstAddressNotLinkLocal, OwnerConflict, IntervalMismatch, AddressListMismatch,
}

// Has reports whether any of want is in the set.
func (w Warnings) Has(want Warnings) bool { return w&want != 0 }

// Each yields the members as the reasons they are counted under.
func (w Warnings) Each() iter.Seq[Reject] {
	return func(yield func(Reject) bool) {
		for i, r := range warned {
			if w&(1<<i) != 0 && !yield(r) {
				return
			}
		}
	}
}

// String returns the labels separated by commas, empty for an empty set.
func (w Warnings) String() string {
	var names []string
	for r := range w.Each() {
		names = append(names, r.String())
	}
	return strings.Join(names, ",")
}
