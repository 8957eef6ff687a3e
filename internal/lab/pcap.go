package lab

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

var native = binary.NativeEndian

// WritePcap writes what was recorded so far as a pcap file with nanosecond stamps, which Wireshark and tcpdump read.
func (c *Capture) WritePcap(w io.Writer) error {
	const (
		magic    = 0xa1b23c4d // nanoseconds, in the byte order of the writer
		snap     = 1 << 16    // bytes
		ethernet = 1          // link type
	)
	head := make([]byte, 0, 24)
	head = native.AppendUint32(head, magic)
	head = native.AppendUint16(head, 2) // version 2.4
	head = native.AppendUint16(head, 4)
	head = append(head, 0, 0, 0, 0, 0, 0, 0, 0) // time zone and accuracy, unused
	head = native.AppendUint32(head, snap)
	head = native.AppendUint32(head, ethernet)
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("pcap of %s: %w", c.Link, err)
	}
	for _, f := range c.Frames() {
		rec := make([]byte, 0, 16+len(f.Data))
		rec = native.AppendUint32(rec, uint32(f.At.Unix()))
		rec = native.AppendUint32(rec, uint32(f.At.Nanosecond()))
		rec = native.AppendUint32(rec, uint32(len(f.Data))) // kept
		rec = native.AppendUint32(rec, uint32(len(f.Data))) // on the wire
		if _, err := w.Write(append(rec, f.Data...)); err != nil {
			return fmt.Errorf("pcap of %s: %w", c.Link, err)
		}
	}
	return nil
}

// SavePcap writes the pcap file at path.
func (c *Capture) SavePcap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := c.WritePcap(f); err != nil {
		f.Close() // the write's error tells more
		return err
	}
	return f.Close()
}
