package daemon

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/internal/ifstate"
)

// heard notes what passes a damper, with the seconds since the start.
type heard struct {
	began time.Time
	lines []string
}

func (h *heard) add(what string, args ...any) {
	h.lines = append(h.lines, fmt.Sprintf("%gs ", time.Since(h.began).Seconds())+fmt.Sprintf(what, args...))
}

func (h *heard) Link(l ifstate.Link)                  { h.add("%s up=%v", l.Name, l.Up) }
func (h *heard) Addresses(i int, _ []ifstate.Address) { h.add("addresses of %d", i) }
func (h *heard) Gone(l ifstate.Link)                  { h.add("%s gone", l.Name) }
func (h *heard) Synced()                              { h.add("synced") }

func TestDamper(t *testing.T) {
	link := func(up bool) ifstate.Link { return ifstate.Link{Index: 2, Name: "eth0", Up: up} }
	for _, c := range []struct {
		name  string
		story func(p *damper)
		want  []string
	}{
		{"a flap is not told", func(p *damper) {
			p.Link(link(true))
			p.Link(link(false))
			time.Sleep(time.Second)
			p.Link(link(true))
			time.Sleep(time.Minute)
		}, []string{"0s eth0 up=true", "0s eth0 up=true", "1s eth0 up=true"}},
		{"what lasts is", func(p *damper) {
			p.Link(link(true))
			p.Link(link(false))
			time.Sleep(10 * time.Second)
			p.Link(link(true))
			time.Sleep(time.Minute)
		}, []string{"0s eth0 up=true", "0s eth0 up=true", "3s eth0 up=false", "10s eth0 up=false", "15s eth0 up=true"}},
		{"an interface that goes, and another", func(p *damper) {
			p.Link(link(true))
			p.Link(link(false))
			p.Gone(link(false))
			time.Sleep(time.Minute)
			p.Link(link(false))
			p.Link(ifstate.Link{Index: 3, Name: "eth1", Up: true})
			p.Link(ifstate.Link{Index: 3, Name: "eth1", Up: false})
		}, []string{"0s eth0 up=true", "0s eth0 up=true", "0s eth0 gone", "60s eth0 up=false", "60s eth1 up=true", "60s eth1 up=false"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &heard{began: time.Now()}
				c.story(newDamper(h, func(name string) (down, up time.Duration) {
					if name == "eth0" {
						return 3 * time.Second, 5 * time.Second
					}
					return 0, 0
				}))
				synctest.Wait()
				if !slices.Equal(h.lines, c.want) {
					t.Errorf("got\n%v, want\n%v", h.lines, c.want)
				}
			})
		})
	}
}
