package main

import (
	"context"
	"sync"

	"github.com/xvrrp/xvrrp/internal/control"
)

// askPeers has every instance ask the other nodes about its first address, all
// at once. What cannot ask (no address, no interface) is left out.
func askPeers(ctx context.Context, client *control.Client, list []control.InstanceStatus) []control.AskResult {
	answers := make([]*control.AskResult, len(list))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8) // the daemon serves many more, others ask too
	for n, i := range list {
		if i.State != control.Master && i.State != control.Backup {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if r, err := client.Ask(ctx, i.Name, control.AskRequest{}); err == nil {
				answers[n] = &r
			}
		})
	}
	wg.Wait()
	found := []control.AskResult{}
	for _, r := range answers {
		if r != nil {
			found = append(found, *r)
		}
	}
	return found
}
