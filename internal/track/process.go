package track

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commSize is how much of its name the kernel keeps for a process, in bytes.
const commSize = 15

// scanEvery is how often /proc is read where the kernel tells no events.
const scanEvery = time.Second

func (p Process) usable() error {
	switch {
	case p.Process == "":
		return fmt.Errorf("track_process %s: no process", p.Name)
	case p.Quorum < 0, p.QuorumMax < 0, p.QuorumMax > 0 && p.QuorumMax < p.Quorum:
		return fmt.Errorf("track_process %s: no number is between quorum %d and quorum_max %d", p.Name, p.Quorum, p.QuorumMax)
	}
	return nil
}

// watch tells how many processes match, from kernel events where they are to
// be had and from a look every second where not.
func (p Process) watch(ctx context.Context, sink Sink) {
	o := &opinion{process: p, sink: sink}
	defer o.stop()
	events, err := listenProcesses()
	if err != nil {
		p.scan(ctx, o)
		return
	}
	stop := context.AfterFunc(ctx, events.close)
	defer stop()
	defer events.close()
	matching := p.all()
	o.set(len(matching))
	facts := make(chan procEvent, 64)
	go events.read(ctx, facts)
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.due():
			o.settle()
		case e, open := <-facts:
			if !open {
				p.scan(ctx, o) // the kernel's events ended: go on without them
				return
			}
			p.take(e, matching)
			o.set(len(matching))
		}
	}
}

// take brings the set of matching processes up to date.
func (p Process) take(e procEvent, matching map[int]bool) {
	switch {
	case e.lost:
		clear(matching)
		maps.Copy(matching, p.all())
	case e.exit, !p.matches(e.pid):
		delete(matching, e.pid)
	default:
		matching[e.pid] = true
	}
}

func (p Process) scan(ctx context.Context, o *opinion) {
	o.scanned = true
	tick := time.NewTicker(scanEvery)
	defer tick.Stop()
	for {
		o.set(len(p.all()))
		select {
		case <-ctx.Done():
			return
		case <-o.due():
			o.settle()
		case <-tick.C:
		}
	}
}

// all returns the numbers of the processes that match now.
func (p Process) all() map[int]bool {
	matching := map[int]bool{}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && p.matches(pid) {
			matching[pid] = true
		}
	}
	return matching
}

// matches looks at one process. One that has ended, zombies too, matches
// nothing.
func (p Process) matches(pid int) bool {
	name, state := nameAndState(pid)
	if state == 0 || state == 'Z' || state == 'X' {
		return false
	}
	byName := !p.FullCommand && !strings.Contains(p.Process, "/")
	if byName && name != p.Process[:min(len(p.Process), commSize)] {
		return false
	}
	if byName && p.Match == ParamNone {
		return true
	}
	args := commandLine(pid)
	if len(args) == 0 {
		return false
	}
	if !byName && args[0] != p.Process && (p.FullCommand || executablePath(pid) != p.Process) {
		return false
	}
	return p.matchesParams(args[1:])
}

func (p Process) matchesParams(args []string) bool {
	n := len(p.Params)
	switch p.Match {
	case ParamExact:
		return slices.Equal(args, p.Params)
	case ParamPartial:
		return len(args) >= n && slices.Equal(args[:n], p.Params)
	case ParamInitial:
		if n == 0 {
			return len(args) == 0
		}
		return len(args) == n && slices.Equal(args[:n-1], p.Params[:n-1]) && strings.HasPrefix(args[n-1], p.Params[n-1])
	}
	return true
}

// nameAndState reads /proc/PID/stat: "PID (name) state …". The state is 0 when
// there is no such process.
func nameAndState(pid int) (name string, state byte) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	s := string(b)
	open, end := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')')
	if open < 0 || end < open || end+2 >= len(s) {
		return "", 0
	}
	return s[open+1 : end], s[end+2]
}

func processState(pid int) byte {
	_, state := nameAndState(pid)
	return state
}

// commandLine is empty for kernel threads and for what has ended.
func commandLine(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

func executablePath(pid int) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return ""
	}
	return path
}
