package address

import (
	"os"
	"path/filepath"
	"testing"
)

// A group of interfaces goes by its number or by iproute2's name for it; another name is an error, never the default group.
func TestLinkGroup(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "group"), []byte("# names\n0 default\n42 dmz\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func(was []string) { nameDirs = was }(nameDirs)
	nameDirs = []string{dir}
	for word, want := range map[string]uint32{"": 0, "default": 0, "7": 7, "dmz": 42} {
		if got, err := LinkGroup(word); got != want || err != nil {
			t.Errorf("%q: %d, %v, want %d", word, got, err, want)
		}
	}
	if got, err := LinkGroup("lan"); err == nil {
		t.Errorf("an unknown name is group %d", got)
	}
	var r Rule
	if err := r.Option("suppress_ifgroup", []string{"dmz"}); err != nil || r.SuppressGrp == nil || *r.SuppressGrp != 42 {
		t.Errorf("suppress_ifgroup dmz: %v, %v", r.SuppressGrp, err)
	}
}
