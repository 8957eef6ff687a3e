package control

import (
	"context"
	"errors"
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
}

// Errors of the client and, the last two, of a Daemon's Release.
var (
	// ErrNoDaemon: nothing answers on the socket. The command line's exit
	// code is 3.
	ErrNoDaemon = errors.New("no daemon answers")
	// ErrNoInstance: exit code 4.
	ErrNoInstance = errors.New("no such instance")
	// ErrRefused: the daemon can do it and will not.
	ErrRefused = errors.New("refused")
)
