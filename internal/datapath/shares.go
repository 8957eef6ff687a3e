package datapath

import "slices"

// shares is what several owners want in one map of the kernel. An owner says all that it wants at once; what that changes is
// found at the cost of its own entries, however many the others have.
type shares[K comparable, V any] struct {
	of map[string][]K
	at map[K][]share[V]
}

type share[V any] struct {
	owner string
	value V
}

func newShares[K comparable, V any]() shares[K, V] {
	return shares[K, V]{map[string][]K{}, map[K][]share[V]{}}
}

// get is what the map shall hold for a key: what was said last.
func (s shares[K, V]) get(k K) (v V, ok bool) {
	if list := s.at[k]; len(list) > 0 {
		return list[len(list)-1].value, true
	}
	return v, false
}

// set replaces all that an owner wants, and returns the keys that may have another value now: first those that it wants.
func (s shares[K, V]) set(owner string, wanted map[K]V) (touched []K) {
	for k := range wanted {
		touched = append(touched, k)
	}
	for _, k := range s.of[owner] {
		s.at[k] = slices.DeleteFunc(s.at[k], func(x share[V]) bool { return x.owner == owner })
		if _, stays := wanted[k]; stays {
			continue
		}
		touched = append(touched, k)
		if len(s.at[k]) == 0 {
			delete(s.at, k)
		}
	}
	for k, v := range wanted {
		s.at[k] = append(s.at[k], share[V]{owner, v})
	}
	if s.of[owner] = slices.Clone(touched[:len(wanted)]); len(wanted) == 0 {
		delete(s.of, owner)
	}
	return touched
}

// override gives a key another value, until an owner says anew what it wants.
func (s shares[K, V]) override(k K, v V) {
	for i := range s.at[k] {
		s.at[k][i].value = v
	}
}

// keys are all that is wanted.
func (s shares[K, V]) keys() []K {
	list := make([]K, 0, len(s.at))
	for k := range s.at {
		list = append(list, k)
	}
	return list
}
