package metrics

import "sync/atomic"

// forms are what a version 3 advert over IPv4 can bear as its checksum.
var forms = [...]string{"message_only", "pseudo_header", "group_pseudo_header"}

// formCounts counts each of them. They come with every advert, so they are no
// counts, which would have to look the word up.
type formCounts [len(forms)]atomic.Uint64

// ChecksumForm counts which of the version 3 checksums an IPv4 advert bore:
// message_only (RFC 9568), pseudo_header, or group_pseudo_header.
func (i *Instance) ChecksumForm(form string) { i.forms.add(form, 1) }

func (c *formCounts) add(form string, n uint64) {
	for i, word := range forms {
		if word == form {
			c[i].Add(n)
			return
		}
	}
}

// each calls f for every form seen so far.
func (c *formCounts) each(f func(form string, n uint64)) {
	for i, word := range forms {
		if n := c[i].Load(); n > 0 {
			f(word, n)
		}
	}
}

func (c *formCounts) all() map[string]uint64 {
	list := map[string]uint64{}
	c.each(func(form string, n uint64) { list[form] = n })
	return list
}

func (c *formCounts) addAll(list map[string]uint64) {
	for form, n := range list {
		c.add(form, n)
	}
}
