package command

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// systemPath is where commands are looked for when PATH is not set.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Lookup finds a program: a name with a slash stands for itself, others are
// looked for in the absolute directories of PATH. The error says what is
// wrong with the file: missing, a directory, not executable, or written for
// an interpreter that is missing.
func Lookup(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	path := os.Getenv("PATH")
	if path == "" {
		path = systemPath
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if full := filepath.Join(dir, name); executable(full) == nil {
			return full, nil
		}
	}
	return "", fmt.Errorf("%s: not found in PATH (%s)", name, path)
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file", path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("%s: not executable (mode %04o)", path, info.Mode().Perm())
	}
	return interpreter(path)
}

// interpreter checks the program of a "#!" line: if it is missing, the kernel
// says that the script is. A file that we may not read is left alone.
func interpreter(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // execute permission without read permission is fine
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n') // a longer line is cut, as the kernel does; what cannot be read is left alone, too
	words := strings.Fields(strings.TrimPrefix(string(line), "#!"))
	if !strings.HasPrefix(string(line), "#!") || len(words) == 0 {
		return nil
	}
	if _, err := os.Stat(words[0]); err != nil {
		return fmt.Errorf("%s: its interpreter %s: %w", path, words[0], errors.Unwrap(err))
	}
	return nil
}
