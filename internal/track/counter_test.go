package track

import "testing"

// TestCounter plays results, s and f, and wants the opinion after each, U or D.
func TestCounter(t *testing.T) {
	for _, c := range []struct {
		rise, fall    int
		initFail      bool
		results, want string
	}{
		{1, 1, false, "sfsf", "UDUD"},
		{1, 1, true, "sf", "UD"},
		// At start one success suffices, whatever rise says.
		{3, 1, false, "s", "U"},
		{3, 1, true, "sss", "DDU"},
		// The first failure at start counts at once, whatever fall says.
		{1, 3, false, "fs", "DU"},
		{3, 3, false, "fsss", "DDDU"},
		// fall failures in a row; a success in between starts anew.
		{1, 3, false, "sffsffsfff", "UUUUUUUUUD"},
		// rise successes in a row; a failure in between starts anew.
		{3, 1, false, "fssfssfsss", "DDDDDDDDDU"},
		{2, 3, false, "sfffssfff", "UUUDDUUUD"},
		// More of the same changes nothing and is not saved up.
		{2, 2, false, "sssssssff", "UUUUUUUUD"},
		{2, 2, false, "ffffffss", "DDDDDDDU"},
		// Nonsense counts as one.
		{0, -1, false, "sf", "UD"},
	} {
		counter := NewCounter(c.rise, c.fall, c.initFail)
		got := ""
		for _, r := range c.results {
			if counter.Add(r == 's') {
				got += "U"
			} else {
				got += "D"
			}
		}
		if got != c.want {
			t.Errorf("rise %d fall %d init_fail %v: %s gave %s, want %s", c.rise, c.fall, c.initFail, c.results, got, c.want)
		}
	}
}

// Up is down after exactly fall failures and up after exactly rise successes,
// from any history.
func TestCounterFromAnyHistory(t *testing.T) {
	for rise := 1; rise <= 4; rise++ {
		for fall := 1; fall <= 4; fall++ {
			for history := range 1 << 10 {
				c := NewCounter(rise, fall, false)
				for bit := range 10 {
					c.Add(history>>bit&1 == 1)
				}
				need, success := fall, false
				if !c.Up() {
					need, success = rise, true
				}
				// The history may end in results that already count.
				steps := 0
				for was := c.Up(); c.Up() == was; steps++ {
					c.Add(success)
				}
				if steps > need || steps < 1 {
					t.Fatalf("rise %d fall %d history %010b: %d steps, want at most %d", rise, fall, history, steps, need)
				}
			}
		}
	}
}
