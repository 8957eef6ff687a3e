package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Keeper keeps a journal in a file, so that the next daemon goes on with it:
// new events are appended now and then, and the file is written anew when most
// of it is no longer kept. Its methods may be called from any goroutine.
type Keeper struct {
	j    *Journal
	path string

	mu    sync.Mutex
	upTo  uint64 // the last number in the file
	lines int    // in the file
}

// spareLines is how many lines that are no longer kept a file may have.
const spareLines = 1000

// NewKeeper takes over the file: it is written anew, without what was damaged.
func NewKeeper(j *Journal, path string) (*Keeper, error) {
	k := &Keeper{j: j, path: path}
	return k, k.rewrite(j.Select(Query{}))
}

// Flush writes what is new.
func (k *Keeper) Flush() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh, kept := k.j.fresh(k.upTo)
	if len(fresh) == 0 {
		return nil
	}
	if k.lines+len(fresh) > 2*kept+spareLines {
		return k.rewrite(k.j.Select(Query{}))
	}
	f, err := os.OpenFile(k.path, os.O_APPEND|os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) { // somebody tidied up
		return k.rewrite(k.j.Select(Query{}))
	}
	if err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	if err := errors.Join(writeEvents(f, fresh), f.Close()); err != nil {
		return fmt.Errorf("save history: %w", err)
	}
	k.wrote(fresh, k.lines+len(fresh))
	return nil
}

func (k *Keeper) rewrite(all []Event) error {
	if err := save(k.path, all); err != nil {
		return err
	}
	k.wrote(all, len(all))
	return nil
}

func (k *Keeper) wrote(list []Event, lines int) {
	k.lines = lines
	if len(list) > 0 {
		k.upTo = list[len(list)-1].Seq
	}
}

// Run flushes at every interval until the context ends. An error is told when
// it is another one than before.
func (k *Keeper) Run(ctx context.Context, every time.Duration, trouble func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := k.Flush()
		if err == nil {
			said = ""
		} else if err.Error() != said {
			said = err.Error()
			trouble(err)
		}
	}
}

// fresh returns the events after a number, and how many are kept in all.
func (j *Journal) fresh(after uint64) (list []Event, kept int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.events {
		kept += min(len(l), j.keep)
	}
	if j.seq == after {
		return nil, kept
	}
	return j.sel(Query{After: after}), kept
}

// Inherit reads what a predecessor wrote, which lived until now, and puts it
// before what was added meanwhile. Errors are those of Load.
func (j *Journal) Inherit(path string) error {
	before := NewJournal(j.keep)
	err := before.Load(path)
	j.mu.Lock()
	defer j.mu.Unlock()
	own := j.sel(Query{})
	j.events, j.seq = before.events, before.seq
	for _, e := range own {
		j.seq++
		e.Seq = j.seq
		j.put(e)
	}
	return err
}
