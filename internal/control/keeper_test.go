package control

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func lines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

// What is flushed is there after a kill, whatever happened to the file
// meanwhile, and the file does not grow for ever.
func TestKeeper(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	j := NewJournal(10)
	j.Add(Event{Instance: "a", Text: "first"})
	k, err := NewKeeper(j, path)
	if err != nil {
		t.Fatal(err)
	}
	flush := func() *Journal {
		t.Helper()
		if err := k.Flush(); err != nil {
			t.Fatal(err)
		}
		next := NewJournal(10)
		if err := next.Load(path); err != nil {
			t.Fatal(err)
		}
		if got, want := seqs(next.Select(Query{})), seqs(j.Select(Query{})); got != want {
			t.Fatalf("read %s, want %s", got, want)
		}
		return next
	}
	flush()
	j.Add(Event{Instance: "b"})
	flush()
	if n := lines(t, path); n != 2 {
		t.Errorf("%d lines for 2 events", n)
	}
}

func TestKeeperWritesAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	j := NewJournal(10)
	k, err := NewKeeper(j, path)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for n := range 3 * spareLines {
		j.Add(Event{Instance: "a", Text: fmt.Sprint(n)})
		if n%7 == 0 {
			if err := k.Flush(); err != nil {
				t.Fatal(err)
			}
			most = max(most, lines(t, path))
		}
		if n == 100 { // somebody tidies up
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := k.Flush(); err != nil {
		t.Fatal(err)
	}
	if most < spareLines || most > spareLines+2*10+7 {
		t.Errorf("the file had up to %d lines", most)
	}
	next := NewJournal(10)
	if err := next.Load(path); err != nil || seqs(next.Select(Query{})) != seqs(j.Select(Query{})) {
		t.Errorf("%v: read %s", err, seqs(next.Select(Query{})))
	}
}

// A successor puts what its predecessor wrote before its own.
func TestInherit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	old := NewJournal(10)
	for range 5 {
		old.Add(Event{Instance: "a", Text: "old"})
	}
	if err := old.Save(path); err != nil {
		t.Fatal(err)
	}
	j := NewJournal(10)
	j.Add(Event{Instance: "a", Text: "new"})
	j.Add(Event{Instance: "b", Text: "new"})
	if err := j.Inherit(path); err != nil {
		t.Fatal(err)
	}
	list := j.Select(Query{})
	if seqs(list) != "1 2 3 4 5 6 7" || list[4].Text != "old" || !list[4].Earlier || list[5].Text != "new" || list[5].Earlier {
		t.Errorf("%+v", list)
	}
	if e := j.Add(Event{}); e.Seq != 8 {
		t.Errorf("goes on with %d", e.Seq)
	}
}
