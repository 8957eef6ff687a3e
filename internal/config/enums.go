package config

// The words of the file are what JSON shows of an enumeration.

// MarshalText returns keepalived's word.
func (s InitialState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText returns keepalived's word.
func (k AuthKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalText returns keepalived's word.
func (m HMACMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// MarshalText returns keepalived's word.
func (a AntiReplay) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// MarshalText returns the metric label.
func (k TrackKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalText returns the word of the xvrrp block.
func (d Dataplane) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText returns the word of the xvrrp block.
func (g Guard) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// MarshalText returns the word of the xvrrp block.
func (d Doubt) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText returns the word of the xvrrp block.
func (k CheckKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
