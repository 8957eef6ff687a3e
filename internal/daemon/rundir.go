package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/rundir"
)

// openRuntimeDir takes the runtime directory, or finds the daemon that will
// hand it over, and writes the second pid file if one was asked for.
func (d *Daemon) openRuntimeDir(undo *cleanup) (err error) {
	if d.opt.Takeover {
		if d.before, err = findPredecessor(d.opt.RuntimeDir); err != nil {
			return err
		}
	}
	if d.before == nil && d.opt.Caretaker {
		return errors.New("a caretaker takes over from a running daemon, and there is none")
	}
	if d.before != nil {
		undo.add("predecessor", d.before.giveUp)
	} else if d.dir, err = rundir.Open(d.opt.RuntimeDir); err != nil {
		return err
	}
	undo.add("runtime directory", func() error {
		if d.dir == nil {
			return nil // it stays the predecessor's
		}
		return d.dir.Close()
	})
	if d.opt.PIDFile == "" {
		return nil
	}
	remove, err := rundir.WritePIDFile(d.opt.PIDFile)
	if err != nil {
		return err
	}
	undo.add("pid file", remove)
	return nil
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
		if transient() {
			d.log.Warn("the bpffs that was just mounted goes with this daemon: should it be killed as master, no fence silences its addresses",
				"remedy", "mount -t bpf bpf "+pinRoot+" on the host first, and start the daemon where that is seen: a container needs it as a volume, "+
					"and instead of `ip netns exec` use `nsenter --net=/run/netns/NAME` or systemd's NetworkNamespacePath=")
		}
	}
	abs, err := filepath.Abs(d.opt.RuntimeDir)
	if err != nil {
		abs = d.opt.RuntimeDir
	}
	return filepath.Join(root, "xvrrp"+pinName(abs))
}

// transient reports whether what this process mounts ends with it: it is alone in
// its mount namespace, as under `ip netns exec`, or the first of a container.
func transient() bool {
	if os.Getpid() == 1 {
		return true
	}
	ours, err := os.Readlink("/proc/self/ns/mnt")
	for _, pid := range []int{os.Getppid(), 1} {
		theirs, hidden := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
		if err == nil && hidden == nil && ours != theirs {
			return true
		}
	}
	return false
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
