package vrrp

import "testing"

// Every rule of keepalived's for a weight, with and without reverse.
func TestWeigh(t *testing.T) {
	fault, pending, none := Contribution{Fault: true}, Contribution{Pending: true}, Contribution{}
	plus, minus := Contribution{Delta: 20}, Contribution{Delta: -20}
	for _, c := range []struct {
		weight            int
		reverse           bool
		up, down, unknown Contribution
	}{
		{20, false, plus, none, none},
		{20, true, minus, none, none},
		{-20, false, none, minus, none},
		{-20, true, none, plus, none},
		{0, false, none, fault, pending},
		{0, true, fault, none, pending},
	} {
		for health, want := range map[Health]Contribution{Up: c.up, Down: c.down, Unknown: c.unknown} {
			if got := Weigh(c.weight, c.reverse, health); got != want {
				t.Errorf("Weigh(%d, %v, %d) = %+v, want %+v", c.weight, c.reverse, health, got, want)
			}
		}
	}
}

func TestWeighFile(t *testing.T) {
	const huge = int(^uint(0) >> 1)
	for _, c := range []struct {
		weight  int
		reverse bool
		value   int
		want    Contribution
	}{
		{1, false, 0, Contribution{}},
		{1, false, 7, Contribution{Delta: 7}},
		{1, true, 7, Contribution{Delta: -7}},
		{-3, false, 7, Contribution{Delta: -21}},
		{-3, true, 7, Contribution{Delta: 21}},
		{1, false, 253, Contribution{Delta: 253}},
		{1, false, 254, Contribution{Delta: 253}},
		{10, false, 1000, Contribution{Delta: 253}},
		{1, false, -253, Contribution{Delta: -253}},
		{1, false, -254, Contribution{Fault: true}},
		{-254, false, 1, Contribution{Fault: true}},
		{254, true, 1, Contribution{Fault: true}},
		{-100, false, 3, Contribution{Fault: true}},
		{254, false, huge, Contribution{Delta: 253}},
		{254, false, -huge - 1, Contribution{Fault: true}},
		{0, false, 0, Contribution{}},
		{0, false, -1, Contribution{Fault: true}},
		{0, false, 1, Contribution{Fault: true}},
		{0, true, 0, Contribution{Fault: true}},
		{0, true, 1, Contribution{}},
	} {
		if got := WeighFile(c.weight, c.reverse, c.value); got != c.want {
			t.Errorf("WeighFile(%d, %v, %d) = %+v, want %+v", c.weight, c.reverse, c.value, got, c.want)
		}
	}
}

// Field case 2.4 among others: who is in front after a failed check?
func TestEffective(t *testing.T) {
	for _, c := range []struct {
		configured uint8
		deltas     []int
		want       uint8
	}{
		{100, nil, 100},
		{160, []int{0}, 160}, // case 2.4: still above 99 + 2
		{99, []int{2}, 101},
		{100, []int{-60, 20, -30}, 30},
		{10, []int{-60}, 1},
		{250, []int{60}, 254},
		{200, []int{253, -253}, 200}, // the sum is clamped, not its parts
		{255, []int{-100}, 255},
	} {
		var contributions []Contribution
		for _, d := range c.deltas {
			contributions = append(contributions, Contribution{Delta: d})
		}
		if got := Effective(c.configured, contributions...); got != c.want {
			t.Errorf("Effective(%d, %v) = %d, want %d", c.configured, c.deltas, got, c.want)
		}
	}
}
