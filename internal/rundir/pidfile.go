package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// WritePIDFile writes our number to a further file, for those who ask for one
// (-p). It is no lock. The file appears whole; the returned function removes
// it, unless somebody else's number stands there by then.
func WritePIDFile(path string) (remove func() error, err error) {
	text := strconv.Itoa(os.Getpid()) + "\n"
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("pid file %s: %w", path, err)
	}
	_, err = tmp.WriteString(text)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pid file %s: %w", path, err), os.Remove(tmp.Name()))
	}
	return func() error {
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			return nil // gone, or a successor's
		}
		return os.Remove(path)
	}, nil
}
