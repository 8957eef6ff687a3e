package vrrp

// Health is what is known of a tracked thing.
type Health uint8

// The three states of knowledge.
const (
	// Unknown: no result yet.
	Unknown Health = iota
	// Up: the script succeeds, the interface is up, the process runs.
	Up
	// Down is the opposite.
	Down
)

// The bounds of one contribution: a file may subtract or add no more.
const (
	fileMax   = 253
	fileFault = -254
)

// Contribution is what one tracked thing adds to the priority.
type Contribution struct {
	// Delta is added to the configured priority.
	Delta int
	// Fault says that the thing puts the router into a fault instead.
	Fault bool
	// Pending says that the router must wait for the first result.
	Pending bool
}

// Weigh returns the contribution of a script, an interface, a process or a BFD
// session. A positive weight rewards being up, a negative one punishes being
// down; reverse flips the sign. Weight 0 makes being down (reverse: up) a
// fault. What is unknown adds nothing and, at weight 0, is waited for.
func Weigh(weight int, reverse bool, health Health) Contribution {
	if weight == 0 {
		bad := Down
		if reverse {
			bad = Up
		}
		return Contribution{Fault: health == bad, Pending: health == Unknown}
	}
	if (weight > 0) != (health == Up) || health == Unknown {
		return Contribution{}
	}
	if reverse {
		weight = -weight
	}
	return Contribution{Delta: weight}
}

// WeighFile returns the contribution of a tracked file that holds value. At
// weight 0 a value other than zero (reverse: zero) is a fault. Otherwise value
// times weight is added, at most 253; -254 and less is a fault.
func WeighFile(weight int, reverse bool, value int) Contribution {
	if weight == 0 {
		return Contribution{Fault: (value != 0) != reverse}
	}
	if reverse {
		weight = -weight
	}
	delta := saturate(value) * weight
	if delta <= fileFault {
		return Contribution{Fault: true}
	}
	return Contribution{Delta: min(delta, fileMax)}
}

// saturate keeps a product with a weight from overflowing: beyond this range
// the result is the same anyway.
func saturate(value int) int { return max(-1000, min(1000, value)) }

// Effective returns the effective priority: the configured one and every
// contribution, clamped to 1..254. An address owner is always 255.
func Effective(configured uint8, contributions ...Contribution) uint8 {
	if configured == PriorityOwner {
		return PriorityOwner
	}
	total := int(configured)
	for _, c := range contributions {
		total += c.Delta
	}
	return clampPriority(total)
}

func clampPriority(p int) uint8 { return uint8(max(1, min(PriorityOwner-1, p))) }
