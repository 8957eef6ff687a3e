package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Save writes the history to a file, one JSON object a line, so that a
// restart can go on with it. The file appears whole or not at all.
func (j *Journal) Save(path string) error { return save(path, j.Select(Query{})) }

func save(path string, events []Event) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	defer os.Remove(tmp.Name()) // fails after the rename, as it should
	if err := writeEvents(tmp, events); err != nil {
		return errors.Join(fmt.Errorf("save history: %w", err), tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	return nil
}

func writeEvents(f *os.File, events []Event) error {
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return w.Flush()
}

// Load reads what Save wrote. A missing file is an empty history; a damaged
// line is skipped and told in the error, the others are kept.
func (j *Journal) Load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load history: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	bad := 0
	for lines.Scan() {
		var e Event
		if json.Unmarshal(lines.Bytes(), &e) != nil || !j.restore(e) {
			bad++
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("load history: %w", err)
	}
	if bad > 0 {
		return fmt.Errorf("load history: %d damaged lines in %s", bad, path)
	}
	return nil
}

// restore takes in an event of an earlier process; numbers must rise.
func (j *Journal) restore(e Event) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Seq <= j.seq {
		return false
	}
	j.seq, e.Earlier = e.Seq, true
	j.put(e)
	return true
}
