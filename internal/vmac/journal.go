package vmac

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A journal is the file that says which interfaces are ours and what was before we changed it. Its first line names the
// network namespace and the boot:
//
//	xvrrp-vmacs 1 netns 42 boot 3e4a4e2b-…
//	link 7 vrrp.51
//	conf 3 19 0
//
// It is replaced as a whole by a rename. There is no fsync: it need not outlive the kernel whose memory holds all this.
type journal struct {
	path string // empty: nothing is written
	head string
}

// A line is an interface, or a setting when it has no name.
type line struct {
	index   int // 0: it was just being made
	name    string
	setting setting
	old     uint32
}

func (l line) append(b []byte) []byte {
	if l.name != "" {
		return fmt.Appendf(b, "link %d %s\n", l.index, l.name)
	}
	return fmt.Appendf(b, "conf %d %d %d\n", l.setting.index, l.setting.number, l.old)
}

func parseLine(text string) (l line, err error) {
	if n, _ := fmt.Sscanf(text, "link %d %s", &l.index, &l.name); n == 2 {
		return l, nil
	}
	if n, _ := fmt.Sscanf(text, "conf %d %d %d", &l.setting.index, &l.setting.number, &l.old); n == 3 {
		l.name = ""
		return l, nil
	}
	return line{}, fmt.Errorf("%q is neither an interface nor a setting", text)
}

// openJournal also returns what a predecessor wrote about this boot and this network namespace, which the socket is in.
func openJournal(path string, socket int) (*journal, []line, error) {
	j := &journal{path: path}
	if path == "" {
		return j, nil, nil
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	namespace, err := cookie(socket)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	j.head = fmt.Sprintf("xvrrp-vmacs 1 netns %d boot %s", namespace, strings.TrimSpace(string(boot)))
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	var list []line
	for i, t := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if i == 0 {
			if t != j.head {
				break // of another boot or namespace, or none at all
			}
			continue
		}
		l, err := parseLine(t)
		if err != nil {
			return nil, nil, fmt.Errorf("journal %s: %w", path, err)
		}
		list = append(list, l)
	}
	return j, list, nil
}

// cookie identifies the network namespace of a socket as long as the machine runs; kernels before 5.14 have none, and then
// the number of this thread's namespace must do.
func cookie(socket int) (uint64, error) {
	if c, err := unix.GetsockoptUint64(socket, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE); err == nil {
		return c, nil
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0, fmt.Errorf("network namespace: %w", err)
	}
	return st.Ino, nil
}

// write replaces the journal's text; fill appends the lines.
func (j *journal) write(fill func(b []byte) []byte) error {
	if j.path == "" {
		return nil
	}
	text := fill(append([]byte(j.head), '\n'))
	// The name beside is fixed: one daemon owns a runtime directory.
	beside := filepath.Join(filepath.Dir(j.path), "."+filepath.Base(j.path)+".new")
	if err := os.WriteFile(beside, text, 0o600); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := os.Rename(beside, j.path); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
