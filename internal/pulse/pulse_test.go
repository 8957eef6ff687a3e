package pulse

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func open(t *testing.T, path string) *Book {
	t.Helper()
	b, err := New(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func add(t *testing.T, b *Book, name string) *Pulse {
	t.Helper()
	p, err := b.Add(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, path string) Left {
	t.Helper()
	l, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The next process reads when each master last sent, and of nobody else.
func TestWhoWasMaster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pulse")
	if _, ok := read(t, path).Of("a"); ok {
		t.Error("a master without a file")
	}
	b := open(t, path)
	since := time.Unix(1700000000, 5)
	before := time.Now()
	a := add(t, b, "a")
	a.SetWindow(3*time.Second, true)
	a.Since(since)
	a.Beat()
	add(t, b, "never").SetWindow(time.Second, true)
	gone := add(t, b, "gone")
	gone.Beat()
	gone.Clear()
	removed := add(t, b, "removed")
	removed.Beat()
	b.Remove("removed")
	if _, ok := read(t, path).Of("a"); ok {
		t.Error("a book that is not published was read")
	}
	if err := b.Publish(); err != nil {
		t.Fatal(err)
	}
	l := read(t, path)
	m, ok := l.Of("a")
	if !ok || m.Sent.Before(before.Add(-time.Millisecond)) || m.Sent.After(time.Now().Add(time.Millisecond)) ||
		m.Until.Sub(m.Sent) != 3*time.Second || !m.Since.Equal(since) || !m.Kernel {
		t.Errorf("a: %+v, %v; it sent after %v", m, ok, before)
	}
	for _, name := range []string{"never", "gone", "removed", "stranger", ""} {
		if m, ok := l.Of(name); ok {
			t.Errorf("%q was master: %+v", name, m)
		}
	}
	if again := add(t, b, "a"); again.slot != a.slot {
		t.Error("one name has two slots")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("an orderly end left the file: %v", err)
	}
	a.Beat() // harmless
}

// What was written elsewhere, or before a sleep, or torn, means nothing here.
func TestWorthlessFiles(t *testing.T) {
	for name, spoil := range map[string]func(b *Book, path string) error{
		"another boot":    func(b *Book, _ string) error { b.head.where[0]++; return nil },
		"slept":           func(b *Book, _ string) error { b.head.slept -= int64(time.Minute); return nil },
		"the future":      func(b *Book, _ string) error { b.slots[0].beat += int64(time.Hour); return nil },
		"torn":            func(_ *Book, path string) error { return os.Truncate(path, int64(size)-1) },
		"something else":  func(_ *Book, path string) error { return os.WriteFile(path, []byte("hello"), 0o600) },
		"nothing at all":  func(_ *Book, path string) error { return os.WriteFile(path, nil, 0o600) },
		"a longer layout": func(_ *Book, path string) error { return os.Truncate(path, int64(size)+64) },
	} {
		path := filepath.Join(t.TempDir(), "pulse")
		b := open(t, path)
		add(t, b, "a").Beat()
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		if _, ok := read(t, path).Of("a"); !ok {
			t.Fatalf("%s: not readable before", name)
		}
		if err := spoil(b, path); err != nil {
			t.Fatal(err)
		}
		if m, ok := read(t, path).Of("a"); ok {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// A successor's book takes the place of its predecessor's in one step, and a
// successor that gives up leaves that alone.
func TestSuccession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pulse")
	first := open(t, path)
	add(t, first, "a").Beat()
	if err := first.Publish(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := read(t, path).Of("a"); !ok {
		t.Error("a successor that gave up took the book with it")
	}
	second := open(t, path)
	add(t, second, "b").Beat()
	if err := second.Publish(); err != nil {
		t.Fatal(err)
	}
	if _, ok := read(t, path).Of("b"); !ok {
		t.Error("the successor's book is not there")
	}
	if list, err := filepath.Glob(filepath.Dir(path) + "/*"); err != nil || len(list) != 1 {
		t.Errorf("files left: %v, %v", list, err)
	}
}

func TestNoMoreRoom(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "pulse"))
	for i := range slots {
		add(t, b, fmt.Sprint(i))
	}
	if _, err := b.Add("one more"); err == nil {
		t.Error("no error without room")
	}
	b.Remove("17")
	add(t, b, "one more")
	if _, err := New("/no/such/directory/pulse"); err == nil {
		t.Error("no error for a missing directory")
	}
}

func BenchmarkBeat(b *testing.B) {
	book, err := New(filepath.Join(b.TempDir(), "pulse"))
	if err != nil {
		b.Fatal(err)
	}
	p, err := book.Add("a")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Beat()
	}
}
