package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// PIDFile is the name of the pid file in the directory.
const PIDFile = "xvrrp.pid"

// Dir is a runtime directory that is ours.
type Dir struct {
	path string
	lock *os.File
}

// HeldError says that another daemon has the directory.
type HeldError struct {
	Dir string
	PID int // 0 when it could not be read
}

func (e *HeldError) Error() string {
	who := "another daemon"
	if e.PID > 0 {
		who = fmt.Sprintf("the daemon with pid %d", e.PID)
	}
	return fmt.Sprintf("runtime directory %s belongs to %s: stop it, or give this one another with --runtime-dir", e.Dir, who)
}

// Open makes the directory if need be, locks it and writes the pid file.
func Open(path string) (*Dir, error) {
	if err := prepare(path); err != nil {
		return nil, fmt.Errorf("runtime directory %s: %w", path, err)
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	return own(path, lock)
}

// Adopt takes over a directory whose lock a predecessor has handed to this
// process as an open file.
func Adopt(path string, lock *os.File) (*Dir, error) {
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("runtime directory %s: the lock handed over is not held: %w", path, err)
	}
	return own(path, lock)
}

func own(path string, lock *os.File) (*Dir, error) {
	d := &Dir{path: path, lock: lock}
	if err := writePID(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", d.Path(PIDFile), err), lock.Close())
	}
	return d, nil
}

// Path is where a file of that name is in the directory.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Lock is the file to hand to a successor. The lock is free only when every
// process that has it open has closed it.
func (d *Dir) Lock() *os.File { return d.lock }

// Leave gives the directory to the successor that has the lock, too: the
// pid file stays.
func (d *Dir) Leave() error { return d.lock.Close() }

// Close removes the pid file and frees the directory, which stays.
func (d *Dir) Close() error {
	err := os.Remove(d.Path(PIDFile)) // before the lock is free, so that it is ours
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, d.lock.Close())
}

// prepare makes the directory and refuses one in which others could plant
// files under our names.
func prepare(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return errors.Unwrap(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return errors.Unwrap(err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("owner unknown")
	}
	if owner.Uid != 0 && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("belongs to uid %d, which could replace our files", owner.Uid)
	}
	if info.Mode().Perm()&0o002 != 0 && info.Mode()&os.ModeSticky == 0 {
		return fmt.Errorf("can be written by everybody (mode %04o)", info.Mode().Perm())
	}
	return nil
}

// acquire opens and locks the pid file. A predecessor may remove it between
// the two steps; then the lock is on a file that has no name, and we try anew.
func acquire(dir string) (*os.File, error) {
	path := filepath.Join(dir, PIDFile)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, fmt.Errorf("runtime directory: %w", err)
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			held := &HeldError{Dir: dir, PID: readPID(f)}
			f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, held
			}
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		ours, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if named, err := os.Lstat(path); err == nil && os.SameFile(ours, named) {
			return f, nil
		}
		f.Close()
	}
}

func readPID(f *os.File) int {
	buf := make([]byte, 32)
	n, _ := f.ReadAt(buf, 0) // less than the buffer: end of file
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return 0
	}
	return pid
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
