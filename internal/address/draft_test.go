package address

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// drafted prepares a list and says whether a claim of it would be a mere write.
func drafted(a *Holder, owner string, list []Address) bool {
	a.Prepare(owner, list)
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.draft(owner, list)
	if d != nil {
		a.drafts[owner] = d // draft takes it
	}
	return d != nil
}

// A claim that was put together beforehand ends as any other does.
func TestDraftedClaim(t *testing.T) {
	h := host(t)
	path := journalIn(t)
	a, _ := open(t, h, path)
	list := many(batchSize+200, false)
	h.AddAddress("eth0", list[7].Prefix.String()) // somebody's
	if !drafted(a, "VI_1", list) {
		t.Fatal("nothing was drafted")
	}
	var told []int
	r, err := a.ClaimStepwise("VI_1", list, func(n int) { told = append(told, n) })
	if err != nil || r.Added != len(list)-1 || len(r.Foreign) != 1 || r.Foreign[0] != list[7] {
		t.Errorf("%d added, foreign %v, %v", r.Added, r.Foreign, err)
	}
	if n := len(global(h)); n != len(list) {
		t.Errorf("%d of %d addresses", n, len(list))
	}
	if len(told) < len(list)/markEvery || !slices.IsSorted(told) || told[len(told)-1] != len(list) {
		t.Errorf("told %v", told)
	}
	if r := claim(t, a, "VI_1", list...); r.Held != len(list) {
		t.Errorf("claimed again: %+v", r)
	}

	// It is ours for a successor, and goes when it is released.
	kill(t, a)
	b, _ := open(t, h, path)
	if drafted(b, "VI_1", list) {
		t.Error("drafted what a predecessor left")
	}
	if r := claim(t, b, "VI_1", list...); r.Adopted != len(list)-1 {
		t.Errorf("%d adopted", r.Adopted)
	}
	mustNot(t, b.Release("VI_1"))
	if left := global(h); len(left) != 1 || left[0] != list[7].Prefix.String() {
		t.Errorf("left %v", left)
	}
	if !drafted(b, "VI_1", list) {
		t.Error("nothing was drafted after a release")
	}
}

// A rehearsal changes nothing, and the draft is as good as before.
func TestRehearse(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, journalIn(t))
	list := many(2, false)
	mustNot(t, a.Rehearse("VI_1", list)) // of what nobody prepared
	if !drafted(a, "VI_1", list) {
		t.Fatal("nothing was drafted")
	}
	before := a.req.seq
	mustNot(t, a.Rehearse("VI_1", list))
	if a.req.seq == before {
		t.Error("the kernel was asked nothing")
	}
	if n := len(global(h)); n != 0 {
		t.Errorf("%d addresses stand after a rehearsal", n)
	}
	if r := claim(t, a, "VI_1", list...); r.Added != 2 {
		t.Errorf("%d added", r.Added)
	}
	a.rehearsed = time.Time{} // else it would be too soon
	if before = a.req.seq; a.Rehearse("VI_1", list) != nil || a.req.seq != before {
		t.Error("rehearsed what stands")
	}
}

// What changed after a draft was made ends it; the claim is put together anew.
func TestDraftOvertaken(t *testing.T) {
	list := many(64, false)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, a *Holder)
		held   int
	}{
		{"another owner has an address", func(t *testing.T, a *Holder) { claim(t, a, "VI_2", list[3]) }, 1},
		{"the owner has one", func(t *testing.T, a *Holder) {
			claim(t, a, "VI_1", Address{Prefix: netip.MustParsePrefix("192.0.2.77/32"), Interface: "eth0"})
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := host(t)
			a, _ := open(t, h, journalIn(t))
			if !drafted(a, "VI_1", list) {
				t.Fatal("nothing was drafted")
			}
			c.change(t, a)
			a.mu.Lock()
			stands := a.draft("VI_1", list) != nil
			a.mu.Unlock()
			if stands {
				t.Error("the draft stands")
			}
			if r := claim(t, a, "VI_1", list...); r.Held != c.held || r.Added != len(list)-c.held {
				t.Errorf("%d held, %d added", r.Held, r.Added)
			}
			if n := len(global(h)); n != len(list) {
				t.Errorf("%d addresses", n)
			}
		})
	}
}

// An interface that another has replaced since it was looked up costs one attempt.
func TestDraftedForAnInterfaceThatWent(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, journalIn(t))
	list := vips("192.0.2.10/24")
	if !drafted(a, "VI_1", list) {
		t.Fatal("nothing was drafted")
	}
	mustNot(t, h.Netlink().LinkDel(h.Link("eth0")))
	h.Veth("eth0", "wire")
	a.mu.Lock()
	a.drafts["VI_1"].seen = time.Now()
	a.mu.Unlock()
	if _, err := a.Claim("VI_1", list); err == nil {
		t.Fatal("claimed on an interface that is gone")
	}
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24"))
}
