package lab

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// A Lab owns hosts and switches. Its methods may be called from several goroutines.
type Lab struct {
	names bool // pin namespaces under /run/netns
	dad   bool // leave IPv6 duplicate address detection on

	mu       sync.Mutex
	closers  []func() error // run backwards by Close
	hosts    map[string]*Host
	switches map[string]*Switch
	closed   bool
}

// An Option changes how a lab is built.
type Option func(*Lab)

// Names also pins every namespace under /run/netns as xv<pid>-<n>, so that a person can look inside with
// `ip netns exec`. A lab with names that is killed leaves them behind; one without leaves nothing.
func Names() Option { return func(l *Lab) { l.names = true } }

// DAD leaves IPv6 duplicate address detection on. Without it, addresses of the lab are usable at once.
func DAD() Option { return func(l *Lab) { l.dad = true } }

// New returns an empty lab. It needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
func New(opts ...Option) (*Lab, error) {
	l := &Lab{hosts: map[string]*Host{}, switches: map[string]*Switch{}}
	for _, o := range opts {
		o(l)
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("lab: network namespaces need root")
	}
	return l, nil
}

// Close ends every process and capture of the lab and gives its namespaces back. It may be called twice.
func (l *Lab) Close() error {
	l.mu.Lock()
	closers := l.closers
	l.closers, l.closed = nil, true
	l.mu.Unlock()

	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(errs...)
}

// atClose has f run when the lab closes, after everything that was registered later. It reports false, and does
// not keep f, when the lab is closed already.
func (l *Lab) atClose(f func() error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.closers = append(l.closers, f)
	return true
}

// serial makes namespace names unique among the labs of one process; the pid does it among processes.
var serial atomic.Int64

func uniqueName() string {
	return fmt.Sprintf("xv%d-%d", os.Getpid(), serial.Add(1))
}
