package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrInUse: a living daemon answers on the socket.
var ErrInUse = errors.New("another daemon answers on the socket")

// maxPath is what fits into a socket address, with its final zero.
const maxPath = 107

// Listen makes the socket, mode 0660 and, unless gid is negative, of that
// group. The socket of a dead predecessor is replaced; a living one's is left
// alone and ErrInUse returned. Closing the listener removes the socket.
func Listen(path string, gid int) (net.Listener, error) {
	if conn, err := dial(path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, ErrInUse)
	}
	// Nobody may connect before the mode is set, and nobody may find the name
	// missing: make it under another name, then rename.
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := removeSocket(tmp); err != nil {
		return nil, err
	}
	var l *net.UnixListener
	err := shortPath(tmp, func(short string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l.SetUnlinkOnClose(false)
	if err := publish(tmp, path, gid); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", path, err), l.Close(), os.Remove(tmp))
	}
	return newListener(l, path)
}

func publish(tmp, path string, gid int) error {
	if gid >= 0 {
		if err := os.Chown(tmp, -1, gid); err != nil {
			return err
		}
	}
	if err := os.Chmod(tmp, 0o660); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// removeSocket removes what a killed process with our number left behind,
// and nothing that is no socket.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s exists and is no socket", path)
	}
	return os.Remove(path)
}

func dial(path string) (net.Conn, error) {
	var conn net.Conn
	err := shortPath(path, func(short string) (err error) {
		conn, err = net.Dial("unix", short)
		return err
	})
	return conn, err
}

// shortPath calls f with a name for path that fits into a socket address,
// through a descriptor of the directory where the path itself is too long.
func shortPath(path string, f func(string) error) error {
	if len(path) <= maxPath {
		return f(path)
	}
	fd, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Dir(path), err)
	}
	defer unix.Close(fd)
	return f(fmt.Sprintf("/proc/self/fd/%d/%s", fd, filepath.Base(path)))
}
