package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A daemon hands over to its successor through a socket of its own, which only
// root may use. The successor asks, one word a line:
//
//	lock    the lock on the runtime directory, as a descriptor, and what the trackers think
//	deaf    from now on adverts come to the successor: take nothing over
//	state   stop, and say what every router is about to do
//	done    the successor goes on: end, and leave everything where it is
//
// Should the connection break before the last word, the daemon goes on itself.

// handoverSocket is the socket's name in the runtime directory.
const handoverSocket = "handover.sock"

// The words.
const (
	askLock  = "lock"
	askDeaf  = "deaf"
	askState = "state"
	tellDone = "done"
)

// offerHandover waits for a successor until ctx ends.
func (d *Daemon) offerHandover(ctx context.Context) {
	l, err := listenPrivately(filepath.Join(d.opt.RuntimeDir, handoverSocket))
	if err != nil {
		d.log.Warn("this daemon cannot hand over to a successor", "error", err)
		return
	}
	context.AfterFunc(ctx, func() { _ = l.Close() }) // nothing to say about it
	go func() {
		for {
			conn, err := l.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				d.attend(conn)
			}
		}
	}()
}

// listenPrivately makes a socket for root alone, in the place of a dead one.
// Nobody finds the name missing or the mode wrong.
func listenPrivately(path string) (*net.UnixListener, error) {
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: tmp, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(tmp, 0o600), os.Rename(tmp, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// attend serves one successor to its end.
func (d *Daemon) attend(conn *net.UnixConn) {
	d.reloading.Lock() // a reload first, or not at all
	defer d.reloading.Unlock()
	var deaf, frozen bool
	lines := bufio.NewScanner(conn)
	for err := patiently(conn); err == nil && lines.Scan(); {
		switch lines.Text() {
		case askLock:
			err = d.sendLock(conn)
		case askDeaf:
			d.log.Info("a successor prepares to go on")
			deaf = true
			d.engine.Deafen(true)
			_, err = conn.Write([]byte("{}\n"))
		case askState:
			frozen = true
			d.strays((*instance).forgetStrays) // what the successor adds is none
			err = json.NewEncoder(conn).Encode(d.legacy(d.engine.Freeze()))
		case tellDone:
			// It stays open: the successor waits for its end, which is that of
			// this process.
			d.heir = conn
			close(d.handedOver)
			return
		default:
			err = fmt.Errorf("unknown word %q", lines.Text())
		}
		err = errors.Join(err, patiently(conn))
		if err != nil {
			d.log.Warn("hand-over", "error", err)
			break
		}
	}
	if err := conn.Close(); err != nil {
		d.log.Debug("hand-over", "error", err)
	}
	if frozen {
		d.engine.Thaw()
		d.strays((*instance).watchStrays)
	}
	if deaf {
		d.nics.reclaim()
		d.engine.Deafen(false)
		d.log.Warn("the successor gave up: going on")
	}
}

// patiently bounds the wait for the next word: a successor that hangs must not
// keep this daemon from stopping.
func patiently(conn *net.UnixConn) error {
	return conn.SetReadDeadline(time.Now().Add(2 * predecessorPatience))
}

// sendLock passes the descriptor of the lock, with the legacy as far as it is
// known before the routers stop.
func (d *Daemon) sendLock(conn *net.UnixConn) error {
	text, err := json.Marshal(d.legacy(nil))
	if err != nil {
		return err
	}
	rights := unix.UnixRights(int(d.dir.Lock().Fd()))
	// The descriptor travels with the first byte; the rest may take several writes.
	if _, _, err = conn.WriteMsgUnix(text[:1], rights, nil); err != nil {
		return err
	}
	_, err = conn.Write(append(text[1:], '\n'))
	return err
}

// legacy is everything that the successor needs; memories are those of the
// routers once they stand still.
func (d *Daemon) legacy(memories map[string]vrrp.Memory) legacy {
	l := legacy{Format: legacyFormat, PID: os.Getpid(), Opinions: d.scale.opinions(), Routers: map[string]vrrp.Memory{}}
	if memories == nil {
		return l
	}
	l.Marks, l.Counts, l.Counted = map[string]wire.Marks{}, map[string]metrics.Legacy{}, d.metrics.Started()
	marks := d.engine.Marks()
	for id, m := range memories {
		if in := d.router(id); in != nil {
			name := handle(in.cfg())
			l.Routers[name], l.Marks[name], l.Counts[name] = m, marks[id], in.meter().Legacy()
		}
	}
	return l
}

// reclaim receives adverts again after a successor has begun to.
func (n *nics) reclaim() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		if c.mode == "" {
			continue
		}
		mode := c.mode
		if err := n.d.dp.Detach(c.link.Index); err != nil {
			n.d.log.Debug("what the successor left on "+c.name, "error", err)
		}
		if _, err := n.d.dp.Attach(c.link.Index, mode); err != nil {
			n.d.log.Error("cannot receive adverts on "+c.name, "error", err)
		}
	}
	n.routers()
}
