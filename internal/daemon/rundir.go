package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rundir is the runtime directory while we hold it: nobody else runs a daemon
// in it until Release.
type rundir struct {
	pid   *os.File // locked; its lock is what counts, its content is for people
	extra string   // a second pid file, unlocked
}

// lockRuntimeDir makes the directory and takes its lock.
func lockRuntimeDir(opt Options) (*rundir, error) {
	if err := os.MkdirAll(opt.RuntimeDir, 0o755); err != nil {
		return nil, fmt.Errorf("runtime directory: %w (name another one with --runtime-dir)", err)
	}
	path := filepath.Join(opt.RuntimeDir, "xvrrp.pid")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("runtime directory: %w (name another one with --runtime-dir)", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another xvrrp (pid %s) runs in %s: stop it, or give this one its own --runtime-dir", owner(f), opt.RuntimeDir)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	dir := &rundir{pid: f, extra: opt.PIDFile}
	if err := dir.write(); err != nil {
		return nil, errors.Join(err, dir.Release())
	}
	return dir, nil
}

func owner(f *os.File) string {
	text := make([]byte, 16)
	n, err := f.ReadAt(text, 0)
	if pid := strings.TrimSpace(string(text[:n])); pid != "" {
		return pid
	}
	return fmt.Sprintf("unknown: %v", err)
}

func (d *rundir) write() error {
	text := strconv.Itoa(os.Getpid()) + "\n"
	if err := d.pid.Truncate(0); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	if _, err := d.pid.WriteAt([]byte(text), 0); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	if d.extra == "" {
		return nil
	}
	if err := os.WriteFile(d.extra, []byte(text), 0o644); err != nil {
		return fmt.Errorf("pid file: %w", err)
	}
	return nil
}

// Release removes the pid files and ends the lock.
func (d *rundir) Release() error {
	errs := []error{os.Remove(d.pid.Name())}
	if d.extra != "" {
		errs = append(errs, os.Remove(d.extra))
	}
	errs = append(errs, d.pid.Close())
	return errors.Join(errs...)
}

// pinRoot is where bpffs is usually mounted.
const pinRoot = "/sys/fs/bpf"

// pinDir is the directory on a bpffs that is ours alone, named after the
// runtime directory; empty when there is no bpffs and none can be mounted.
func (d *Daemon) pinDir() string {
	root := pinRoot
	if !isBPFFS(root) {
		if err := unix.Mount("bpf", root, "bpf", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0700"); err != nil {
			d.log.Warn("no bpffs: what is attached does not survive a crash of the daemon",
				"remedy", "mount -t bpf bpf "+pinRoot, "error", err)
			return ""
		}
	}
	abs, err := filepath.Abs(d.opt.RuntimeDir)
	if err != nil {
		abs = d.opt.RuntimeDir
	}
	return filepath.Join(root, "xvrrp"+pinName(abs))
}

// pinName makes one path component of a path. Dots are not allowed on bpffs,
// and two directories must never give one name.
func pinName(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		switch {
		case c == '/':
			b.WriteByte('-')
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

func isBPFFS(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == unix.BPF_FS_MAGIC
}
