package test

import (
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// When a network that was in two parts is one again, the neighbours that were cut off with the other master learn from the
// remaining one where the address is. They are not asked and do not ask. When the worse master hears first it yields without
// a word, as the protocol wants it, and the better one cannot know of it, unless higher_prio_send_advert has it say so.
func TestSplitHeals(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"the better master hears", "the worse master hears"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			l.a.xvrrp(fast("VI_1", 200))
			l.owned(fastVIP, "a", patience)
			last := "" // word of the worse master
			if first == "the worse master hears" {
				last = "higher_prio_send_advert on"
			}
			l.b.xvrrp(fast("VI_1", 100, last))
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
			if last == "" { // adverts of one direction are a little late
				l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
				l.knows(fastVIP, "a")
				l.sw.Forward()
			}
			l.owned(fastVIP, "a", patience)
			l.knows(fastVIP, "a")
		})
	}
}
