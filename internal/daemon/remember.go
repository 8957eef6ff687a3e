package daemon

import (
	"context"
	"path/filepath"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
)

// historyFile is the history's file in the runtime directory: it outlives the
// process and not the boot.
const historyFile = "history.jsonl"

// historyEvery is how much of the history a killed daemon may lose.
const historyEvery = time.Second

// keepHistory reads what an earlier process wrote and goes on writing. Nothing
// that is wrong with the file keeps a daemon from its work.
func (d *Daemon) keepHistory(read func(path string) error) {
	path := filepath.Join(d.opt.RuntimeDir, historyFile)
	if err := read(path); err != nil {
		d.log.Warn("the history of before is not whole", "error", err)
	}
	names, groups := map[string]bool{}, map[string]bool{}
	for _, in := range d.settings().Instances {
		names[in.Name] = true
	}
	for _, g := range d.settings().SyncGroups {
		groups[g.Name] = true
	}
	d.history.Retain(func(instance, group string) bool { return names[instance] || instance == "" && groups[group] })
	keeper, err := control.NewKeeper(d.history.Journal, path)
	if err != nil {
		d.log.Warn("the history will not survive this process", "error", err)
		return
	}
	ctx, stop := context.WithCancel(d.ctx)
	d.keeper, d.stopKeeping = keeper, stop
	go keeper.Run(ctx, historyEvery, func(err error) {
		d.log.Warn("the history is not saved; trying again", "error", err)
	})
}

// closeHistory writes the last events.
func (d *Daemon) closeHistory() error {
	if d.keeper == nil {
		return nil
	}
	d.stopKeeping()
	if err := d.keeper.Flush(); err != nil {
		d.log.Warn("the last of the history is not saved", "error", err)
	}
	return nil
}
