package stage

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Who may not make a network namespace may make one inside a user namespace, but only a process of one thread may
// enter that. So a child of ours does: it opens the sockets there, hands them over and ends. Its user namespace belongs to
// us, so we may use them.

// Usher is the first argument of that child, which is this program once more.
const Usher = "rehearsal-usher"

// usherFor is how long the child may take.
const usherFor = 5 * time.Second

// Ushers serves if this process is the child, and does not return then. main calls it before all else.
func Ushers() {
	if len(os.Args) != 2 || os.Args[1] != Usher {
		return
	}
	if err := usher(3); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// usher opens the sockets and sends them through fd.
func usher(fd int) error {
	s := newStage()
	if err := s.furnish(); err != nil {
		return err
	}
	if err := unix.Sendmsg(fd, []byte{0}, unix.UnixRights(s.routing, s.frames), nil, 0); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}

// send sends for the child and takes the sockets from it.
func (s *Stage) send() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "stage"), os.NewFile(uintptr(pair[1]), "usher")
	defer ours.Close()
	var words limited
	child := exec.Command("/proc/self/exe", Usher)
	child.ExtraFiles, child.Stderr = []*os.File{theirs}, &words
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		// It is nobody in there, and would lose the powers over its namespace when the program starts.
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW},
		Pdeathsig:   unix.SIGKILL,
	}
	err = child.Start()
	if err = errors.Join(err, theirs.Close()); err != nil {
		return fmt.Errorf("make a network namespace in a user namespace: %w", err)
	}
	late := time.AfterFunc(usherFor, func() { _ = child.Process.Kill() }) // it has ended if not
	defer late.Stop()
	received := s.receive(int(ours.Fd()))
	if err := child.Wait(); err != nil {
		return errors.Join(fmt.Errorf("network namespace in a user namespace: %w: %s", err, words.text), received)
	}
	return received
}

// receive takes the two sockets.
func (s *Stage) receive(fd int) error {
	room := make([]byte, unix.CmsgSpace(2*4))
	_, n, _, _, err := unix.Recvmsg(fd, make([]byte, 1), room, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return fmt.Errorf("take over the sockets: %w", err)
	}
	list, err := unix.ParseSocketControlMessage(room[:n])
	if err != nil || len(list) != 1 {
		return fmt.Errorf("take over the sockets: %d messages, %w", len(list), errors.Join(err, unix.EBADMSG))
	}
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil || len(fds) != 2 {
		return fmt.Errorf("take over the sockets: %d of them, %w", len(fds), errors.Join(err, unix.EBADMSG))
	}
	s.routing, s.frames = fds[0], fds[1]
	return nil
}

// limited keeps the beginning of what a child says.
type limited struct{ text []byte }

func (l *limited) Write(b []byte) (int, error) {
	l.text = append(l.text, b[:min(len(b), 200-len(l.text))]...)
	return len(b), nil
}
