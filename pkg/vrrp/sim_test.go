package vrrp

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// histories is how many seeds TestSimulator lives through: 100,000, or what
// XVRRP_SIM_HISTORIES says. XVRRP_SIM_SEED tells one seed's history.
const histories = 100_000

func TestSimulator(t *testing.T) {
	if s := os.Getenv("XVRRP_SIM_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		tell(t, seed, rightly)
		return
	}
	count := uint64(histories)
	if s := os.Getenv("XVRRP_SIM_HISTORIES"); s != "" {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		count = n
	}
	const shards = 4
	for shard := range uint64(shards) {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			w := newWorld(rightly)
			for seed := shard; seed < count; seed += shards {
				if w.history(seed) != nil {
					tell(t, seed, rightly)
					return
				}
			}
		})
	}
}

// tell lives a history again and fails with the script that replays it.
func tell(t *testing.T, seed uint64, make maker) {
	t.Helper()
	w := newWorld(make)
	w.log = &transcript{}
	if err := w.history(seed); err != nil {
		t.Fatalf("seed %d: %v\nXVRRP_SIM_SEED=%d tells it again. The script:\n\n# Seed %d of the simulator.\n\n%s",
			seed, err, seed, seed, w.log.b.String())
	}
	t.Logf("seed %d: nothing wrong\n%s", seed, w.log.b.String())
}
