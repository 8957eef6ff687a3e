package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path"
)

// file is one file of the guest; its content is data, or is read from a path.
type file struct {
	name string // without a leading slash
	from string
	data []byte
}

// writeInitramfs writes a cpio archive ("newc", as the kernel wants it) of
// executable files and the directories that they lie in, compressed.
func writeInitramfs(to string, files []file) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zip, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := &archive{w: bufio.NewWriter(zip), dirs: map[string]bool{".": true}}
	w.dir("dev")
	for _, f := range files {
		data := f.data
		if f.from != "" {
			if data, err = os.ReadFile(f.from); err != nil {
				return err
			}
		}
		w.dir(path.Dir(f.name))
		w.entry(f.name, 0o100755, data)
	}
	w.entry("TRAILER!!!", 0, nil)
	return errors.Join(w.err, w.w.Flush(), zip.Close())
}

type archive struct {
	w    *bufio.Writer
	dirs map[string]bool
	inos int
	err  error
}

func (a *archive) dir(name string) {
	if a.dirs[name] {
		return
	}
	a.dir(path.Dir(name))
	a.dirs[name] = true
	a.entry(name, 0o040755, nil)
}

// entry writes a header of 13 hexadecimal fields, the name and the content,
// both filled up to a multiple of four.
func (a *archive) entry(name string, mode int, data []byte) {
	a.inos++
	links := 1
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.inos, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
	a.write([]byte(header + name + "\x00"))
	a.fill(len(header) + len(name) + 1)
	a.write(data)
	a.fill(len(data))
}

func (a *archive) fill(written int) { a.write(make([]byte, -written&3)) }

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
}
