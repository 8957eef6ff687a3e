package vrrp

// outbox collects the actions of one call. A value that does not fit a word is
// boxed on the heap when it becomes an Action, so the boxes of the actions that
// repeat are kept: a steady router, or one under a flood, allocates nothing.
type outbox struct {
	actions []Action
	advert  box[SendAdvert]
	note    box[Note]
}

// usualActions is how many one call asks for, a takeover with its notes included.
const usualActions = 8

// box keeps the last value of its type as an Action.
type box[T interface {
	comparable
	Action
}] struct {
	value  T
	action Action
}

func (b *box[T]) of(value T) Action {
	if b.action == nil || b.value != value {
		b.value, b.action = value, value
	}
	return b.action
}

func (o *outbox) add(a Action) { o.actions = append(o.actions, a) }

func (o *outbox) tell(n Note) { o.add(o.note.of(n)) }

func (o *outbox) send(a SendAdvert) { o.add(o.advert.of(a)) }
