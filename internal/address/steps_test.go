package address

import (
	"slices"
	"testing"
)

// A claim tells how far it has come while it goes on, and counts what stood before and what cannot be added.
func TestClaimTellsHowFarItIs(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, journalIn(t))
	list := many(4*markEvery, false)
	h.AddAddress("eth0", list[1].Prefix.String()) // somebody's
	list[markEvery+3].Interface = "nowhere"
	if r := claim(t, a, "VI_1", list[:10]...); r.Added != 9 {
		t.Fatalf("claim: %+v", r)
	}
	var told []int
	r, err := a.ClaimStepwise("VI_1", list, func(n int) {
		told = append(told, n)
		there := map[string]bool{}
		for _, p := range global(h) {
			there[p] = true
		}
		for i, x := range list[:n] {
			if i != markEvery+3 && !there[x.Prefix.String()] {
				t.Errorf("told that %d stand, and %s does not", n, x.Prefix)
			}
		}
	})
	if err == nil || r.Added != len(list)-11 || r.Held != 10 || len(r.Failures) != 1 {
		t.Errorf("claim: %+v, %v", r, err)
	}
	if len(told) < len(list)/markEvery || !slices.IsSorted(told) || told[len(told)-1] != len(list) {
		t.Errorf("told %v of %d", told, len(list))
	}
}

// Refusals within one write are told apart from what the kernel took.
func TestRefusalsInOneWrite(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, journalIn(t))
	list := many(20, false)
	for i := range list {
		if i%3 == 1 {
			h.AddAddress("eth0", list[i].Prefix.String())
		}
	}
	r := claim(t, a, "VI_1", list...)
	if len(r.Foreign) != 7 || r.Added != 13 {
		t.Errorf("%d foreign, %d added", len(r.Foreign), r.Added)
	}
	if n := len(global(h)); n != 20 {
		t.Errorf("%d addresses", n)
	}
}
