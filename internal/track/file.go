package track

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// openNonblock keeps a FIFO in the file's place from blocking us.
const openNonblock = unix.O_NONBLOCK

// unwatchable are file systems on which files change without an event.
var unwatchable = map[int64]string{
	unix.PROC_SUPER_MAGIC:    "procfs",
	unix.SYSFS_MAGIC:         "sysfs",
	unix.CGROUP_SUPER_MAGIC:  "cgroup",
	unix.CGROUP2_SUPER_MAGIC: "cgroup2",
	unix.NFS_SUPER_MAGIC:     "NFS",
}

// usable tells why the file's changes would not be seen.
func (f File) usable() error {
	if !filepath.IsAbs(f.Path) {
		return fmt.Errorf("track_file %s: %q is no absolute path", f.Name, f.Path)
	}
	dir := filepath.Dir(f.Path)
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fmt.Errorf("track_file %s: %s: %w", f.Name, dir, err)
	}
	if name, bad := unwatchable[st.Type]; bad {
		return fmt.Errorf("track_file %s: %s is on %s, which tells no changes", f.Name, f.Path, name)
	}
	if st.Flags&unix.ST_RDONLY != 0 {
		return fmt.Errorf("track_file %s: %s is on a read-only file system", f.Name, f.Path)
	}
	return nil
}

// create writes the initial value, if one is wanted.
func (f File) create() error {
	if !f.Init {
		return nil
	}
	if _, err := os.Stat(f.Path); err == nil && !f.Overwrite {
		return nil
	}
	text := strconv.Itoa(int(f.InitValue)) + "\n"
	if err := os.WriteFile(f.Path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("track_file %s: %w", f.Name, err)
	}
	return nil
}

// dirWait is how long to wait for a directory that is not there.
const dirWait = time.Second

// watch tells the file's number now and after every change.
func (f File) watch(ctx context.Context, sink Sink) {
	last := f.tell(sink, FileResult{}, true)
	for ctx.Err() == nil {
		w, err := watchFile(f.Path)
		if err != nil {
			last = f.tell(sink, last, false)
			pause(ctx, dirWait)
			continue
		}
		stop := context.AfterFunc(ctx, w.close)
		last = f.tell(sink, last, false) // what happened before the watch stood
		for w.changed() {
			last = f.tell(sink, last, false)
		}
		stop()
		w.close()
	}
}

// tell reads the file and reports it, unless nothing is new.
func (f File) tell(sink Sink, last FileResult, first bool) FileResult {
	r := readNumber(f.Path)
	if r.Err != nil {
		r.Value = last.Value // ignored, as if it had not been written
	}
	if !first && r.Value == last.Value && r.Exists == last.Exists && errText(r.Err) == errText(last.Err) {
		return last
	}
	r.At = time.Now()
	sink.File(f.Name, r)
	return r
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// isLink reports whether a file that was just created is whole already: a
// symbolic link or a second name. Others are written to and closed later.
func isLink(path string) bool {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return err == nil && (st.Mode&unix.S_IFMT == unix.S_IFLNK || st.Nlink > 1)
}
