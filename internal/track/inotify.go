package track

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watcher waits for changes of one file. It watches the directories that hold
// it: the one of its name and, for a link, the one of its target.
type watcher struct {
	fd     int // of events, which must not be asked for it: that would make reads block
	events *os.File
	path   string
	base   map[int32]string // watch descriptor → name in that directory; several targets of one directory are one watch
	buf    []byte
	close  func()
}

const fileEvents = unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE |
	unix.IN_CREATE | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

func watchFile(path string) (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	w := &watcher{fd: fd, events: os.NewFile(uintptr(fd), "inotify"), path: path, base: map[int32]string{}, buf: make([]byte, 4096)}
	w.close = sync.OnceFunc(func() { w.events.Close() })
	if err := w.add(path); err != nil {
		w.close()
		return nil, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		if err := w.add(target); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *watcher) add(path string) error {
	wd, err := unix.InotifyAddWatch(w.fd, filepath.Dir(path), fileEvents)
	if err != nil {
		return fmt.Errorf("watch %s: %w", filepath.Dir(path), err)
	}
	w.base[int32(wd)] = filepath.Base(path)
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
		switch {
		case e.Mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_IGNORED|unix.IN_Q_OVERFLOW) != 0:
			moved = true
		case w.isTarget(e.Wd, name):
			if e.Mask&unix.IN_CREATE == 0 || isLink(w.path) {
				relevant = true
			}
			// Another file stands in its place, perhaps another link.
			moved = moved || e.Mask&(unix.IN_MOVED_TO|unix.IN_CREATE) != 0 && relevant
		case len(w.base) > 1:
			// A link on the way to the target may have changed.
			moved = moved || e.Mask&(unix.IN_MOVED_TO|unix.IN_CREATE|unix.IN_DELETE) != 0
		}
	}
	return relevant, moved
}

func (w *watcher) isTarget(wd int32, name string) bool {
	return w.base[wd] == name
}
