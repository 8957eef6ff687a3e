package control

import (
	"context"
	"errors"
	"iter"
)

// Daemon answers what the socket is asked. Its methods may be called from
// several goroutines at once and must not wait for the network.
type Daemon interface {
	Status() Status
	// Instance returns false when there is none of that name. Events are
	// filled in by this package.
	Instance(name string) (Instance, bool)
	Config() Config
	Reload(ctx context.Context, req ReloadRequest) (ReloadResult, error)
	// Release returns ErrNoInstance, or an error that wraps ErrRefused when
	// it would cause an outage and was not forced.
	Release(ctx context.Context, name string, req ReleaseRequest) (ReleaseResult, error)
	// SetPriority returns ErrNoInstance, or an error that wraps ErrRefused or
	// ErrBadRequest.
	SetPriority(ctx context.Context, name string, req PriorityRequest) (PriorityResult, error)
	// Ask may wait for the network, for as long as the request says. Its
	// errors are those of SetPriority.
	Ask(ctx context.Context, name string, req AskRequest) (AskResult, error)
	// Frames yields what the kernel program keeps to itself on an interface,
	// from the call on until the context ends.
	Frames(ctx context.Context, iface string) iter.Seq[Frame]
}

// Errors of the client and, but for the first, of a Daemon's commands.
var (
	// ErrNoDaemon: nothing answers on the socket. The command line's exit
	// code is 3.
	ErrNoDaemon = errors.New("no daemon answers")
	// ErrNoInstance: exit code 4.
	ErrNoInstance = errors.New("no such instance")
	// ErrRefused: the daemon can do it and will not.
	ErrRefused = errors.New("refused")
	// ErrBadRequest: what is asked makes no sense.
	ErrBadRequest = errors.New("bad request")
)
