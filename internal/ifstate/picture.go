package ifstate

import (
	"maps"
	"slices"
)

// A picture is what the links and addresses are. Two are kept: what the kernel said, and what the sink was told.
type picture struct {
	links map[int]Link
	addrs map[int][]Address
}

func newPicture() picture {
	return picture{links: map[int]Link{}, addrs: map[int][]Address{}}
}

func (p picture) setAddress(index int, a Address) {
	list := p.addrs[index]
	for i := range list {
		if sameAddress(list[i], a) {
			list[i] = a
			return
		}
	}
	p.addrs[index] = append(list, a)
}

func (p picture) deleteAddress(index int, a Address) {
	p.addrs[index] = slices.DeleteFunc(p.addrs[index], func(x Address) bool { return sameAddress(x, a) })
}

func (p picture) deleteLink(index int) {
	delete(p.links, index)
	delete(p.addrs, index)
}

// tell brings the sink from what it was told to what is.
func (w *Watcher) tell() {
	for _, index := range slices.Sorted(maps.Keys(w.told.links)) {
		if _, ok := w.now.links[index]; !ok {
			w.tellGone(index)
		}
	}
	for _, index := range slices.Sorted(maps.Keys(w.now.links)) {
		w.tellLink(index)
		w.tellAddresses(index)
	}
}

func (w *Watcher) tellGone(index int) {
	if l, ok := w.told.links[index]; ok {
		w.told.deleteLink(index)
		w.sink.Gone(l)
	}
}

func (w *Watcher) tellLink(index int) {
	l, ok := w.now.links[index]
	if before, told := w.told.links[index]; !ok || told && before.equal(l) {
		return
	}
	w.told.links[index] = l
	w.sink.Link(l)
}

// tellAddresses waits with the addresses of a link that is not known yet.
func (w *Watcher) tellAddresses(index int) {
	if _, ok := w.told.links[index]; !ok {
		return
	}
	list := w.now.addrs[index]
	before, told := w.told.addrs[index]
	if told && slices.Equal(before, list) {
		return
	}
	list = slices.Clone(list)
	w.told.addrs[index] = list
	w.sink.Addresses(index, list)
}
