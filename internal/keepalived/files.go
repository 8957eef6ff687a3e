package keepalived

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// osFiles is the FileSystem of the operating system.
type osFiles struct{}

func (osFiles) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

func (osFiles) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// ReadFile reads at most limit+1 bytes, so that a device cannot fill memory.
func (osFiles) ReadFile(name string, limit int) (data []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := f.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close: %w", closeErr)
		}
	}()
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}
