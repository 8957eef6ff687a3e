package test

import (
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// When a network that was in two parts is one again, the neighbours that were cut off with the other master learn from the
// remaining one where the address is, whichever of the two heard the other first. They are not asked and do not ask.
func TestSplitHeals(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"both", "the better master hears", "the worse master hears"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			l.a.xvrrp(fast("VI_1", 200))
			l.owned(fastVIP, "a", patience)
			l.b.xvrrp(fast("VI_1", 100))
			cut := func(p *lab.Port) {
				l.sw.Drop(l.a.port, p, lab.Everything)
				l.sw.Drop(p, l.a.port, lab.Everything)
			}
			cut(l.b.port)
			cut(l.c.port)
			l.owned(fastVIP, "a b", patience)
			l.c.Run("ping", "-c", "1", fastVIP)
			l.knows(fastVIP, "b")

			l.sw.Forward()
			switch first { // adverts of one direction are a little late
			case "the better master hears":
				l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
				l.knows(fastVIP, "a")
				l.sw.Forward()
			case "the worse master hears":
				l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
			}
			l.owned(fastVIP, "a", patience)
			l.knows(fastVIP, "a")
		})
	}
}
