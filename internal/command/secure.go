package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrInsecure: a script that would run as root can be changed by others.
var ErrInsecure = errors.New("insecure script path")

// maxLinks bounds symbolic links, as the kernel does.
const maxLinks = 40

// Secure checks the path of a program that would run as uid, for
// enable_script_security. For root, every directory on the way and the file
// itself must belong to root and be writable by nobody else. A symbolic link
// that root alone can change is followed and its target checked in the same
// way, so that /bin/x is as good as /usr/bin/x. For other users everything is
// allowed: they cannot gain anything.
func Secure(path string, uid uint32) error {
	if uid != 0 {
		return nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return walk(path)
}

// Usable tells why a command, which has a program, could never run: it is not
// there, or, if secure is wanted, others than root could change it.
func (c Command) Usable(secure bool) error {
	path, err := Lookup(c.Argv[0])
	if err == nil && secure {
		err = Secure(path, c.UID())
	}
	return err
}

// walk checks one component after the other, from the root directory on.
func walk(path string) error {
	rest := components(path)
	at := "/"
	links := 0
	if err := rootOnly(at); err != nil {
		return err
	}
	for len(rest) > 0 {
		next := filepath.Join(at, rest[0]) // ".." of a link's target goes up, to what was checked before
		rest = rest[1:]
		if err := rootOnly(next); err != nil {
			return err
		}
		target, err := os.Readlink(next)
		if err != nil { // no link
			at = next
			continue
		}
		if links++; links > maxLinks {
			return fmt.Errorf("%s: %w", path, syscall.ELOOP)
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(components(target), rest...)
	}
	return nil
}

func components(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// rootOnly reports whether only root can change the file. The mode of a link
// means nothing; its owner does.
func rootOnly(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s: owner unknown: %w", path, ErrInsecure)
	}
	mode := info.Mode().Perm()
	switch {
	case owner.Uid != 0:
		return fmt.Errorf("%s belongs to uid %d: %w", path, owner.Uid, ErrInsecure)
	case info.Mode().Type() == os.ModeSymlink:
		return nil
	case mode&0o002 != 0:
		return fmt.Errorf("%s can be written by everybody (mode %04o): %w", path, mode, ErrInsecure)
	case mode&0o020 != 0 && owner.Gid != 0:
		return fmt.Errorf("%s can be written by group %d (mode %04o): %w", path, owner.Gid, mode, ErrInsecure)
	}
	return nil
}
