package wire

import "slices"

// Template is an Advert made once and sent many times: Next gives it another IP
// identification, priority and signature and leaves all other bytes alone.
type Template struct {
	advert   Advert
	layout   layout
	datagram []byte
	changes  uint // of the Signer when the datagram was laid out
}

// NewTemplate makes a template of a, of which it keeps the Signer.
func NewTemplate(a *Advert) (*Template, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	t := &Template{advert: *a}
	t.advert.Addresses = slices.Clone(a.Addresses)
	t.lay()
	return t, nil
}

func (t *Template) lay() {
	t.datagram = make([]byte, t.advert.Len())
	t.layout = t.advert.lay(t.datagram)
	if s := t.advert.Signer; s != nil {
		t.changes = s.changes
	}
}

// Next returns the datagram with this IPv4 identification (ignored for IPv6)
// and this priority, signed with the present sequence of the Signer. The bytes
// are the template's own and change with the next call. It allocates only when
// the Signer was updated since the last call.
func (t *Template) Next(id uint16, priority uint8) []byte {
	if s := t.advert.Signer; s != nil && s.changes != t.changes {
		t.lay()
	}
	t.layout.finish(t.datagram, id, priority)
	return t.datagram
}

// Advert returns what the template was made of.
func (t *Template) Advert() Advert { return t.advert }
