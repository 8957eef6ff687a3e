package address

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A journal is the file that says which addresses are ours. Its first line names the network namespace and the boot, each
// further line an address:
//
//	xvrrp-addresses 1 netns 42 boot 3e4a4e2b-…
//	3 192.0.2.10/24
//	3 192.0.2.11/32 peer 192.0.2.12
//
// The number is the interface's index: a renamed interface keeps it, and one that was deleted and made anew, whose old
// addresses are gone, has another.
//
// It is replaced as a whole by a rename, so a reader finds the old or the new text. There is no fsync: the file need not
// outlive the kernel whose memory holds the addresses, and a disk's pace has no place in a takeover.
type journal struct {
	path string // empty: nothing is written
	head string
	buf  []byte
}

const journalMagic = "xvrrp-addresses 1"

// openJournal also returns what a predecessor wrote, when it wrote about this boot and this network namespace.
func openJournal(path string, netnsCookie uint64) (*journal, []place, error) {
	j := &journal{path: path}
	if path == "" {
		return j, nil, nil
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	j.head = fmt.Sprintf("%s netns %d boot %s", journalMagic, netnsCookie, strings.TrimSpace(string(boot)))
	inherited, err := j.read()
	if err != nil {
		return nil, nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, inherited, nil
}

// A place is an address on an interface: what the journal remembers of it.
type place struct {
	index  int
	prefix netip.Prefix
	peer   netip.Addr
}

func (p place) key() key { return keyOf(p.index, p.prefix, p.peer) }

func (j *journal) read() ([]place, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	if !lines.Scan() || lines.Text() != j.head {
		return nil, lines.Err() // of another boot or namespace, or torn by a crash of the machine
	}
	var places []place
	for n := 2; lines.Scan(); n++ {
		p, err := parsePlace(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		places = append(places, p)
	}
	return places, lines.Err()
}

func parsePlace(line string) (place, error) {
	w := strings.Fields(line)
	if len(w) != 2 && (len(w) != 4 || w[2] != "peer") {
		return place{}, fmt.Errorf("%q is not an address", line)
	}
	index, err := strconv.Atoi(w[0])
	if err != nil {
		return place{}, err
	}
	p := place{index: index}
	if p.prefix, err = netip.ParsePrefix(w[1]); err != nil {
		return place{}, err
	}
	if len(w) == 4 {
		if p.peer, err = netip.ParseAddr(w[3]); err != nil {
			return place{}, err
		}
	}
	return p, nil
}

// write replaces the journal's text.
func (j *journal) write(each func(yield func(place) bool)) error {
	if j.path == "" {
		return nil
	}
	b := append(j.buf[:0], j.head...)
	b = append(b, '\n')
	for p := range each {
		b = strconv.AppendInt(b, int64(p.index), 10)
		b = append(b, ' ')
		b = p.prefix.AppendTo(b)
		if p.peer.IsValid() {
			b = append(b, " peer "...)
			b = p.peer.AppendTo(b)
		}
		b = append(b, '\n')
	}
	j.buf = b
	if err := replaceFile(j.path, b); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

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
