package survey

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Pcap writes frames as a pcap file with nanosecond stamps, which Wireshark and
// tcpdump read.
type Pcap struct {
	w   io.Writer
	buf []byte
}

// NewPcap writes the file header.
func NewPcap(w io.Writer) (*Pcap, error) {
	const magic, snap, ethernet = 0xa1b23c4d, 1 << 18, 1 // nanoseconds; bytes; link type
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint16(b, 2) // version 2.4
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...) // time zone and accuracy, unused
	b = binary.LittleEndian.AppendUint32(b, snap)
	b = binary.LittleEndian.AppendUint32(b, ethernet)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("pcap header: %w", err)
	}
	return &Pcap{w: w}, nil
}

// Write appends one frame, in one call of the underlying writer, so that a file
// that grows is always whole.
func (p *Pcap) Write(f Frame) error {
	b := binary.LittleEndian.AppendUint32(p.buf[:0], uint32(f.At.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.At.Nanosecond()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.Data))) // kept
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.Data))) // on the wire
	p.buf = append(b, f.Data...)
	if _, err := p.w.Write(p.buf); err != nil {
		return fmt.Errorf("pcap: %w", err)
	}
	return nil
}
