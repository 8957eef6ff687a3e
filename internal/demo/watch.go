package demo

import (
	"sync"
	"time"
)

// watcher looks at who holds the address, as the kernels of the two directors
// say, and tells the story of every change.
type watcher struct {
	done  chan struct{}
	ended sync.WaitGroup
}

func (d *demo) watch() *watcher {
	w := &watcher{done: make(chan struct{})}
	w.ended.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-tick.C:
				for _, n := range []*director{d.a, d.b} {
					if has, err := n.Has(vip); err == nil { // a host that cannot be asked holds what it held
						d.story.holds(n.Name, has)
					}
				}
			}
		}
	})
	return w
}

func (w *watcher) stop() {
	close(w.done)
	w.ended.Wait()
}
