package track

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"", 0, true}, {"\n", 0, true}, {"5", 5, true}, {" -7\n", -7, true}, {"+3", 3, true},
		{"0x10", 16, true}, {"-0XfF", -255, true}, {"010", 8, true}, {"08", 0, true}, {"0", 0, true}, {"0x", 0, true},
		{"12 # why", 12, true}, {"12abc", 12, true}, {"3\n4\n", 3, true},
		{"2147483647", 2147483647, true}, {"-2147483648", -2147483648, true},
		{"2147483648", 0, false}, {"99999999999999999999", 0, false}, {"-0x80000001", 0, false},
		{"abc", 0, false}, {"-", 0, false}, {"- 1", 0, false}, {".5", 0, false}, {"\x00", 0, false}, {"é", 0, false},
	} {
		got, err := parseNumber(c.text)
		if (err == nil) != c.ok || got != c.want {
			t.Errorf("%q: %d, %v; want %d, ok %v", c.text, got, err, c.want, c.ok)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("0x1f\n")
	f.Add("-08")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := parseNumber(s); err != nil && v != 0 {
			t.Errorf("%q: %d and %v", s, v, err)
		}
	})
}

// last is what was told last of a file.
func (r *recorder) last(name string) FileResult {
	list := r.files[name]
	if len(list) == 0 {
		return FileResult{Value: -999}
	}
	return list[len(list)-1]
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "number")
	_, rec := run(t, Config{Files: []File{{Name: "f", Path: path}}})
	value := func(want int64, exists bool) {
		t.Helper()
		rec.wait(t, "the number", func() bool { l := rec.last("f"); return l.Value == want && l.Exists == exists && l.Err == nil })
	}
	value(0, false) // no file
	put(t, path, "5\n")
	value(5, true)
	put(t, path, "0x10")
	value(16, true)

	put(t, path, "garbage")
	rec.wait(t, "a complaint", func() bool { return rec.last("f").Err != nil })
	rec.mu.Lock()
	if l := rec.last("f"); l.Value != 16 || !strings.Contains(l.Err.Error(), path) {
		t.Errorf("garbage: %+v", l)
	}
	rec.mu.Unlock()
	put(t, path, "17")
	value(17, true)

	other := filepath.Join(dir, "other")
	put(t, other, "18")
	must(t, os.Rename(other, path)) // as careful writers do
	value(18, true)
	must(t, os.Remove(path))
	value(0, false)
	put(t, other, "19")
	must(t, os.Link(other, path))
	value(19, true)
	must(t, os.Remove(path))
	value(0, false)
	must(t, os.Symlink(other, path))
	value(19, true)
	put(t, other, "20") // through the link
	value(20, true)
	must(t, os.Rename(path, filepath.Join(dir, "away")))
	value(0, false)
}

// A link whose target is swapped, as configuration systems do it, and a
// directory that goes and comes back.
func TestFileBehindLinks(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "v1"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "v2"), 0o755))
	put(t, filepath.Join(dir, "v1", "n"), "1")
	put(t, filepath.Join(dir, "v2", "n"), "2")
	must(t, os.Symlink("v1", filepath.Join(dir, "data")))
	_, rec := run(t, Config{Files: []File{{Name: "f", Path: filepath.Join(dir, "data", "n")}}})
	rec.wait(t, "1", func() bool { return rec.last("f").Value == 1 })
	put(t, filepath.Join(dir, "v1", "n"), "11")
	rec.wait(t, "11", func() bool { return rec.last("f").Value == 11 })

	must(t, os.Symlink("v2", filepath.Join(dir, "new")))
	must(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "data")))
	rec.wait(t, "2", func() bool { return rec.last("f").Value == 2 })

	must(t, os.Remove(filepath.Join(dir, "data")))
	rec.wait(t, "no link", func() bool { return !rec.last("f").Exists })
	must(t, os.Symlink("v1", filepath.Join(dir, "data")))
	rec.wait(t, "11 again", func() bool { return rec.last("f").Value == 11 })
	must(t, os.Remove(filepath.Join(dir, "data")))
	must(t, os.Symlink("v2", filepath.Join(dir, "data")))
	rec.wait(t, "2 again", func() bool { return rec.last("f").Value == 2 })

	must(t, os.RemoveAll(filepath.Join(dir, "v2")))
	rec.wait(t, "nothing", func() bool { return !rec.last("f").Exists })
	must(t, os.MkdirAll(filepath.Join(dir, "v2"), 0o755))
	put(t, filepath.Join(dir, "v2", "n"), "22")
	rec.wait(t, "22", func() bool { return rec.last("f").Value == 22 })
}

func TestFileInit(t *testing.T) {
	dir := t.TempDir()
	fresh, kept, over := filepath.Join(dir, "fresh"), filepath.Join(dir, "kept"), filepath.Join(dir, "over")
	put(t, kept, "1")
	put(t, over, "1")
	cfg := Config{Files: []File{
		{Name: "fresh", Path: fresh, Init: true, InitValue: -4},
		{Name: "kept", Path: kept, Init: true, InitValue: 5},
		{Name: "over", Path: over, Init: true, InitValue: 6, Overwrite: true},
	}}
	tr, rec := run(t, cfg)
	rec.wait(t, "initial numbers", func() bool {
		return rec.last("fresh").Value == -4 && rec.last("kept").Value == 1 && rec.last("over").Value == 6
	})
	put(t, over, "7")
	rec.wait(t, "7", func() bool { return rec.last("over").Value == 7 })
	cfg.Files = append(cfg.Files, File{Name: "late", Path: filepath.Join(dir, "late"), Init: true, InitValue: 9})
	must(t, tr.Apply(cfg))
	rec.wait(t, "the new one", func() bool { return len(rec.files["late"]) > 0 })
	if _, err := os.Stat(filepath.Join(dir, "late")); !os.IsNotExist(err) || read(t, over) != "7" {
		t.Error("a reload wrote initial numbers")
	}
}

func TestFileUnusable(t *testing.T) {
	for path, want := range map[string]string{
		"relative/path":             "no absolute path",
		"/proc/self/status":         "procfs",
		"/sys/kernel/uevent_seqnum": "sysfs",
		"/no/such/dir/file":         "no such file",
	} {
		_, err := New(Config{Files: []File{{Name: "f", Path: path}}}, newRecorder())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "track_file f") {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
