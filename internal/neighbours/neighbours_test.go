package neighbours

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The figures are the kernel's: the limit is the sysctl's, and both families are there.
func TestRead(t *testing.T) {
	list, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, table := range list {
		seen = append(seen, table.Family)
		text, err := os.ReadFile("/proc/sys/net/" + table.Family + "/neigh/default/gc_thresh3")
		if err != nil {
			t.Fatal(err)
		}
		if want, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || table.Limit != want {
			t.Errorf("%s: limit %d, gc_thresh3 is %d, %v", table.Family, table.Limit, want, err)
		}
	}
	if slices.Sort(seen); !slices.Equal(seen, []string{"ipv4", "ipv6"}) {
		t.Errorf("families %q", seen)
	}
}

func TestWhatIsTold(t *testing.T) {
	j := judge{}
	at := func(entries int, full uint64) (kinds []Kind) {
		for _, n := range j.look(Table{Family: "ipv4", Entries: entries, Limit: 1000, Full: full}) {
			kinds = append(kinds, n.Kind)
		}
		return kinds
	}
	for i, step := range []struct {
		entries int
		full    uint64
		want    []Kind
	}{
		{10, 7, nil}, // losses before the watch
		{799, 7, nil},
		{800, 7, []Kind{Near}},
		{900, 7, nil}, // once
		{700, 7, nil}, // near still
		{1000, 9, []Kind{Overflow}},
		{1000, 12, nil}, // once
		{599, 12, []Kind{Over}},
		{599, 13, nil}, // no pause yet
		{850, 13, []Kind{Near}},
	} {
		if got := at(step.entries, step.full); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	for range calm {
		at(850, 13)
	}
	if got := at(850, 14); !slices.Equal(got, []Kind{Overflow}) {
		t.Errorf("a loss after a pause: %v", got)
	}
}
