package systemd

import (
	"encoding/binary"
	"errors"
)

// busWriter marshals little-endian; alignment counts from the start of b.
type busWriter struct{ b []byte }

func (w *busWriter) align(n int) {
	for len(w.b)%n != 0 {
		w.b = append(w.b, 0)
	}
}

func (w *busWriter) u32(v uint32) {
	w.align(4)
	w.b = binary.LittleEndian.AppendUint32(w.b, v)
}

func (w *busWriter) str(s string) {
	w.u32(uint32(len(s)))
	w.b = append(append(w.b, s...), 0)
}

// field is one header field: a code and a variant of type o, s or g.
func (w *busWriter) field(code, kind byte, value string) {
	w.align(8)
	w.b = append(w.b, code, 1, kind, 0)
	if kind == 'g' {
		w.b = append(append(append(w.b, byte(len(value))), value...), 0)
		return
	}
	w.str(value)
}

// busReader unmarshals; alignment counts from the start of b.
type busReader struct {
	b     []byte
	at    int
	order binary.ByteOrder
}

var errBusShort = errors.New("message too short")

func (r *busReader) take(n int) ([]byte, error) {
	if n < 0 || r.at > len(r.b) || n > len(r.b)-r.at {
		return nil, errBusShort
	}
	b := r.b[r.at : r.at+n]
	r.at += n
	return b, nil
}

func (r *busReader) align(n int) { r.at = (r.at + n - 1) / n * n }

func (r *busReader) u32() (uint32, error) {
	r.align(4)
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return r.order.Uint32(b), nil
}

func (r *busReader) str() (string, error) {
	n, err := r.u32()
	if err != nil {
		return "", err
	}
	b, err := r.take(int(n))
	r.at++ // its final zero
	return string(b), err
}

// signature reads the type of a variant's value.
func (r *busReader) signature() (string, error) {
	n, err := r.take(1)
	if err != nil {
		return "", err
	}
	b, err := r.take(int(n[0]) + 1) // with its final zero
	if err != nil {
		return "", err
	}
	return string(b[:len(b)-1]), nil
}

// pair reads a structure of a number and an object's path.
func (r *busReader) pair() (uint32, string, error) {
	r.align(8)
	n, err := r.u32()
	if err != nil {
		return 0, "", err
	}
	path, err := r.str()
	return n, path, err
}

// field reads one header field and keeps what an answer needs of it.
func (r *busReader) field(reply uint32, name string) (uint32, string, error) {
	r.align(8)
	head, err := r.take(4) // code, length of the signature, signature, zero
	if err != nil {
		return reply, name, err
	}
	if head[1] != 1 {
		return reply, name, errors.New("header field of an unknown type")
	}
	switch kind := head[2]; kind {
	case 'u':
		v, err := r.u32()
		if head[0] == fieldReplyTo {
			reply = v
		}
		return reply, name, err
	case 's', 'o':
		s, err := r.str()
		if head[0] == fieldErrName {
			name = s
		}
		return reply, name, err
	case 'g':
		n, err := r.take(1)
		if err == nil {
			_, err = r.take(int(n[0]) + 1)
		}
		return reply, name, err
	}
	return reply, name, errors.New("header field of an unknown type")
}
