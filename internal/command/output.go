package command

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
)

// What is kept of a process's output, in bytes.
const (
	tailSize = 4096
	textSize = 200
)

// lateOutput is how long the end of the output is waited for once the process
// has ended. Only a child that stays in the background keeps it open longer.
const lateOutput = 20 * time.Millisecond

// output reads everything a process writes, so that it never blocks, and
// keeps the end.
type output struct {
	mu   sync.Mutex
	tail []byte
	eof  chan struct{}
}

// drain reads until every writer is gone. A daemon that a script started may
// keep writing for as long as it lives; without a reader it would die.
func drain(r *os.File) *output {
	o := &output{eof: make(chan struct{})}
	go func() {
		defer close(o.eof)
		defer r.Close()
		buf := make([]byte, tailSize)
		for {
			n, err := r.Read(buf)
			o.keep(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	return o
}

func (o *output) keep(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, b...)
	if len(o.tail) > tailSize {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-tailSize:]...)
	}
}

func (o *output) finish() string {
	select {
	case <-o.eof:
	case <-time.After(lateOutput):
	}
	return o.lastLine()
}

// lastLine is the last line that is not blank, fit for a log.
func (o *output) lastLine() string {
	o.mu.Lock()
	line := bytes.TrimSpace(o.tail)
	line = bytes.TrimSpace(line[bytes.LastIndexByte(line, '\n')+1:])
	text := string(line[:min(len(line), textSize)])
	o.mu.Unlock()
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
}
