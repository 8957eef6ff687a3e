package track

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watcher waits for changes of one file. It watches the directory that holds
// it, and those that hold the symbolic links on the way.
type watcher struct {
	fd     int // of events, which must not be asked for it: that would make reads block
	events *os.File
	path   string
	names  map[place]string // the full path of each
	buf    []byte
	close  func()
}

// place is a name in a watched directory.
type place struct {
	wd   int32
	name string
}

const fileEvents = unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE |
	unix.IN_CREATE | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

func watchFile(path string) (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	w := &watcher{fd: fd, events: os.NewFile(uintptr(fd), "inotify"), path: path, names: map[place]string{}, buf: make([]byte, 4096)}
	w.close = sync.OnceFunc(func() { w.events.Close() })
	for _, p := range steps(path) {
		if err := w.add(p); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// maxLinks bounds symbolic links, as the kernel does.
const maxLinks = 40

// steps are the names that decide which file the path means: every symbolic
// link on the way, and the file's own name at the end.
func steps(path string) []string {
	var names []string
	at, rest := "/", strings.Split(path, "/")
	for len(rest) > 0 && len(names) <= maxLinks {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(next)
		if err != nil { // no link, or nothing at all
			at = next
			continue
		}
		names = append(names, next)
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return append(names, at)
}

func (w *watcher) add(path string) error {
	wd, err := unix.InotifyAddWatch(w.fd, filepath.Dir(path), fileEvents)
	if err != nil {
		return fmt.Errorf("watch %s: %w", filepath.Dir(path), err)
	}
	w.names[place{int32(wd), filepath.Base(path)}] = path
	return nil
}

// changed waits until the file may have changed. It returns false when the
// watch does not hold any more: the file or a directory was replaced, or the
// watcher was closed. Then the file must be looked up anew.
func (w *watcher) changed() bool {
	for {
		n, err := w.events.Read(w.buf)
		if err != nil {
			return false
		}
		relevant, moved := w.judge(w.buf[:n])
		if moved {
			return false
		}
		if relevant {
			return true
		}
	}
}

// judge reads events: is one about the file, and did what is watched move?
func (w *watcher) judge(b []byte) (relevant, moved bool) {
	for len(b) >= unix.SizeofInotifyEvent {
		e := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
		name := string(bytes.TrimRight(b[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+e.Len], "\x00"))
		b = b[unix.SizeofInotifyEvent+e.Len:]
		if e.Mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_IGNORED|unix.IN_Q_OVERFLOW) != 0 {
			moved = true
			continue
		}
		path, ours := w.names[place{e.Wd, name}]
		if !ours || e.Mask&unix.IN_CREATE != 0 && !isLink(path) {
			continue
		}
		relevant = true
		moved = moved || e.Mask&unix.IN_CLOSE_WRITE == 0 // another file or link, or none
	}
	return relevant, moved
}
