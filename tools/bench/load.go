package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// burden is what a machine has to do besides VRRP.
type burden struct {
	name  string
	busy  int      // busy loops a core
	kinds []string // of press
}

var (
	idle   = burden{name: "idle"}
	busy8  = burden{name: "8 busy a core", busy: 8}
	busy32 = burden{name: "32 busy a core", busy: 32}
	// pressed is both at once.
	pressed = burden{name: "memory and disk pressure", kinds: []string{"memory", "disk"}}
)

// under runs f while the burden is on. The processes are the judge's, and end
// when f does; each is ended by its own id.
func (p *pair) under(l burden, f func() error) (err error) {
	var procs []*lab.Process
	defer func() {
		for _, c := range procs {
			err = errors.Join(err, c.Kill())
		}
	}()
	start := func(name string, args ...string) error {
		c, err := p.judge.Start(name, args...)
		if err == nil {
			procs = append(procs, c)
		}
		return err
	}
	for range l.busy * runtime.NumCPU() {
		if err := start("/bin/sh", "-c", "while :; do :; done"); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, kind := range l.kinds {
		for range 2 * runtime.NumCPU() {
			if err := start(self, pressArg+kind); err != nil {
				return err
			}
		}
	}
	return f()
}

const pressArg = "-press="

// press burdens the machine until it is killed, within bounds: the machine may
// have other users.
func press(kind string) {
	var err error
	switch kind {
	case "memory":
		pressMemory()
	case "disk":
		err = pressDisk()
	default:
		err = errors.New("no such pressure")
	}
	fmt.Fprintln(os.Stderr, "press", kind, err)
	os.Exit(1)
}

// pressMemory takes and gives back 256 MiB, page by page, for ever.
func pressMemory() {
	const size, page = 256 << 20, 4096
	for {
		block := make([]byte, size)
		for i := 0; i < size; i += page {
			block[i] = 1
		}
		runtime.GC()
	}
}

// pressDisk writes 16 MiB and waits for the disk, for ever.
func pressDisk() error {
	f, err := os.CreateTemp("", "xvrrp-bench-disk-")
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil { // it goes with the process
		return err
	}
	block := make([]byte, 1<<20)
	for {
		for i := range int64(16) {
			if _, err := f.WriteAt(block, i<<20); err != nil {
				return err
			}
		}
		if err := f.Sync(); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}
