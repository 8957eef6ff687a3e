package doctor

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/nftables/expr"
)

// answer is whether a packet matches.
type answer uint8

const (
	no answer = iota
	perhaps
	yes
)

func (a answer) not() answer { return yes - a }

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}

// equal compares as many bytes as want has.
func (m maybe) equal(want []byte) answer {
	if len(m.data) < len(want) {
		return perhaps
	}
	result := yes
	for i, w := range want {
		switch {
		case !m.known[i]:
			result = perhaps
		case m.data[i] != w:
			return no
		}
	}
	return result
}

// order compares like memcmp; ok is false when that is not known.
func (m maybe) order(with []byte) (result int, ok bool) {
	if len(m.data) < len(with) {
		return 0, false
	}
	for i, w := range with {
		if !m.known[i] {
			return 0, false
		}
		if c := cmp.Compare(m.data[i], w); c != 0 {
			return c, true
		}
	}
	return 0, true
}

// compare does one of nft's comparisons.
func (m maybe) compare(op expr.CmpOp, with []byte) answer {
	switch op {
	case expr.CmpOpEq:
		return m.equal(with)
	case expr.CmpOpNeq:
		return m.equal(with).not()
	}
	c, ok := m.order(with)
	if !ok {
		return perhaps
	}
	switch op {
	case expr.CmpOpLt:
		return truth(c < 0)
	case expr.CmpOpLte:
		return truth(c <= 0)
	case expr.CmpOpGt:
		return truth(c > 0)
	case expr.CmpOpGte:
		return truth(c >= 0)
	}
	return perhaps
}

// between is true for from <= m <= to.
func (m maybe) between(from, to []byte) answer {
	return min(m.compare(expr.CmpOpGte, from), m.compare(expr.CmpOpLte, to))
}

// masked is (m & mask) ^ xor. A byte that the mask wipes out becomes known.
func (m maybe) masked(mask, xor []byte) maybe {
	out := unknown(len(mask))
	for i := range mask {
		if i < len(m.data) && m.known[i] || mask[i] == 0 {
			out.known[i] = true
			if i < len(m.data) {
				out.data[i] = m.data[i] & mask[i]
			}
			if i < len(xor) {
				out.data[i] ^= xor[i]
			}
		}
	}
	return out
}

// find looks a key up. With yes or no the answer is certain, and the element
// is the one that matched; with perhaps it is one that might.
func (s Set) find(m maybe) (answer, Element) {
	if s.Interval && !slices.ContainsFunc(s.Elements, func(e Element) bool { return e.KeyEnd != nil }) {
		return s.inInterval(m)
	}
	best, found := no, Element{}
	for _, e := range s.Elements {
		got := m.equal(e.Key)
		if e.KeyEnd != nil {
			got = m.inFields(e.Key, e.KeyEnd)
		}
		if got > best {
			best, found = got, e
		}
		if best == yes {
			break
		}
	}
	return best, found
}

// inInterval looks through ranges that are told by their ends: each begins at
// an element and ends before the next one that is marked as an end.
func (s Set) inInterval(m maybe) (answer, Element) {
	sorted := slices.Clone(s.Elements)
	slices.SortStableFunc(sorted, func(a, b Element) int {
		if c := bytes.Compare(a.Key, b.Key); c != 0 || a.End == b.End {
			return c
		}
		if a.End { // a range that ends here makes room for one that begins
			return -1
		}
		return 1
	})
	inside, last := no, Element{}
	for _, e := range sorted {
		c, ok := m.order(e.Key)
		switch {
		case !ok:
			return perhaps, e
		case c < 0:
			return inside, last
		}
		inside, last = truth(!e.End), e
	}
	return inside, last
}

// inFields compares concatenated ranges, field by field of 4 bytes.
func (m maybe) inFields(from, to []byte) answer {
	result := yes
	for i := 0; i+4 <= len(from) && i+4 <= len(to); i += 4 {
		if len(m.data) < i+4 {
			return perhaps
		}
		field := maybe{m.data[i : i+4], m.known[i : i+4]}
		result = min(result, field.between(from[i:i+4], to[i:i+4]))
	}
	return result
}
