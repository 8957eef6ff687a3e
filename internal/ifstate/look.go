package ifstate

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/echo"
)

// lookAfter is how long after Look everything is asked for: what else is being added then is found as well.
const lookAfter = 100 * time.Millisecond

// Ignore leaves addresses unheard that the netlink socket with this port id adds: whoever does so calls Look. To be told of a
// thousand one by one would take the processor that they are announced on.
func (w *Watcher) Ignore(port uint32) error {
	var failed error
	err := w.conn.Control(func(fd uintptr) { failed = echo.Ignore(int(fd), port) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("watch links: %w", err)
	}
	return nil
}

// Look has the addresses listed soon and what is new told. It waits for nothing.
func (w *Watcher) Look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looking || w.ended {
		return
	}
	w.looking = true
	w.setDeadline(time.Now().Add(lookAfter))
}

// look takes in the list of addresses. What is not in it was deleted since, and that is heard.
func (w *Watcher) look() error {
	w.looked()
	fresh := newPicture()
	msgs, err := w.dump(unix.RTM_GETADDR, unix.RTM_NEWADDR, nl.NewIfAddrmsg(unix.AF_UNSPEC))
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, m := range msgs {
		index, a, err := addressOf(m)
		if err != nil {
			return fmt.Errorf("list addresses: %w", err)
		}
		fresh.addrs[index] = append(fresh.addrs[index], a)
	}
	for index := range w.now.links {
		w.now.addrs[index] = fresh.addrs[index]
		w.tellAddresses(index)
	}
	return nil
}

// begin has hear wait for as long as nothing changes.
func (w *Watcher) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looking, w.ended = false, false
	w.setDeadline(time.Time{})
}

// looked is begin after a look, unless Run shall end.
func (w *Watcher) looked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looking = false; !w.ended {
		w.setDeadline(time.Time{})
	}
}

// end has hear return from now on.
func (w *Watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.setDeadline(time.Unix(1, 0))
}

func (w *Watcher) setDeadline(at time.Time) {
	_ = w.file.SetReadDeadline(at) // fails only when closed, and then nobody waits
}
