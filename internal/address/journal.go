package address

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A journal is the file that says what is ours in the kernel. Its first line names the network namespace and the boot, each
// further line one address, route or rule:
//
//	xvrrp-journal 1 netns 42 boot 3e4a4e2b-…
//	3 192.0.2.10/24
//	3 192.0.2.11/32 peer 192.0.2.12
//
// It is replaced as a whole by a rename, so a reader finds the old or the new text. There is no fsync: the file need not
// outlive the kernel whose memory holds the addresses, and a disk's pace has no place in a takeover.
type journal struct {
	path string // empty: nothing is written
	head string
	buf  []byte
	said map[place]bool // what the lines on disk name

	edition uint64 // of said
}

const journalMagic = "xvrrp-journal 1"

// openJournal also returns the lines of a predecessor, when it wrote about this boot and this network namespace.
func openJournal(path string, netnsCookie uint64) (*journal, []string, error) {
	j := &journal{path: path, edition: 1}
	if path == "" {
		return j, nil, nil
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	j.head = fmt.Sprintf("%s netns %d boot %s", journalMagic, netnsCookie, strings.TrimSpace(string(boot)))
	lines, err := j.read()
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	return j, lines, nil
}

func (j *journal) read() ([]string, error) {
	text, err := os.ReadFile(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != j.head {
		return nil, nil // of another boot or namespace, or torn by a crash of the machine
	}
	return lines[1:], nil
}

// write replaces the journal's text; fill appends the lines.
func (j *journal) write(fill func(b []byte) []byte) error {
	if j.path == "" {
		return nil
	}
	b := append(j.buf[:0], j.head...)
	j.buf = fill(append(b, '\n'))
	if err := replaceFile(j.path, j.buf); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// writePlaces is write for a journal of addresses, of which it remembers what it names.
func (j *journal) writePlaces(places iter.Seq[place]) error {
	if j.path == "" {
		return nil
	}
	said := make(map[place]bool, len(j.said))
	err := j.write(func(b []byte) []byte {
		for p := range places {
			if !said[p] {
				said[p] = true
				b = p.appendLine(b)
			}
		}
		return b
	})
	if err != nil {
		return err // the old lines stand
	}
	j.said = said
	j.edition++
	return nil
}

// names tells whether the lines on disk name a place; a journal that is not kept names everything.
func (j *journal) names(p place) bool { return j.path == "" || j.said[p] }

// replaceFile writes beside path and renames. The name beside is fixed: one daemon owns a runtime directory.
func replaceFile(path string, data []byte) error {
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(beside, data, 0o600); err != nil {
		return err
	}
	return os.Rename(beside, path)
}

// netnsCookie identifies the network namespace of this thread as long as the machine runs; kernels before 5.14 have none,
// and then the namespace's inode must do.
func (s *socket) netnsCookie() (uint64, error) {
	if c, err := unix.GetsockoptUint64(s.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE); err == nil {
		return c, nil
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0, fmt.Errorf("network namespace: %w", err)
	}
	return st.Ino, nil
}
