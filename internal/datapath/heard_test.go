package datapath

import (
	"fmt"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestHeardBetweenTwoLives: what the program heard while no daemon was there is
// known to the next one; without a predecessor nothing is claimed to be known.
func TestHeardBetweenTwoLives(t *testing.T) {
	for _, m := range []Mode{XDP, TC} {
		t.Run(string(m), func(t *testing.T) {
			l, dir := newLAN(t), bpffs(t)
			first := loadUnowned(t, Config{PinDir: dir})
			if first.Remembers() {
				t.Error("the first of all remembers")
			}
			l.attach(t, first, m, m)
			abandon(t, first)

			before := time.Now()
			l.send(t, frame(advert(7, peer4, nil)))
			second := load(t, Config{PinDir: dir})
			if !second.Remembers() {
				t.Error("the second does not remember")
			}
			l.attach(t, second, m, m)
			testnet.Eventually(t, 10*time.Second, func() error {
				at, from, ok, err := second.LastGood(l.router(7))
				if err != nil || !ok || from.String() != peer4 || at.Before(before) || at.After(time.Now()) {
					return fmt.Errorf("heard at %v from %v, %v, %v; sent after %v", at, from, ok, err, before)
				}
				return nil
			})
		})
	}
}
