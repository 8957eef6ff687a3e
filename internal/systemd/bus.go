package systemd

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// busConn speaks as much of the D-Bus protocol as it takes to read a property:
// one call at a time, little-endian, no descriptors.
type busConn struct {
	conn   net.Conn
	r      *bufio.Reader
	hello  bool
	serial uint32
	close  func()
}

// Message types and header fields of the D-Bus specification.
const (
	busCall      = 1
	busReturn    = 2
	busError     = 3
	fieldPath    = 1
	fieldIface   = 2
	fieldMember  = 3
	fieldErrName = 4
	fieldReplyTo = 5
	fieldDest    = 6
	fieldSig     = 8
	busMaxBody   = 1 << 20 // larger answers are not for us
)

func dialBus(ctx context.Context, b Bus) (*busConn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", b.Path)
	if err != nil {
		return nil, err
	}
	// The context ends every read and write.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) }) // fails only when closed
	c := &busConn{conn: conn, r: bufio.NewReader(conn), hello: b.Hello}
	c.close = func() { stop(); conn.Close() }
	if err := c.authenticate(); err != nil {
		c.close()
		return nil, fmt.Errorf("%s: %w", b.Path, err)
	}
	if b.Hello {
		if _, err := c.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello"); err != nil {
			c.close()
			return nil, fmt.Errorf("%s: %w", b.Path, err)
		}
	}
	return c, nil
}

// authenticate uses EXTERNAL: the kernel says who we are. BEGIN is sent along and
// no message before the answer, as systemd's own library does: a message that
// systemd reads in one piece with BEGIN is left lying until something else comes.
func (c *busConn) authenticate() error {
	uid := hex.EncodeToString([]byte(strconv.Itoa(os.Geteuid())))
	if _, err := fmt.Fprintf(c.conn, "\x00AUTH EXTERNAL %s\r\nBEGIN\r\n", uid); err != nil {
		return err
	}
	line, err := c.r.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "OK ") {
		return fmt.Errorf("authentication refused: %.60q", line)
	}
	return nil
}

// property reads a property: the type of its value, and a reader that stands
// in front of it.
func (c *busConn) property(path, iface, name string) (kind string, value *busReader, err error) {
	body, err := c.call(manager, path, "org.freedesktop.DBus.Properties", "Get", iface, name)
	if err != nil {
		return "", nil, err
	}
	kind, err = body.signature()
	return kind, body, err
}

// text reads a property of type string.
func (c *busConn) text(path, iface, name string) (string, error) {
	kind, value, err := c.property(path, iface, name)
	if err != nil {
		return "", err
	}
	if kind != "s" {
		return "", fmt.Errorf("property %s is no string", name)
	}
	return value.str()
}

// call sends a method call and waits for its answer. Arguments are strings and
// 32-bit numbers.
func (c *busConn) call(dest, path, iface, member string, args ...any) (*busReader, error) {
	c.serial++
	if _, err := c.conn.Write(c.message(dest, path, iface, member, args)); err != nil {
		return nil, err
	}
	for {
		kind, reply, name, body, err := c.receive()
		switch {
		case err != nil:
			return nil, err
		case reply != c.serial: // a signal, or none of ours
		case kind == busReturn:
			return body, nil
		case kind == busError:
			text, err := body.str()
			if err != nil {
				text = name
			}
			return nil, errors.New(text)
		}
	}
}

func (c *busConn) message(dest, path, iface, member string, args []any) []byte {
	var body busWriter
	var signature strings.Builder
	for _, a := range args {
		switch a := a.(type) {
		case string:
			signature.WriteByte('s')
			body.str(a)
		case uint32:
			signature.WriteByte('u')
			body.u32(a)
		}
	}
	w := busWriter{b: []byte{'l', busCall, 0, 1}}
	w.u32(uint32(len(body.b)))
	w.u32(c.serial)
	w.u32(0) // length of the fields, below
	w.field(fieldPath, 'o', path)
	w.field(fieldIface, 's', iface)
	w.field(fieldMember, 's', member)
	if c.hello {
		w.field(fieldDest, 's', dest)
	}
	if len(args) > 0 {
		w.field(fieldSig, 'g', signature.String())
	}
	binary.LittleEndian.PutUint32(w.b[12:], uint32(len(w.b)-16))
	w.align(8)
	return append(w.b, body.b...)
}

// receive reads one message: its type, which call it answers, the name of an
// error, and the body.
func (c *busConn) receive() (kind byte, reply uint32, name string, body *busReader, err error) {
	head := make([]byte, 16)
	if _, err = io.ReadFull(c.r, head); err != nil {
		return 0, 0, "", nil, err
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if head[0] == 'B' {
		order = binary.BigEndian
	}
	size, fields := order.Uint32(head[4:]), order.Uint32(head[12:])
	if size > busMaxBody || fields > busMaxBody {
		return 0, 0, "", nil, errors.New("message too long")
	}
	rest := make([]byte, int(fields+7)&^7+int(size))
	if _, err = io.ReadFull(c.r, rest); err != nil {
		return 0, 0, "", nil, err
	}
	h := &busReader{b: rest[:fields], order: order}
	for h.at < len(h.b) && err == nil {
		reply, name, err = h.field(reply, name)
	}
	return head[1], reply, name, &busReader{b: rest[len(rest)-int(size):], order: order}, err
}
