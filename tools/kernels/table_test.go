package main

import (
	"slices"
	"strings"
	"testing"
)

const said = `guest: here
=== RUN   TestFeatures
    features_test.go:30: feature ring buffer: since 5.8: yes
    features_test.go:30: feature tcx: since 6.6: no
--- PASS: TestFeatures (0.10s)
    --- FAIL: TestFlood/one (0.10s)
--- FAIL: TestFlood (0.20s)
FAIL
guest: exit 1
`

func TestRead(t *testing.T) {
	r := read(said)
	if r.passed != 1 || !slices.Equal(r.failed, []string{"TestFlood"}) || r.exit != 1 || !r.ended {
		t.Errorf("read %+v", r)
	}
	r.release, r.accel = "6.1.0-1", "tcg"
	want := `| feature | since | 6.1.0-1 |
|---|---|---|
| ring buffer | 5.8 | yes |
| tcx | 6.6 | no |
| tests passed | | 1 of 2 (tcg) |
`
	if got := table([]result{r}); got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
	if cut := read(strings.Split(said, "--- PASS")[0]); cut.ended {
		t.Error("a guest that broke off has not ended")
	}
}

func TestOlder(t *testing.T) {
	sorted := []string{"linux-image-5.10.0-30", "linux-image-6.1.0-9", "linux-image-6.1.0-47", "linux-image-6.12.100+deb12", "linux-image-6.12.117+deb12"}
	for i := range sorted[1:] {
		if !older(sorted[i], sorted[i+1]) || older(sorted[i+1], sorted[i]) {
			t.Errorf("%s and %s", sorted[i], sorted[i+1])
		}
	}
}
