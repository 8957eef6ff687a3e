package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// fifoLimit bounds the lines that wait here when the kernel's pipe is full.
const fifoLimit = 1024

// pipeBuf is PIPE_BUF: what the kernel writes into a pipe in one piece.
const pipeBuf = 4096

// lookEvery is how often a writer that waits for readers looks whether the
// FIFO is still the one of that name.
const lookEvery = time.Second

// Why a line was lost.
var (
	ErrNobodyReads = errors.New("nobody reads the FIFO")
	ErrTooLong     = errors.New("line too long to be written in one piece")
	ErrClosing     = errors.New("the daemon ends")
)

// fifo is one open FIFO and the lines that wait for it.
type fifo struct {
	path   string
	config FIFO
	sink   Sink
	cancel context.CancelFunc
	done   chan struct{} // the writer has ended

	mu     sync.Mutex
	lines  []Event       // waiting, oldest first
	flying bool          // a line is being written
	wake   chan struct{} // there may be a line
	lost   uint64
	file   *os.File
	reader *reader
}

// openFIFO makes the FIFO if there is none and starts the writer. A FIFO that
// we made stays when we end, for the readers that wait on it.
func openFIFO(cfg FIFO, sink Sink) (*fifo, error) {
	file, err := open(cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &fifo{path: cfg.Path, config: cfg, sink: sink, file: file, cancel: cancel,
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	go f.write(ctx)
	return f, nil
}

// open opens for reading and writing, so that there is a reader at all times
// and a reader that comes later sees what was written before. A FIFO that it
// made and cannot use it takes away: the next start would find one that is not
// its reader's.
func open(cfg FIFO) (_ *os.File, err error) {
	made := unix.Mkfifo(cfg.Path, 0o600)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return nil, fmt.Errorf("FIFO %s: %w", cfg.Path, made)
	}
	defer func() {
		if err != nil && made == nil {
			err = errors.Join(err, os.Remove(cfg.Path))
		}
	}()
	if made == nil && cfg.Owner != nil {
		if err := os.Lchown(cfg.Path, int(cfg.Owner.UID), int(cfg.Owner.GID)); err != nil {
			return nil, fmt.Errorf("FIFO %s: %w", cfg.Path, err)
		}
	}
	fd, err := unix.Open(cfg.Path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("FIFO %s: %w", cfg.Path, err)
	}
	f := os.NewFile(uintptr(fd), cfg.Path)
	if info, err := f.Stat(); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		f.Close()
		return nil, fmt.Errorf("FIFO %s: something else has that name", cfg.Path)
	}
	return f, nil
}

// put queues a line. What was lost by that is returned.
func (f *fifo) put(e Event) []Loss {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(e.line()) > pipeBuf {
		f.lost++
		return []Loss{{FIFO: f.path, Event: e, Err: ErrTooLong, Total: f.lost}}
	}
	var losses []Loss
	if len(f.lines) >= fifoLimit {
		victim := superseded(f.lines)
		f.lost++
		losses = append(losses, Loss{FIFO: f.path, Event: f.lines[victim], Err: ErrNobodyReads, Total: f.lost})
		f.lines = append(f.lines[:victim], f.lines[victim+1:]...)
	}
	f.lines = append(f.lines, e)
	f.nudge()
	return losses
}

// superseded finds the oldest line that a later one of the same name makes
// obsolete; the oldest of all if there is none.
func superseded(lines []Event) int {
	last := map[key]int{}
	for i, e := range lines {
		last[e.key()] = i
	}
	for i, e := range lines {
		if last[e.key()] > i {
			return i
		}
	}
	return 0
}

func (f *fifo) nudge() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// write writes the lines one after the other until ctx ends.
func (f *fifo) write(ctx context.Context) {
	defer close(f.done)
	for {
		e, ok := f.take()
		if !ok {
			select {
			case <-f.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		err := f.writeLine(ctx, e.line())
		f.mu.Lock()
		f.flying = false
		if err != nil {
			f.lost++
		}
		loss := Loss{FIFO: f.path, Event: e, Err: err, Total: f.lost}
		f.mu.Unlock()
		if err != nil {
			f.sink.Lost(loss)
		}
	}
}

func (f *fifo) take() (Event, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.lines) == 0 {
		return Event{}, false
	}
	e := f.lines[0]
	f.lines = f.lines[1:]
	f.flying = true
	return e, true
}

// writeLine waits until the line fits into the pipe. Not more than PIPE_BUF,
// it goes in whole or not at all. When ctx ends it tries once more without
// waiting.
func (f *fifo) writeLine(ctx context.Context, line string) error {
	for {
		file, err := f.current()
		if err != nil {
			return err
		}
		last := ctx.Err() != nil
		err = writeBefore(ctx, file, line)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if last {
			return ErrNobodyReads
		}
	}
}

// writeBefore writes until it is time to look again or ctx ends.
func writeBefore(ctx context.Context, file *os.File, line string) error {
	deadline := time.Now().Add(lookEvery)
	if ctx.Err() != nil {
		deadline = time.Now().Add(time.Millisecond)
	}
	if err := file.SetWriteDeadline(deadline); err != nil {
		return err
	}
	// Not before the deadline is set, lest it be moved back.
	stop := context.AfterFunc(ctx, func() {
		_ = file.SetWriteDeadline(time.Now()) // fails only when closed
	})
	defer stop()
	_, err := file.WriteString(line)
	return err
}

// current is the open FIFO of that name: somebody may have replaced it, and
// nobody would read what we wrote into the old one.
func (f *fifo) current() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ours, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	if named, err := os.Lstat(f.path); err == nil && os.SameFile(ours, named) {
		return f.file, nil
	}
	file, err := open(f.config)
	if err != nil {
		return nil, err
	}
	f.file.Close()
	f.file = file
	return file, nil
}

// flush waits until every line is in the pipe and, if a script of ours reads
// it, until that has taken them out.
func (f *fifo) flush(ctx context.Context) {
	for !f.empty() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (f *fifo) empty() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.lines) > 0 || f.flying {
		return false
	}
	return f.reader == nil || f.reader.gone() || unread(f.file) == 0
}

// unread is how many bytes are in the pipe.
func unread(file *os.File) int {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	if err != nil {
		return 0
	}
	return n
}

// stop closes the FIFO and ends its script.
func (f *fifo) stop() {
	f.shut()
	f.read(nil)
}

// shut ends the writer and closes the FIFO, so that a reader sees its end.
// Lines that still wait are lost. It takes no time worth mentioning.
func (f *fifo) shut() {
	f.cancel()
	<-f.done
	f.mu.Lock()
	waiting := f.lines
	f.lines = nil
	f.lost += uint64(len(waiting))
	total := f.lost
	f.mu.Unlock()
	for _, e := range waiting {
		f.sink.Lost(Loss{FIFO: f.path, Event: e, Err: ErrClosing, Total: total})
	}
	f.file.Close()
}
