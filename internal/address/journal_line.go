package address

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A place is an address on an interface: what the journal remembers of it. The line begins with the interface's index: a
// renamed interface keeps it, and one that was deleted and made anew, whose old addresses are gone, has another.
type place struct {
	index  int
	prefix netip.Prefix
	peer   netip.Addr
}

func (p place) key() key { return keyOf(p.index, p.prefix, p.peer) }

// appendLine appends the place's line.
func (p place) appendLine(b []byte) []byte {
	b = strconv.AppendInt(b, int64(p.index), 10)
	b = append(b, ' ')
	b = p.prefix.AppendTo(b)
	if p.peer.IsValid() {
		b = append(b, " peer "...)
		b = p.peer.AppendTo(b)
	}
	return append(b, '\n')
}

func parsePlace(line string) (place, error) {
	w := strings.Fields(line)
	if len(w) != 2 && (len(w) != 4 || w[2] != "peer") {
		return place{}, fmt.Errorf("%q is not an address", line)
	}
	index, err := strconv.Atoi(w[0])
	if err != nil {
		return place{}, err
	}
	p := place{index: index}
	if p.prefix, err = netip.ParsePrefix(w[1]); err != nil {
		return place{}, err
	}
	if len(w) == 4 {
		if p.peer, err = netip.ParseAddr(w[3]); err != nil {
			return place{}, err
		}
	}
	return p, nil
}
